// The inner loops of direct convolutions, compiled once for each instruction set. Sums stay in registers: of some filters for one or two vectors
// of neighbouring outputs; of a kernel row's weights for some filters.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "ops/conv2d_simd_kernels.cpp"
#include <hwy/foreach_target.h>

#include <hwy/highway.h>

#include <type_traits>

#include "ops/conv2d_simd_kernels.h"

HWY_BEFORE_NAMESPACE();
namespace loglik::conv2d_simd::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using D = hn::CappedTag<float, most_lanes>;
using V = hn::Vec<D>;

#if HWY_TARGET <= HWY_AVX3
constexpr int vectors = 2;         // of neighbouring outputs, with 32 registers
constexpr int gradient_sums = 24;  // registers for sums of filter gradients
#else
constexpr int vectors = 1;
constexpr int gradient_sums = 12;
#endif

template <int filters, int count>
HWY_INLINE void CorrelateBlock(const Correlation& c, const float* first, float* out, int64_t columns) {
  const D d;
  const size_t lanes = hn::Lanes(d);
  V sum[filters][count];
  for (int f = 0; f < filters; ++f)
    for (int v = 0; v < count; ++v) sum[f][v] = hn::Zero(d);
  const float* w = c.weights;
  for (int64_t channel = 0; channel < c.channels; ++channel)
    for (int64_t i = 0; i < c.kernel_rows; ++i) {
      const float* row = first + channel * c.image.plane + i * c.image.width;
      for (int64_t j = 0; j < c.kernel_columns; ++j, w += filters) {
        V x[count];
        for (int v = 0; v < count; ++v) x[v] = hn::LoadU(d, row + j + v * lanes);
        for (int f = 0; f < filters; ++f) {
          const V weight = hn::Set(d, w[f]);
          for (int v = 0; v < count; ++v) sum[f][v] = hn::MulAdd(weight, x[v], sum[f][v]);
        }
      }
    }
  for (int v = 0; v < count; ++v) {
    const int64_t left = columns - static_cast<int64_t>(v * lanes);
    if (left <= 0) break;
    for (int f = 0; f < filters; ++f) {
      float* to = out + f * c.out_plane + v * lanes;
      if (left >= static_cast<int64_t>(lanes))
        hn::StoreU(sum[f][v], d, to);
      else
        hn::BlendedStore(sum[f][v], hn::FirstN(d, static_cast<size_t>(left)), d, to);
    }
  }
}

template <int filters>
void CorrelateFilters(const Correlation& c) {
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(D()));
  for (int64_t r = 0; r < c.rows; ++r) {
    const float* row = c.image.data + r * c.image.width;
    float* out = c.out + r * c.columns;
    int64_t column = 0;
    if constexpr (vectors == 2)
      for (; c.columns - column > lanes; column += 2 * lanes) CorrelateBlock<filters, 2>(c, row + column, out + column, c.columns - column);
    for (; column < c.columns; column += lanes) CorrelateBlock<filters, 1>(c, row + column, out + column, c.columns - column);
  }
}

void Correlate(const Correlation& c) {
  switch (c.filters) {
    case 1: return CorrelateFilters<1>(c);
    case 2: return CorrelateFilters<2>(c);
    case 3: return CorrelateFilters<3>(c);
    case 4: return CorrelateFilters<4>(c);
    case 5: return CorrelateFilters<5>(c);
    case 6: return CorrelateFilters<6>(c);
    case 7: return CorrelateFilters<7>(c);
    default: return CorrelateFilters<8>(c);
  }
}

template <int filters, int taps>
HWY_INLINE void SumBlock(const FilterSum& s, int64_t f, int64_t channel, int64_t i) {
  const D d;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  V sum[filters][taps];
  for (int k = 0; k < filters; ++k)
    for (int j = 0; j < taps; ++j) sum[k][j] = hn::Zero(d);
  for (int64_t image = 0; image < s.images; ++image) {
    const float* x = s.x.data + image * s.x_image + channel * s.x.plane + i * s.x.width;
    const float* y = s.y.data + image * s.y_image + f * s.y.plane;
    for (int64_t r = 0; r < s.rows; ++r, x += s.x.width, y += s.y.width)
      for (int64_t column = 0; column < s.columns; column += lanes) {
        V pixels[taps];
        for (int j = 0; j < taps; ++j) pixels[j] = hn::LoadU(d, x + column + j);
        for (int k = 0; k < filters; ++k) {
          const V g = hn::LoadU(d, y + k * s.y.plane + column);
          for (int j = 0; j < taps; ++j) sum[k][j] = hn::MulAdd(g, pixels[j], sum[k][j]);
        }
      }
  }
  for (int k = 0; k < filters && f + k < s.filters; ++k) {
    float* to = s.sum + (((f + k) * s.channels + channel) * s.kernel_rows + i) * s.kernel_columns;
    for (int j = 0; j < taps; ++j) to[j] += hn::GetLane(hn::SumOfLanes(d, sum[k][j]));
  }
}

template <int taps>
void SumTaps(const FilterSum& s) {
  constexpr int most = gradient_sums / taps;
  constexpr int filters = most >= 8 ? 8 : most >= 4 ? 4 : most >= 2 ? 2 : 1;
  const auto all = [&](auto count) HWY_ATTR {
    for (int64_t f = 0; f < s.filters; f += count)
      for (int64_t channel = 0; channel < s.channels; ++channel)
        for (int64_t i = 0; i < s.kernel_rows; ++i) SumBlock<count, taps>(s, f, channel, i);
  };
  if (s.filters == 1)  // depthwise
    all(std::integral_constant<int, 1>());
  else
    all(std::integral_constant<int, filters>());
}

void SumFilters(const FilterSum& s) {
  switch (s.kernel_columns) {
    case 1: return SumTaps<1>(s);
    case 2: return SumTaps<2>(s);
    case 3: return SumTaps<3>(s);
    case 4: return SumTaps<4>(s);
    case 5: return SumTaps<5>(s);
    case 6: return SumTaps<6>(s);
    default: return SumTaps<7>(s);
  }
}

}  // namespace loglik::conv2d_simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace loglik::conv2d_simd {

HWY_EXPORT(Correlate);
HWY_EXPORT(SumFilters);
void correlate(const Correlation& c) { HWY_DYNAMIC_DISPATCH(Correlate)(c); }
void sum_filters(const FilterSum& s) { HWY_DYNAMIC_DISPATCH(SumFilters)(s); }

}  // namespace loglik::conv2d_simd
#endif
