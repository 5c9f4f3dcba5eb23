// The inner loops of convolutions with 16 images side by side in vectors. Sums stay in registers: of some planes for some neighbouring outputs,
// when weights are broadcast, or of some filters for some taps. Compiled once for each instruction set.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "ops/conv2d_batched_simd_kernels.cpp"
#include <hwy/foreach_target.h>

#include <hwy/highway.h>

#include <algorithm>
#include <utility>

#include "ops/conv2d_batched_simd_kernels.h"
#include "ops/conv2d_unroll-inl.h"

HWY_BEFORE_NAMESPACE();
namespace loglik::conv2d_simd::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using D = hn::CappedTag<float, 16>;
using V = hn::Vec<D>;

#if HWY_TARGET <= HWY_AVX3
constexpr int sums = 24;  // registers for them
#else
constexpr int sums = 12;
#endif
constexpr int lanes = static_cast<int>(hn::MaxLanes(D()));

template <int planes, int pixels>
void CorrelatePixels(const BatchedPixels& c, int64_t pixel) {
  const D d;
  for (int part = 0; part < block; part += lanes) {
    V sum[planes][pixels];
    LOGLIK_UNROLL for (int k = 0; k < planes; ++k)
      LOGLIK_UNROLL for (int p = 0; p < pixels; ++p) sum[k][p] = hn::Zero(d);
    const int64_t pixel_step = c.pixel_step * block, at_step = c.columns.at_step * block, weight_step = c.columns.step * planes;
    for (int64_t channel = 0; channel < c.channels; ++channel)
      for (int64_t a = 0; a < c.rows.count; ++a) {
        const int64_t tap_row = channel * c.kernel_rows + c.rows.first + a * c.rows.step;
        const float* w = c.weights + (tap_row * c.kernel_columns + c.columns.first) * planes;
        const float* x = c.in + channel * c.plane + (c.rows.at + a * c.rows.at_step) * c.row + c.columns.at * block + pixel * pixel_step + part;
        for (int64_t b = 0; b < c.columns.count; ++b, w += weight_step, x += at_step) {
          V seen[pixels];
          LOGLIK_UNROLL for (int p = 0; p < pixels; ++p) seen[p] = hn::Load(d, x + p * pixel_step);
          LOGLIK_UNROLL for (int k = 0; k < planes; ++k) {
            const V weight = hn::Set(d, w[k]);
            LOGLIK_UNROLL for (int p = 0; p < pixels; ++p) sum[k][p] = hn::MulAdd(weight, seen[p], sum[k][p]);
          }
        }
      }
    LOGLIK_UNROLL for (int k = 0; k < planes; ++k)
      LOGLIK_UNROLL for (int p = 0; p < pixels; ++p) hn::Store(sum[k][p], d, c.out + k * c.out_plane + (pixel + p) * block + part);
  }
}

// As many pixels at a time as there are registers for.
template <int planes>
void CorrelatePlanes(const BatchedPixels& c) {
  int64_t pixel = 0;
  if constexpr (3 * planes <= sums)
    for (; pixel + 3 <= c.pixels; pixel += 3) CorrelatePixels<planes, 3>(c, pixel);
  if constexpr (2 * planes <= sums)
    for (; pixel + 2 <= c.pixels; pixel += 2) CorrelatePixels<planes, 2>(c, pixel);
  for (; pixel < c.pixels; ++pixel) CorrelatePixels<planes, 1>(c, pixel);
}

template <int... planes>
void CorrelateAny(const BatchedPixels& c, std::integer_sequence<int, planes...>) {
  using Function = void (*)(const BatchedPixels&);
  static constexpr Function functions[] = {CorrelatePlanes<planes + 1>...};
  functions[c.planes - 1](c);
}

void CorrelateBatched(const BatchedPixels& c) { CorrelateAny(c, std::make_integer_sequence<int, most_planes>()); }

