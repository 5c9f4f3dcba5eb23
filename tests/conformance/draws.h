#pragma once
// The kit's own: how many draws, and how far off they may be.
#include <cmath>

#include "tests/conformance/study.h"

namespace loglik::conformance {

/// The budget of false alarms: 1e-6 a call, shared by all of its tests of draws.
struct Budget {
  double alarm;        ///< of each test
  std::int64_t draws;  ///< that tell two distribution functions `resolution` apart, misses as rare: 2·ln(2/α)/d², by the bound of
                       ///< Dvoretzky, Kiefer & Wolfowitz with Massart's constant
  double distance;     ///< below which the largest deviation stays

  explicit Budget(const DistributionOptions& options, std::int64_t fewer = 1)
      : alarm(1e-6 / (12.0 * options.parameters + 4)),
        draws(static_cast<std::int64_t>(2 * std::log(2 / alarm) / (options.resolution * options.resolution)) / fewer + 1),
        distance(std::sqrt(std::log(2 / alarm) / (2 * static_cast<double>(draws)))) {}
};

/// `rows` draws at theta, row after row.
inline std::vector<double> draw(const Subject& subject, const std::vector<double>& theta, std::int64_t rows, std::uint64_t seed) {
  return subject.values(subject.node(Answer::sample), {rows, theta, {}, {}, {}, seed});
}

}  // namespace loglik::conformance
