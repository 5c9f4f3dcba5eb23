#include "framework/number_metrics.h"

#include <algorithm>
#include <cmath>

namespace loglik {

void NumberTally::add_mean(double y, double mean, double weight) {
  if (!(weight > 0)) return;
  weight_ += weight;
  const double before = y - average_;  // Welford's recurrence: no difference of large sums
  average_ += weight / weight_ * before;
  spread_ += weight * before * (y - average_);
  squares_ += weight * (y - mean) * (y - mean);
}

void NumberTally::add_median(double y, double median, double weight) {
  if (!(weight > 0)) return;
  median_weight_ += weight;
  distances_ += weight * std::abs(y - median);
}

NumberMetrics NumberTally::result() const {
  NumberMetrics result;
  if (weight_ > 0 && std::isfinite(squares_)) {  // some distributions have no finite mean
    result.rmse = std::sqrt(squares_ / weight_);
    if (spread_ > 0) result.r2 = 1 - squares_ / spread_;
  }
  if (median_weight_ > 0 && std::isfinite(distances_)) result.mae = distances_ / median_weight_;
  return result;
}

void CalibrationTally::add(double cdf, double point_probability, double weight) {
  if (!(weight > 0) || std::isnan(cdf)) return;
  weight_ += weight;
  const double upper = std::clamp(cdf, 0.0, 1.0), lower = std::clamp(cdf - point_probability, 0.0, upper);
  for (std::size_t i = 0; i < Calibration::levels.size(); ++i) {
    const double tail = (1 - Calibration::levels[i]) / 2;
    // y ≥ Q(tail) is F(y) ≥ tail; y ≤ Q(1 − tail) is P(Y < y) < 1 − tail, and for a density F(y) ≤ 1 − tail.
    if (upper >= tail && (lower < 1 - tail || (lower == upper && upper <= 1 - tail))) sums_.coverage[i] += weight;
  }
  constexpr double n = Calibration::bins;
  const auto first = static_cast<std::size_t>(std::min(n * lower, n - 1)), last = static_cast<std::size_t>(std::min(n * upper, n - 1));
  if (first == last) {
    sums_.transform[first] += weight;
    return;
  }
  for (std::size_t bin = first; bin <= last; ++bin) {
    const double begin = std::max(lower, static_cast<double>(bin) / n), end = std::min(upper, static_cast<double>(bin + 1) / n);
    sums_.transform[bin] += weight * (end - begin) / (upper - lower);
  }
}

Calibration CalibrationTally::result() const {
  Calibration result = sums_;
  if (!(weight_ > 0)) return result;
  for (double& share : result.coverage) share /= weight_;
  for (double& share : result.transform) share /= weight_;
  return result;
}

}  // namespace loglik
