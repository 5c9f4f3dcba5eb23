#pragma once
#include <algorithm>
#include <cmath>
#include <vector>

#include "framework/tensor.h"

namespace loglik {

// Tests of draws raise a false alarm with a probability of at most 1e-6 each: with fixed seeds that was paid for when they were written.

/// Draws that tell two distribution functions 0.02 apart, by the bound of Dvoretzky, Kiefer & Wolfowitz: 2·log(2/1e-6)/0.02².
inline constexpr std::int64_t ks_draws = 72544;
inline constexpr double ks_bound = 0.01;  ///< what their largest deviation stays below: √(log(2/1e-6)/(2n))

/// The largest deviation of the draws' distribution function from `cdf`.
template <class Cdf>
double ks_distance(const Tensor& draws, Cdf cdf) {
  std::vector<double> sorted;
  for (std::int64_t i = 0; i < draws.count(); ++i) sorted.push_back(draws.at(i));
  std::ranges::sort(sorted);
  const auto n = static_cast<double>(sorted.size());
  double distance = 0;
  for (std::size_t i = 0; i < sorted.size(); ++i) {
    const double f = cdf(sorted[i]);
    distance = std::max({distance, f - static_cast<double>(i) / n, static_cast<double>(i + 1) / n - f});
  }
  return distance;
}

/// Pearson's χ² of how often each class was drawn.
inline double chi_squared(const Tensor& draws, const std::vector<double>& probabilities) {
  std::vector<double> counts(probabilities.size());
  for (std::int64_t i = 0; i < draws.count(); ++i) ++counts.at(static_cast<std::size_t>(draws.at(i)));
  double sum = 0;
  for (std::size_t k = 0; k < counts.size(); ++k) {
    const double expected = probabilities[k] * static_cast<double>(draws.count());
    sum += (counts[k] - expected) * (counts[k] - expected) / expected;
  }
  return sum;
}

}  // namespace loglik
