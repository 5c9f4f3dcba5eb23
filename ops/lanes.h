#pragma once
#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <type_traits>

#include "framework/simd/full_width.h"
#include "framework/simd/math.h"

namespace loglik {

// Along a row, 16 elements side by side: no element waits for its neighbour, and vectors of any width give the same bits. To be called
// within simd::at_full_width.

constexpr std::int64_t lanes = 16;

/// Σ term(j) in float64 over j in [0, n).
template <class Term>
inline double lane_sum(std::int64_t n, Term term) {
  double sums[lanes] = {};
  std::int64_t j = 0;
  if (n <= lanes) {  // a short row: one after the other is less than 16 side by side
    for (; j < n; ++j) sums[0] += term(j);
    return sums[0];
  }
  for (; j + lanes <= n; j += lanes)
    for (std::int64_t lane = 0; lane < lanes; ++lane) sums[lane] += term(j + lane);
  const std::int64_t rest = n - j;
  for (std::int64_t lane = 0; lane < rest; ++lane) sums[lane] += term(j + lane);
  for (std::int64_t width = lanes / 2; width > 0; width /= 2)
    for (std::int64_t lane = 0; lane < width; ++lane) sums[lane] += sums[lane + width];
  return sums[0];
}

/// max x, −∞ of nothing; NaN is passed over.
template <class T>
inline T lane_max(const T* x, std::int64_t n) {
  T largest[lanes];
  for (std::int64_t lane = 0; lane < lanes; ++lane) largest[lane] = -std::numeric_limits<T>::infinity();
  std::int64_t j = 0;
  if (n <= lanes) {
    for (; j < n; ++j) largest[0] = x[j] > largest[0] ? x[j] : largest[0];
    return largest[0];
  }
  for (; j + lanes <= n; j += lanes)
    for (std::int64_t lane = 0; lane < lanes; ++lane) largest[lane] = x[j + lane] > largest[lane] ? x[j + lane] : largest[lane];
  const std::int64_t rest = n - j;
  for (std::int64_t lane = 0; lane < rest; ++lane) largest[lane] = x[j + lane] > largest[lane] ? x[j + lane] : largest[lane];
  for (std::int64_t width = lanes / 2; width > 0; width /= 2)
    for (std::int64_t lane = 0; lane < width; ++lane)
      largest[lane] = largest[lane + width] > largest[lane] ? largest[lane + width] : largest[lane];
  return largest[0];
}

/// x ← eˣ; an element's bits do not depend on where it lies.
template <class T>
inline void exponentials(T* x, std::int64_t count) {
  if constexpr (std::is_same_v<T, float>)
    simd::exp(x, x, static_cast<std::size_t>(count));
  else
    for (std::int64_t i = 0; i < count; ++i) x[i] = std::exp(x[i]);
}

/// Of rows x {rows, n}: the largest elements (NaN passed over) and Σ eˣ⁻ᵐᵃˣ, NaN where that is infinite. Allocates nothing.
template <class T>
void sum_exponentials(const T* x, std::int64_t rows, std::int64_t n, T* largest, double* sums) {
  constexpr std::int64_t tile = 1024;  // exponentials taken together, of several short rows or a part of a long one
  std::array<T, tile> e;
  const std::int64_t columns = std::clamp<std::int64_t>(n, 1, tile), together = tile / columns;
  for (std::int64_t first = 0; first < rows; first += together) {
    const std::int64_t last = std::min(rows, first + together);
    simd::at_full_width([=] {
      for (std::int64_t row = first; row < last; ++row) largest[row] = lane_max(x + row * n, n);
    });
    std::fill(sums + first, sums + last, 0.0);
    for (std::int64_t column = 0; column < n; column += columns) {
      const std::int64_t width = std::min(columns, n - column);
      T* out = e.data();
      simd::at_full_width([=] {
        for (std::int64_t row = first; row < last; ++row) {
          const T* in = x + row * n + column;
          T* to = out + (row - first) * width;
          const T m = largest[row];
          for (std::int64_t j = 0; j < width; ++j) to[j] = in[j] - m;
        }
      });
      exponentials(out, (last - first) * width);
      simd::at_full_width([=] {
        for (std::int64_t row = first; row < last; ++row) {
          const T* in = out + (row - first) * width;
          sums[row] += lane_sum(width, [=](std::int64_t j) { return static_cast<double>(in[j]); });
        }
      });
    }
  }
}

}  // namespace loglik
