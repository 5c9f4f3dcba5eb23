// The inner loops of direct convolutions, compiled once for each instruction set. Sums stay in registers: of some filters for one or two vectors
// of neighbouring outputs; of a kernel row's weights for some filters.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "ops/conv2d_simd_kernels.cpp"
#include <hwy/foreach_target.h>

#include <hwy/highway.h>

#include <algorithm>
#include <utility>

#include "ops/conv2d_simd_kernels.h"
#include "ops/conv2d_unroll.h"

HWY_BEFORE_NAMESPACE();
namespace loglik::conv2d_simd::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using D = hn::CappedTag<float, most_lanes>;
using V = hn::Vec<D>;

#if HWY_TARGET <= HWY_AVX3
constexpr int vectors = 2;         // of neighbouring outputs, with 32 registers
constexpr int gradient_sums = 25;  // registers for sums of filter gradients
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

// The first `count` floats, and zeros; reads no others.
HWY_INLINE V LoadFirst(D d, const float* from, int64_t count) {
#if HWY_TARGET <= HWY_AVX2
  return hn::MaskedLoad(hn::FirstN(d, static_cast<size_t>(count)), d, from);
#else
  HWY_ALIGN float all[most_lanes] = {};
  std::copy(from, from + count, all);
  return hn::Load(d, all);
#endif
}

template <int taps, int filters>
void SumBlock(const FilterSum& s, int64_t f, int64_t channel, int64_t i) {
  const D d;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  V sum[filters][taps];
  LOGLIK_UNROLL for (int k = 0; k < filters; ++k)
    LOGLIK_UNROLL for (int j = 0; j < taps; ++j) sum[k][j] = hn::Zero(d);
  const auto add = [&](const float* x, const V* g) HWY_ATTR {
    LOGLIK_UNROLL for (int j = 0; j < taps; ++j) {
      const V pixels = hn::LoadU(d, x + j);
      LOGLIK_UNROLL for (int k = 0; k < filters; ++k) sum[k][j] = hn::MulAdd(g[k], pixels, sum[k][j]);
    }
  };
  const int64_t full = s.columns / lanes * lanes, rest = s.columns - full;
  for (int64_t image = 0; image < s.images; ++image) {
    const float* x = s.x.data + image * s.x_image + channel * s.x.plane + i * s.x.width;
    const float* y = s.y.data + image * s.y_image + f * s.y.plane;
    for (int64_t r = 0; r < s.rows; ++r, x += s.x.width, y += s.y.width) {
      V g[filters];
      for (int64_t column = 0; column < full; column += lanes) {
        LOGLIK_UNROLL for (int k = 0; k < filters; ++k) g[k] = hn::LoadU(d, y + k * s.y.plane + column);
        add(x + column, g);
      }
      if (rest > 0) {
        LOGLIK_UNROLL for (int k = 0; k < filters; ++k) g[k] = LoadFirst(d, y + k * s.y.plane + full, rest);
        add(x + full, g);
      }
    }
  }
  LOGLIK_UNROLL for (int k = 0; k < filters; ++k) {
    float* const to = s.sum + (((f + k) * s.channels + channel) * s.kernel_rows + i) * s.kernel_columns;
    LOGLIK_UNROLL for (int j = 0; j < taps; ++j) to[j] += hn::GetLane(hn::SumOfLanes(d, sum[k][j]));
  }
}

// Filters in blocks of like size.
template <int taps, int... counts>
void SumTaps(const FilterSum& s, std::integer_sequence<int, counts...>) {
  using Function = void (*)(const FilterSum&, int64_t, int64_t, int64_t);
  static constexpr Function functions[] = {SumBlock<taps, counts + 1>...};
  constexpr int64_t most = sizeof...(counts);
  const int64_t blocks = (s.filters + most - 1) / most;
  for (int64_t b = 0; b < blocks; ++b) {
    const int64_t f = b * s.filters / blocks, count = (b + 1) * s.filters / blocks - f;
    for (int64_t channel = 0; channel < s.channels; ++channel)
      for (int64_t i = 0; i < s.kernel_rows; ++i) functions[count - 1](s, f, channel, i);
  }
}

template <int... taps>
void SumAny(const FilterSum& s, std::integer_sequence<int, taps...>) {
  using Function = void (*)(const FilterSum&);
  static constexpr Function functions[] = {
      [](const FilterSum& sum) { SumTaps<taps + 1>(sum, std::make_integer_sequence<int, std::clamp(gradient_sums / (taps + 1), 1, 8)>()); }...};
  functions[s.kernel_columns - 1](s);
}

void SumFilters(const FilterSum& s) { SumAny(s, std::make_integer_sequence<int, largest_kernel>()); }

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
