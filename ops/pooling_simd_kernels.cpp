// Compiled once for each instruction set.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "ops/pooling_simd_kernels.cpp"
#include <hwy/foreach_target.h>

#include <hwy/highway.h>

#include <cstring>

#include "ops/pooling_simd_kernels.h"

HWY_BEFORE_NAMESPACE();
namespace loglik::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using D = hn::ScalableTag<float>;
using DI = hn::RebindToSigned<D>;

// One vector of tiles, of which the first begins at pixel `first`.
HWY_INLINE void MaxPoolVector(const float* upper, const float* lower, int32_t first, int32_t width, float* out, int32_t* positions) {
  const D d;
  const DI di;
  auto best = hn::Undefined(d), right = best, below = best, diagonal = best;
  hn::LoadInterleaved2(d, upper, best, right);
  hn::LoadInterleaved2(d, lower, below, diagonal);
  const auto start = hn::Add(hn::Set(di, first), hn::ShiftLeft<1>(hn::Iota(di, 0)));
  auto position = start;
  const auto take = [&](auto value, int32_t offset) HWY_ATTR {  // where it is larger than the best, or the first NaN
    const auto better = hn::AndNot(hn::Le(value, best), hn::Eq(best, best));
    best = hn::IfThenElse(better, value, best);
    position = hn::IfThenElse(hn::RebindMask(di, better), hn::Add(start, hn::Set(di, offset)), position);
  };
  take(right, 1);
  take(below, width);
  take(diagonal, width + 1);
  hn::StoreU(best, d, out);
  hn::StoreU(position, di, positions);
}

void MaxPoolTiles(const float* upper, const float* lower, int32_t first, int32_t width, int64_t count, float* out, int32_t* positions) {
  constexpr size_t most = hn::MaxLanes(D());
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(D()));
  int64_t i = 0;
  for (; i + lanes <= count; i += lanes)
    MaxPoolVector(upper + 2 * i, lower + 2 * i, first + 2 * static_cast<int32_t>(i), width, out + i, positions + i);
  if (i == count) return;
  HWY_ALIGN float above[2 * most] = {}, below[2 * most] = {}, rest[most];
  HWY_ALIGN int32_t where[most];
  const size_t left = static_cast<size_t>(count - i);
  std::memcpy(above, upper + 2 * i, 2 * left * sizeof(float));
  std::memcpy(below, lower + 2 * i, 2 * left * sizeof(float));
  MaxPoolVector(above, below, first + 2 * static_cast<int32_t>(i), width, rest, where);
  std::memcpy(out + i, rest, left * sizeof(float));
  std::memcpy(positions + i, where, left * sizeof(int32_t));
}

}  // namespace loglik::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace loglik {

HWY_EXPORT(MaxPoolTiles);
void max_pool_tiles_simd(const float* upper, const float* lower, std::int32_t first, std::int32_t width, std::int64_t count, float* out,
                                 std::int32_t* positions) {
  HWY_DYNAMIC_DISPATCH(MaxPoolTiles)(upper, lower, first, width, count, out, positions);
}

}  // namespace loglik
#endif