// Some neighbouring taps for some filters.
template <int taps, int filters>
void SumPlanes(const BatchedFilterSum& s, int64_t f, int64_t channel, int64_t i, int64_t j) {
  const D d;
  float* const sum = s.sum + (((f * s.channels + channel) * s.kernel_rows + i) * s.kernel_columns + j) * block;
  const int64_t from_filter = s.channels * s.kernel_rows * s.kernel_columns * block, tap_step = s.dilation * block, step = s.step * block;
  for (int part = 0; part < block; part += lanes) {
    V total[filters][taps];
    LOGLIK_UNROLL for (int k = 0; k < filters; ++k)
      LOGLIK_UNROLL for (int t = 0; t < taps; ++t) total[k][t] = hn::Load(d, sum + k * from_filter + t * block + part);
    for (int64_t r = 0; r < s.rows; ++r) {
      const float* x = s.x + channel * s.plane + ((r * s.row_step + i * s.row_dilation) * s.width + j * s.dilation) * block + part;
      const float* y = s.y + f * s.y_plane + r * s.columns * block + part;
      for (int64_t q = 0; q < s.columns; ++q, x += step, y += block) {
        LOGLIK_HIDE(x);
        V g[filters];
        LOGLIK_UNROLL for (int k = 0; k < filters; ++k) g[k] = hn::Load(d, y + k * s.y_plane);
        LOGLIK_UNROLL for (int t = 0; t < taps; ++t) {
          const V seen = hn::Load(d, x + t * tap_step);
          LOGLIK_UNROLL for (int k = 0; k < filters; ++k) total[k][t] = hn::MulAdd(g[k], seen, total[k][t]);
        }
      }
    }
    LOGLIK_UNROLL for (int k = 0; k < filters; ++k)
      LOGLIK_UNROLL for (int t = 0; t < taps; ++t) hn::Store(total[k][t], d, sum + k * from_filter + t * block + part);
  }
}

constexpr int most_taps = 5;

// Filters and taps in pieces of like size.
template <int taps, int... counts>
void SumFilterBlocks(const BatchedFilterSum& s, int64_t j, std::integer_sequence<int, counts...>) {
  using Function = void (*)(const BatchedFilterSum&, int64_t, int64_t, int64_t, int64_t);
  static constexpr Function functions[] = {SumPlanes<taps, counts + 1>...};
  constexpr int64_t most = sizeof...(counts);
  const int64_t blocks = (s.filters + most - 1) / most;
  for (int64_t b = 0; b < blocks; ++b) {
    const int64_t f = b * s.filters / blocks, count = (b + 1) * s.filters / blocks - f;
    for (int64_t channel = 0; channel < s.channels; ++channel)
      for (int64_t i = 0; i < s.kernel_rows; ++i) functions[count - 1](s, f, channel, i, j);
  }
}

template <int... taps>
void SumTapBlocks(const BatchedFilterSum& s, std::integer_sequence<int, taps...>) {
  using Function = void (*)(const BatchedFilterSum&, int64_t);
  static constexpr Function functions[] = {[](const BatchedFilterSum& sum, int64_t j) {
    SumFilterBlocks<taps + 1>(sum, j, std::make_integer_sequence<int, std::min(sums / (taps + 1), 6)>());
  }...};
  const int64_t pieces = (s.kernel_columns + most_taps - 1) / most_taps;
  for (int64_t piece = 0; piece < pieces; ++piece) {
    const int64_t j = piece * s.kernel_columns / pieces, end = (piece + 1) * s.kernel_columns / pieces;
    functions[end - j - 1](s, j);
  }
}

void SumFiltersBatched(const BatchedFilterSum& s) { SumTapBlocks(s, std::make_integer_sequence<int, most_taps>()); }

}  // namespace loglik::conv2d_simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace loglik::conv2d_simd {

HWY_EXPORT(CorrelateBatched);
HWY_EXPORT(SumFiltersBatched);
void correlate_pixels(const BatchedPixels& p) { HWY_DYNAMIC_DISPATCH(CorrelateBatched)(p); }
void sum_filters_batched(const BatchedFilterSum& s) { HWY_DYNAMIC_DISPATCH(SumFiltersBatched)(s); }

}  // namespace loglik::conv2d_simd
#endif
