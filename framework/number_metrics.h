#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <string>

namespace loglik {

/// What predictions of numbers are worth, over all elements of the targets, each counting its sample's weight.
struct NumberMetrics {
  std::optional<double> rmse = {};  ///< √(Σ w·(y − mean)² / Σ w), in units of y
  std::optional<double> r2 = {};    ///< 1 − Σ w·(y − mean)² / Σ w·(y − ȳ)²; absent if all y are equal
  std::optional<double> mae = {};   ///< Σ w·|y − m| / Σ w, m the median of the prediction, or its mean where it has no median
};

/// Gathers them. A weight of 0 adds nothing.
class NumberTally {
 public:
  void add_mean(double y, double mean, double weight);
  void add_median(double y, double median, double weight);  ///< or what stands for it
  NumberMetrics result() const;

 private:
  double weight_ = 0, average_ = 0, spread_ = 0, squares_ = 0;  // spread: Σ w·(y − ȳ)²
  double median_weight_ = 0, distances_ = 0;
};

/// Are predictions as sure as they ought to be: how often do targets lie where they say?
struct Calibration {
  static constexpr std::size_t bins = 20;
  static constexpr std::array<double, 3> levels{0.5, 0.9, 0.95};
  /// The share of targets inside of the central interval of each level, from the quantile of (1 − level)/2 to that of (1 + level)/2, both
  /// included: of discrete targets at least the level if the predictions are right.
  std::array<double, 3> coverage{};
  /// The shares of F(y), the probability integral transform, in bins of equal width: 1/20 each if the predictions are right. A y of positive
  /// probability is spread evenly over (P(Y < y), P(Y ≤ y)). Source: Czado, Gneiting & Held 2009, doi:10.1111/j.1541-0420.2009.01191.x.
  std::array<double, bins> transform{};
};

/// Gathers them. A weight of 0 adds nothing.
class CalibrationTally {
 public:
  /// P(Y ≤ y), and P(Y = y): 0 where there is a density.
  void add(double cdf, double point_probability, double weight);
  Calibration result() const;

 private:
  double weight_ = 0;
  Calibration sums_;
};

}  // namespace loglik
