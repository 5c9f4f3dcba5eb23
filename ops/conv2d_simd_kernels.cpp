// The inner loops of direct convolutions, compiled once for each instruction set. Sums stay in registers: of some filters for one or two vectors
// of neighbouring outputs; of a kernel row's weights for some filters.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "ops/conv2d_simd_kernels.cpp"
#include <hwy/foreach_target.h>

#include <hwy/highway.h>

#include <algorithm>
#include <utility>

#include "ops/conv2d_simd_kernels.h"
#include "ops/conv2d_unroll-inl.h"

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

// The first `count` floats of `v`, or all of them if there are fewer.
HWY_INLINE void StoreFirst(D d, V v, float* to, int64_t count) {
  if (count >= static_cast<int64_t>(hn::Lanes(d)))
    hn::StoreU(v, d, to);
  else
    hn::BlendedStore(v, hn::FirstN(d, static_cast<size_t>(count)), d, to);
}

template <bool follow, int filters, int count>
HWY_INLINE void CorrelateBlock(const Correlation& c, const float* first, float* out, int64_t columns) {
  const D d;
  const size_t lanes = hn::Lanes(d);
  V sum[filters][count];
  for (int f = 0; f < filters; ++f)
    for (int v = 0; v < count; ++v) sum[f][v] = hn::Zero(d);
  const float* w = c.weights;
  for (int64_t channel = 0; channel < c.image.channels; ++channel)
    for (int64_t i = 0; i < c.image.kernel_rows; ++i) {
      const float* row = first + channel * c.image.plane + i * c.image.kernel_row;
      for (int64_t j = 0; j < c.image.kernel_columns; ++j, w += filters) {
        const float* const from = row + (follow ? j : c.image.across[j]);
        V x[count];
        for (int v = 0; v < count; ++v) x[v] = hn::LoadU(d, from + v * lanes);
        for (int f = 0; f < filters; ++f) {
          const V weight = hn::Set(d, w[f]);
          for (int v = 0; v < count; ++v) sum[f][v] = hn::MulAdd(weight, x[v], sum[f][v]);
        }
      }
    }
  for (int v = 0; v < count; ++v) {
    const int64_t left = columns - static_cast<int64_t>(v * lanes);
    if (left <= 0) break;
    for (int f = 0; f < filters; ++f) StoreFirst(d, sum[f][v], out + f * c.out_plane + v * lanes, left);
  }
}

template <bool follow, int filters>
void CorrelateRow(const Correlation& c, int64_t r) {
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(D()));
  const float* row = c.image.data + r * c.image.row;
  float* out = c.out + r * c.columns;
  int64_t column = 0;
  if constexpr (vectors == 2)
    for (; c.columns - column > lanes; column += 2 * lanes) CorrelateBlock<follow, filters, 2>(c, row + column, out + column, c.columns - column);
  for (; column < c.columns; column += lanes) CorrelateBlock<follow, filters, 1>(c, row + column, out + column, c.columns - column);
}

template <int filters>
void CorrelateFilters(const Correlation& c) {
  for (int64_t r = 0; r < c.rows; ++r)
    if (c.columns_follow)
      CorrelateRow<true, filters>(c, r);
    else
      CorrelateRow<false, filters>(c, r);
}

// One filter, as depthwise convolutions have: rows of outputs share the rows that they see, where kernel rows lie as far apart as they do.
template <int kernel_rows, int rows>
void CorrelateSharing(const Correlation& c, int64_t r) {
  const D d;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d)), step = c.image.row;
  for (int64_t column = 0; column < c.columns; column += lanes) {
    V sum[rows];
    LOGLIK_UNROLL for (int k = 0; k < rows; ++k) sum[k] = hn::Zero(d);
    for (int64_t channel = 0; channel < c.image.channels; ++channel) {
      const float* const first = c.image.data + channel * c.image.plane + r * step + column;
      const float* w = c.weights + channel * kernel_rows * c.image.kernel_columns;
      for (int64_t j = 0; j < c.image.kernel_columns; ++j, ++w) {
        const float* const from = first + c.image.across[j];
        V weight[kernel_rows];
        LOGLIK_UNROLL for (int i = 0; i < kernel_rows; ++i) weight[i] = hn::Set(d, w[i * c.image.kernel_columns]);
        LOGLIK_UNROLL for (int seen = 0; seen < rows + kernel_rows - 1; ++seen) {
          const V x = hn::LoadU(d, from + seen * step);
          LOGLIK_UNROLL for (int k = 0; k < rows; ++k)
            if (seen >= k && seen - k < kernel_rows) sum[k] = hn::MulAdd(weight[seen - k], x, sum[k]);
        }
      }
    }
    float* const to = c.out + r * c.columns + column;
    LOGLIK_UNROLL for (int k = 0; k < rows; ++k) StoreFirst(d, sum[k], to + k * c.columns, c.columns - column);
  }
}

