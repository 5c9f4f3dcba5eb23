// The inner loops of convolutions with 16 filters side by side in vectors: pixels are broadcast, so that no width of an image wastes lanes.
// Sums stay in registers: of one or two blocks of filters for some neighbouring outputs, or for some taps of the kernel.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "ops/conv2d_blocked_simd_kernels.cpp"
#include <hwy/foreach_target.h>

#include <hwy/highway.h>

#include <algorithm>
#include <array>
#include <utility>

#include "ops/conv2d_blocked_simd_kernels.h"
#include "ops/conv2d_unroll-inl.h"

HWY_BEFORE_NAMESPACE();
namespace loglik::conv2d_simd::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using D = hn::CappedTag<float, 16>;
using V = hn::Vec<D>;

#if HWY_TARGET <= HWY_AVX3
constexpr int sums = 28;        // registers for them: four of 32 hold what is multiplied
constexpr int most_blocks = 2;  // at a time
#else
constexpr int sums = 12;
constexpr int most_blocks = 1;
#endif
constexpr int lanes = static_cast<int>(hn::MaxLanes(D()));
constexpr int parts = 16 / lanes;  // vectors of a block

// Some columns of some rows for some blocks.
template <int blocks, int rows, int columns>
void CorrelateTile(const BlockedCorrelation& c, const float* image, const float* weights, float* out) {
  const D d;
  constexpr int vectors = blocks * parts;
  V sum[vectors][rows * columns];
  LOGLIK_UNROLL for (int v = 0; v < vectors; ++v)
    LOGLIK_UNROLL for (int p = 0; p < rows * columns; ++p) sum[v][p] = hn::Zero(d);
  const int64_t patch = c.image.channels * c.image.kernel_rows * c.image.kernel_columns;
  const int64_t* const across = c.image.across;
  const int64_t kernel_columns = c.image.kernel_columns, row = c.image.row;
  for (int64_t channel = 0; channel < c.image.channels; ++channel)
    for (int64_t i = 0; i < c.image.kernel_rows; ++i) {
      const float* const first = image + channel * c.image.plane + i * c.image.kernel_row;
      for (int64_t j = 0; j < kernel_columns; ++j, weights += block) {
        const float* const x = first + across[j];
        V weight[vectors];
        LOGLIK_UNROLL for (int v = 0; v < vectors; ++v) weight[v] = hn::Load(d, weights + v / parts * block * patch + v % parts * lanes);
        LOGLIK_UNROLL for (int p = 0; p < rows * columns; ++p) {
          const V pixel = hn::Set(d, x[p / columns * row + p % columns]);
          LOGLIK_UNROLL for (int v = 0; v < vectors; ++v) sum[v][p] = hn::MulAdd(pixel, weight[v], sum[v][p]);
        }
      }
    }
  const int64_t out_block = c.rows * c.columns * block;
  LOGLIK_UNROLL for (int v = 0; v < vectors; ++v)
    LOGLIK_UNROLL for (int p = 0; p < rows * columns; ++p)
      hn::Store(sum[v][p], d, out + v / parts * out_block + (p / columns * c.columns + p % columns) * block + v % parts * lanes);
}

constexpr int most_columns(int blocks) { return std::clamp(sums / (blocks * parts), 1, 14); }

template <int blocks, int columns>
void CorrelateColumns(const BlockedCorrelation& c, int64_t column, const float* weights, float* out) {
  constexpr int rows = 2 * blocks * parts * columns <= sums ? 2 : 1;
  int64_t r = 0;
  const auto at = [&](int64_t row) { return out + (row * c.columns + column) * block; };
  for (; r + rows <= c.rows; r += rows)
    CorrelateTile<blocks, rows, columns>(c, c.image.data + r * c.image.row + column, weights, at(r));
  if constexpr (rows > 1)
    if (r < c.rows) CorrelateTile<blocks, 1, columns>(c, c.image.data + r * c.image.row + column, weights, at(r));
}

// Columns in pieces of like size.
template <int blocks, int... counts>
void CorrelateBlocks(const BlockedCorrelation& c, int64_t first, std::integer_sequence<int, counts...>) {
  using Function = void (*)(const BlockedCorrelation&, int64_t, const float*, float*);
  static constexpr Function functions[] = {CorrelateColumns<blocks, counts + 1>...};
  const int64_t pieces = (c.columns + most_columns(blocks) - 1) / most_columns(blocks);
  const int64_t patch = c.image.channels * c.image.kernel_rows * c.image.kernel_columns;
  for (int64_t piece = 0; piece < pieces; ++piece) {
    const int64_t column = piece * c.columns / pieces, end = (piece + 1) * c.columns / pieces;
    functions[end - column - 1](c, column, c.weights + first * patch * block, c.out + first * c.rows * c.columns * block);
  }
}

void CorrelateBlocked(const BlockedCorrelation& c) {
  int64_t b = 0;
  for (; b + most_blocks <= c.blocks; b += most_blocks)
    CorrelateBlocks<most_blocks>(c, b, std::make_integer_sequence<int, most_columns(most_blocks)>());
  if constexpr (most_blocks > 1)
    if (b < c.blocks) CorrelateBlocks<1>(c, b, std::make_integer_sequence<int, most_columns(1)>());
}

