#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "framework/distribution.h"

namespace loglik {

/// A distribution seen through an instrument that stops at limits: what lies beyond is seen as the limit itself.
///
///     −log p(y) = −log P(X ≤ lower)  where y ≤ lower;   −log P(X ≥ upper)  where y ≥ upper;   −log p_base(y)  between
///
/// As a distribution of y it has points of positive probability at its limits. The limits are nodes, so one may hold for all, or each
/// sample have its own, infinite where there is none:
///
///     Censored{.base = Gaussian{…}, .lower = graph.constant(0.0, DType::float32)}      Tobit regression: hours worked, none below 0
///     Censored{.base = Weibull{…}, .upper = graph.input("end", {batch, 1})}            who is observed until when
///
/// Times of which it is known whether the event came: RightCensored. Values known only to be between two: IntervalCensored. Data that would
/// not have been seen at all beyond the limits: Truncated.
///
/// Answers: cdf, survival and their logs; with the base's quantile: quantile, median; with its draws: sample; mean and variance of a
/// Gaussian. No gradient is NaN for the branch that a sample is not on. Shapes: limits broadcast with the base's answers and y; a lower
/// limit is below the upper one. Methods throw ArgumentError for a base without cdf or of rows. Source: Tobin 1958, doi:10.2307/1907382.
struct Censored {
  Distribution base;
  Node lower = {};  ///< absent: none
  Node upper = {};

  Node log_prob(Node y) const;
  Node cdf(Node y) const;
  Node survival(Node y) const;
  Node log_cdf(Node y) const;
  Node log_survival(Node y) const;
  Node quantile(Node p) const;
  Node median() const;
  Node mean() const;
  Node variance() const;
  Node sample(std::string_view key) const;
  /// The base's between the limits, as far as these are constants: others may have any values. A target beyond is seen at the limit, and
  /// so refused.
  std::optional<Support> support() const;
  std::vector<Node> atoms() const;
  std::string name() const { return "censored " + base.name(); }
  std::string advice(double y) const;
  std::string certificate() const;

  template <class Answer>
  bool has() const {
    if constexpr (std::same_as<Answer, Mean> || std::same_as<Answer, Variance>)
      return is_gaussian();
    else if constexpr (std::same_as<Answer, Quantile> || std::same_as<Answer, Median>)
      return base.has<Quantile>();
    else if constexpr (std::same_as<Answer, Sample>)
      return base.has_sample();
    else
      return true;
  }

 private:
  bool is_gaussian() const;
  Node held(Node y) const;
};

}  // namespace loglik
