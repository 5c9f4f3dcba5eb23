// Compiled once for each instruction set. First the larger of each pair of neighbours in a row, then the larger of two such rows. Where tiles
// cover their rows, pairs follow one another across rows, and whole vectors of them are compared whatever the width of an image.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "ops/pooling_simd_kernels.cpp"
#include <hwy/foreach_target.h>

#include <hwy/highway.h>

#include <algorithm>
#include <cstring>

#include "ops/pooling_simd_kernels.h"

HWY_BEFORE_NAMESPACE();
namespace loglik::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using D = hn::ScalableTag<float>;
using DI = hn::RebindToSigned<D>;
constexpr int64_t most_lanes = hn::MaxLanes(D());
constexpr int64_t most_pairs = 1024;  // at a time: 8 KB with their positions

struct Best {
  hn::Vec<D> value;
  hn::Vec<DI> position;
};

HWY_INLINE Best Larger(Best first, Best second) {  // or the first NaN
  const auto better = hn::AndNot(hn::Le(second.value, first.value), hn::Eq(first.value, first.value));
  return {hn::IfThenElse(better, second.value, first.value), hn::IfThenElse(hn::RebindMask(DI(), better), second.position, first.position)};
}

// The larger of pixels 2i and 2i + 1 for each pair i of `count`, pixel 0 at position `first`. Writes whole vectors.
HWY_INLINE void LargerOfPairs(const float* pixels, int32_t first, int64_t count, float* largest, int32_t* positions) {
  const D d;
  const DI di;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  auto position = hn::Add(hn::Set(di, first), hn::ShiftLeft<1>(hn::Iota(di, 0)));
  const auto step = hn::Set(di, 2 * static_cast<int32_t>(lanes));
  const auto compare = [&](const float* from, int64_t i) HWY_ATTR {
    auto left = hn::Undefined(d), right = left;
#if HWY_TARGET == HWY_SCALAR
    left = hn::LoadU(d, from), right = hn::LoadU(d, from + 1);
#else
    const auto lower = hn::LoadU(d, from), upper = hn::LoadU(d, from + lanes);
    left = hn::ConcatEven(d, upper, lower), right = hn::ConcatOdd(d, upper, lower);
#endif
    const Best best = Larger({left, position}, {right, hn::Add(position, hn::Set(di, 1))});
    hn::StoreU(best.value, d, largest + i);
    hn::StoreU(best.position, di, positions + i);
    position = hn::Add(position, step);
  };
  int64_t i = 0;
  for (; i + lanes <= count; i += lanes) compare(pixels + 2 * i, i);
  if (i == count) return;
  HWY_ALIGN float rest[2 * most_lanes] = {};
  std::memcpy(rest, pixels + 2 * i, 2 * static_cast<size_t>(count - i) * sizeof(float));
  compare(rest, i);
}

void MaxPoolTiles(const Tiles& t, const float* x, float* y, int32_t* positions) {
  const D d;
  const DI di;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d)), width = t.image_columns;
  HWY_ALIGN float largest[most_pairs + most_lanes];
  HWY_ALIGN int32_t largest_at[most_pairs + most_lanes];
  const int64_t most_columns = std::min(t.columns, most_pairs / 2), most_rows = std::max<int64_t>(1, most_pairs / 2 / most_columns);
  const float* const end = y + t.images * t.rows * t.columns;
  // Images that tiles cover entirely are as one tall image.
  const bool covered = 2 * t.rows == t.image_rows && 2 * t.columns == width;
  const int64_t strips = covered ? 1 : t.images, strip_rows = covered ? t.images * t.rows : t.rows;
  for (int64_t strip = 0; strip < strips; ++strip, x += t.image_rows * width)
    for (int64_t row = 0; row < strip_rows; row += most_rows)
      for (int64_t column = 0; column < t.columns; column += most_columns) {
        const int64_t rows = std::min(most_rows, strip_rows - row), columns = std::min(most_columns, t.columns - column);
        const float* pixels = x + 2 * row * width + 2 * column;
        if (2 * columns == width)
          LargerOfPairs(pixels, 0, 2 * rows * columns, largest, largest_at);
        else
          for (int64_t r = 0; r < 2 * rows; ++r)
            LargerOfPairs(pixels + r * width, static_cast<int32_t>(r * width), columns, largest + r * columns, largest_at + r * columns);
        int64_t image_row = row % t.rows;
        for (int64_t r = 0; r < rows; ++r, image_row = image_row + 1 == t.rows ? 0 : image_row + 1) {
          const int64_t upper = 2 * r * columns, lower = upper + columns;
          const auto origin = hn::Set(di, static_cast<int32_t>(2 * (image_row - r) * width + 2 * column));  // of `pixels` in its image
          float* const out = y + ((strip * t.rows + row + r) * t.columns + column);
          int32_t* const at = positions + (out - y);
          for (int64_t i = 0; i < columns; i += lanes) {
            Best best = Larger({hn::LoadU(d, largest + upper + i), hn::LoadU(di, largest_at + upper + i)},
                               {hn::LoadU(d, largest + lower + i), hn::LoadU(di, largest_at + lower + i)});
            best.position = hn::Add(best.position, origin);
            if (end - (out + i) >= lanes) {  // may write beyond the row, where the next outputs come
              hn::StoreU(best.value, d, out + i);
              hn::StoreU(best.position, di, at + i);
            } else {
              const auto inside = hn::FirstN(d, static_cast<size_t>(std::min(lanes, columns - i)));
              hn::BlendedStore(best.value, inside, d, out + i);
              hn::BlendedStore(best.position, hn::RebindMask(di, inside), di, at + i);
            }
          }
        }
      }
}

}  // namespace loglik::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace loglik {

HWY_EXPORT(MaxPoolTiles);
void max_pool_tiles(const Tiles& tiles, const float* x, float* y, std::int32_t* positions) {
  HWY_DYNAMIC_DISPATCH(MaxPoolTiles)(tiles, x, y, positions);
}

}  // namespace loglik
#endif