// Some taps of some kernel rows, which may be of different channels, for some blocks. `seen` says where a kernel row looks.
template <int blocks, int rows, int taps>
void SumTile(const BlockedFilterSum& s, const int64_t* seen, const float* y, float* sum) {
  const D d;
  constexpr int vectors = blocks * parts;
  V total[vectors][rows * taps];
  LOGLIK_UNROLL for (int v = 0; v < vectors; ++v)
    LOGLIK_UNROLL for (int t = 0; t < rows * taps; ++t) total[v][t] = hn::Zero(d);
  const float* at[rows];
  int64_t offset[rows];
  LOGLIK_UNROLL for (int k = 0; k < rows; ++k) offset[k] = seen[k];
  for (int64_t image = 0; image < s.images; ++image)
    for (int64_t r = 0; r < s.rows; ++r) {
      const float* const x = s.x.data + image * s.x_image + r * s.x.row;
      LOGLIK_UNROLL for (int k = 0; k < rows; ++k) at[k] = x + offset[k];
      for (int64_t q = 0; q < s.columns; ++q, y += block) {
        LOGLIK_HIDE(q);
        V g[vectors];
        LOGLIK_UNROLL for (int v = 0; v < vectors; ++v) g[v] = hn::Load(d, y + v / parts * s.y_block + v % parts * lanes);
        LOGLIK_UNROLL for (int t = 0; t < rows * taps; ++t) {
          const V pixel = hn::Set(d, at[t / taps][q + t % taps]);
          LOGLIK_UNROLL for (int v = 0; v < vectors; ++v) total[v][t] = hn::MulAdd(pixel, g[v], total[v][t]);
        }
      }
    }
  const int64_t patch = s.x.channels * s.x.kernel_rows * s.x.kernel_columns;
  LOGLIK_UNROLL for (int v = 0; v < vectors; ++v)
    LOGLIK_UNROLL for (int t = 0; t < rows * taps; ++t) {
      float* const to = sum + (v / parts * patch + t) * block + v % parts * lanes;
      hn::Store(hn::Add(hn::Load(d, to), total[v][t]), d, to);
    }
}

constexpr int most_rows(int blocks, int taps) { return std::clamp(sums / (blocks * parts * taps), 1, 6); }

template <int blocks, int taps, int... counts>
void SumRows(const BlockedFilterSum& s, int64_t first, std::integer_sequence<int, counts...>) {
  using Function = void (*)(const BlockedFilterSum&, const int64_t*, const float*, float*);
  static constexpr Function functions[] = {SumTile<blocks, counts + 1, taps>...};
  constexpr int most = most_rows(blocks, taps);
  const int64_t a_channel = s.x.kernel_rows * (s.x.kernel_columns / taps);  // kernel rows, or taps if they are taken one by one
  const int64_t count = s.x.channels * a_channel, pieces = (count + most - 1) / most;
  float* const sum = s.sum + first * count * taps * block;
  for (int64_t piece = 0; piece < pieces; ++piece) {
    const int64_t begin = piece * count / pieces, end = (piece + 1) * count / pieces;
    int64_t seen[most];
    for (int64_t k = begin; k < end; ++k) {
      const int64_t channel = k / a_channel, i = k % a_channel;
      seen[k - begin] = channel * s.x.plane + (taps > 1 ? i * s.x.kernel_row
                                                        : i / s.x.kernel_columns * s.x.kernel_row + s.x.across[i % s.x.kernel_columns]);
    }
    functions[end - begin - 1](s, seen, s.y + first * s.y_block, sum + begin * taps * block);
  }
}

template <int taps>
void SumTaps(const BlockedFilterSum& s) {
  int64_t b = 0;
  for (; b + most_blocks <= s.blocks; b += most_blocks)
    SumRows<most_blocks, taps>(s, b, std::make_integer_sequence<int, most_rows(most_blocks, taps)>());
  if constexpr (most_blocks > 1)
    if (b < s.blocks) SumRows<1, taps>(s, b, std::make_integer_sequence<int, most_rows(1, taps)>());
}

template <int... taps>
void SumColumns(const BlockedFilterSum& s, std::integer_sequence<int, taps...>) {
  using Function = void (*)(const BlockedFilterSum&);
  static constexpr Function functions[] = {SumTaps<taps + 1>...};
  const bool side_by_side = s.columns_follow && s.x.kernel_columns <= static_cast<int64_t>(sizeof...(taps));
  functions[side_by_side ? s.x.kernel_columns - 1 : 0](s);
}

void SumFiltersBlocked(const BlockedFilterSum& s) { SumColumns(s, std::make_integer_sequence<int, std::clamp(sums / parts, 1, 7)>()); }

}  // namespace loglik::conv2d_simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace loglik::conv2d_simd {

HWY_EXPORT(CorrelateBlocked);
HWY_EXPORT(SumFiltersBlocked);
void correlate_blocked(const BlockedCorrelation& c) { HWY_DYNAMIC_DISPATCH(CorrelateBlocked)(c); }
void sum_filters_blocked(const BlockedFilterSum& s) { HWY_DYNAMIC_DISPATCH(SumFiltersBlocked)(s); }

}  // namespace loglik::conv2d_simd
#endif
