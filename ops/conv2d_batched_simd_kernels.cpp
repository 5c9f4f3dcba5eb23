// The inner loop of convolutions with 16 images side by side in vectors: weights are broadcast, sums of some planes for some neighbouring
// outputs stay in registers. Compiled once for each instruction set.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "ops/conv2d_batched_simd_kernels.cpp"
#include <hwy/foreach_target.h>

#include <hwy/highway.h>

#include <utility>

#include "ops/conv2d_batched_simd_kernels.h"
#include "ops/conv2d_unroll.h"

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

}  // namespace loglik::conv2d_simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace loglik::conv2d_simd {

HWY_EXPORT(CorrelateBatched);
void correlate_pixels(const BatchedPixels& p) { HWY_DYNAMIC_DISPATCH(CorrelateBatched)(p); }

}  // namespace loglik::conv2d_simd
#endif