template <int kernel_rows>
void CorrelateOne(const Correlation& c) {
  int64_t r = 0;
  for (; r + 4 <= c.rows; r += 4) CorrelateSharing<kernel_rows, 4>(c, r);
  for (; r < c.rows; ++r) CorrelateSharing<kernel_rows, 1>(c, r);
}

void CorrelateFilter(const Correlation& c) {
  if (c.image.row != c.image.kernel_row) return CorrelateFilters<1>(c);
  switch (c.image.kernel_rows) {
    case 2: return CorrelateOne<2>(c);
    case 3: return CorrelateOne<3>(c);
    case 4: return CorrelateOne<4>(c);
    case 5: return CorrelateOne<5>(c);
    case 7: return CorrelateOne<7>(c);
    default: return CorrelateFilters<1>(c);
  }
}

void Correlate(const Correlation& c) {
  switch (c.filters) {
    case 1: return CorrelateFilter(c);
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

template <bool follow, int taps, int filters>
void SumBlock(const FilterSum& s, int64_t f, int64_t channel, int64_t i) {
  const D d;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  V sum[filters][taps];
  LOGLIK_UNROLL for (int k = 0; k < filters; ++k)
    LOGLIK_UNROLL for (int j = 0; j < taps; ++j) sum[k][j] = hn::Zero(d);
  int64_t across[taps];
  for (int j = 0; j < taps; ++j) across[j] = s.x.across[j];
  const auto add = [&](const float* x, const V* g) HWY_ATTR {
    LOGLIK_UNROLL for (int j = 0; j < taps; ++j) {
      const V pixels = hn::LoadU(d, x + (follow ? j : across[j]));
      LOGLIK_UNROLL for (int k = 0; k < filters; ++k) sum[k][j] = hn::MulAdd(g[k], pixels, sum[k][j]);
    }
  };
  const int64_t full = s.columns / lanes * lanes, rest = s.columns - full;
  for (int64_t image = 0; image < s.images; ++image) {
    const float* x = s.x.data + image * s.x_image + channel * s.x.plane + i * s.x.kernel_row;
    const float* y = s.y + image * s.y_image + f * s.y_plane;
    for (int64_t r = 0; r < s.rows; ++r, x += s.x.row, y += s.columns) {
      V g[filters];
      for (int64_t column = 0; column < full; column += lanes) {
        LOGLIK_UNROLL for (int k = 0; k < filters; ++k) g[k] = hn::LoadU(d, y + k * s.y_plane + column);
        add(x + column, g);
      }
      if (rest > 0) {
        LOGLIK_UNROLL for (int k = 0; k < filters; ++k) g[k] = LoadFirst(d, y + k * s.y_plane + full, rest);
        add(x + full, g);
      }
    }
  }
  LOGLIK_UNROLL for (int k = 0; k < filters; ++k) {
    float* const to = s.sum + (((f + k) * s.x.channels + channel) * s.x.kernel_rows + i) * taps;
    LOGLIK_UNROLL for (int j = 0; j < taps; ++j) to[j] += hn::GetLane(hn::SumOfLanes(d, sum[k][j]));
  }
}

// Filters in blocks of like size.
template <int taps, int... counts>
void SumTaps(const FilterSum& s, std::integer_sequence<int, counts...>) {
  using Function = void (*)(const FilterSum&, int64_t, int64_t, int64_t);
  static constexpr Function following[] = {SumBlock<true, taps, counts + 1>...}, any[] = {SumBlock<false, taps, counts + 1>...};
  const Function* const functions = s.columns_follow ? following : any;
  constexpr int64_t most = sizeof...(counts);
  const int64_t blocks = (s.filters + most - 1) / most;
  for (int64_t b = 0; b < blocks; ++b) {
    const int64_t f = b * s.filters / blocks, count = (b + 1) * s.filters / blocks - f;
    for (int64_t channel = 0; channel < s.x.channels; ++channel)
      for (int64_t i = 0; i < s.x.kernel_rows; ++i) functions[count - 1](s, f, channel, i);
  }
}

template <int... taps>
void SumAny(const FilterSum& s, std::integer_sequence<int, taps...>) {
  using Function = void (*)(const FilterSum&);
  static constexpr Function functions[] = {
      [](const FilterSum& sum) { SumTaps<taps + 1>(sum, std::make_integer_sequence<int, std::clamp(gradient_sums / (taps + 1), 1, 8)>()); }...};
  functions[s.x.kernel_columns - 1](s);
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
