#pragma once
#include <algorithm>
#include <array>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>

#include "framework/side_by_side.h"
#include "framework/simd/full_width.h"
#include "framework/simd/math.h"
#include "framework/sum_fold.h"

namespace loglik {

/// y[k] = exp(y[k]).
template <class T>
void exps_of(T* y, std::int64_t count) {
  if constexpr (std::same_as<T, float>)
    simd::exp(y, y, static_cast<std::size_t>(count));
  else
    for (std::int64_t k = 0; k < count; ++k) y[k] = std::exp(y[k]);
}

/// y[k] = exp(x[k] − shift(k)) for neighbours; y may be x. `shift` is a function of k.
template <class T, class Shift>
void exp_shifted(const T* x, Shift shift, T* y, std::int64_t count) {
  const auto elements = static_cast<std::size_t>(count);
  simd::at_full_width([=] { side_by_side(elements, [=](std::size_t k) { y[k] = x[k] - shift(k); }); });
  exps_of(y, count);
}

/// Σ exp(x[k] − shift) over neighbours, in an order that depends on their number only.
template <class T>
double sum_exp(const T* x, T shift, std::int64_t count) {
  constexpr std::int64_t block = 512;
  std::array<T, block> terms;
  double sum = 0;
  for (std::int64_t done = 0; done < count; done += block) {
    const std::int64_t some = std::min(block, count - done);
    exp_shifted(x + done, [shift](std::size_t) { return shift; }, terms.data(), some);
    simd::at_full_width([&] { sum += sum_run(terms.data(), some, [](T v) { return v; }); });
  }
  return sum;
}

/// The largest of neighbours, −∞ of none; NaN is passed over.
template <class T>
T largest(const T* x, std::int64_t count) {
  constexpr std::int64_t lanes = 16;
  std::array<T, lanes> most;
  most.fill(-std::numeric_limits<T>::infinity());
  simd::at_full_width([&] {
    std::int64_t i = 0;
    for (; i + lanes <= count; i += lanes)
      for (std::int64_t k = 0; k < lanes; ++k) {
        const T value = x[i + k];
        T& lane = most[static_cast<std::size_t>(k)];
        lane = value > lane ? value : lane;
      }
    for (; i < count; ++i) most[0] = x[i] > most[0] ? x[i] : most[0];
  });
  return *std::max_element(most.begin(), most.end());
}

}  // namespace loglik
