#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "framework/distribution.h"

namespace loglik {

/// Values known only to lie between two limits, (lower, upper]: age in years, a dose that failed and one that worked, an income bracket,
///
///     −log P(lower < X ≤ upper);    −log p_base(lower) where lower = upper, a value that is known
///
/// as R's `survreg(Surv(lower, upper, type = "interval2") ~ …)` has it. A limit may be infinite: the value is then censored on that side.
/// Limits that are the samples' own are inputs; one of them serves as the target, whose values are not looked at:
///
///     Node lower = graph.input("lower", {batch, 1}), upper = graph.input("upper", {batch, 1});
///     graph.head("dose", IntervalCensored{.base = LogNormal{…}, .lower = lower, .upper = upper}, {.target = upper});
///
/// With fixed edges the target y is any value of its interval: −∞ to the first edge, (edge, next edge], …, from the last to ∞:
///
///     graph.head("income", IntervalCensored{.base = LogNormal{…}, .edges = {1e4, 2.5e4, 5e4}});
///
/// All other answers are the base's, of the value itself. What was kept to intervals in order to be shown, a distribution of its own, is
/// Discretised.
///
/// Shapes: limits broadcast with the base's answers and y. No gradient is NaN for what a sample is not. An interval without elements
/// has −log P = ∞. Methods throw ArgumentError for a base without cdf or of rows, edges that do not ascend, edges and limits together, or
/// one limit alone. Source: Lindsey & Ryan 1998, doi:10.1002/(SICI)1097-0258(19980130)17:2<219::AID-SIM735>3.0.CO;2-O.
struct IntervalCensored {
  Distribution base;
  Node lower = {};
  Node upper = {};
  std::vector<double> edges = {};

  std::pair<Node, Node> limits(Node y) const;  ///< lower and upper; with edges those around y
  Node log_prob(Node y) const;
  Node mean() const { return base.mean(); }
  Node mode() const { return base.mode(); }
  Node median() const { return base.median(); }
  Node variance() const { return base.variance(); }
  Node entropy() const { return base.entropy(); }
  Node cdf(Node y) const { return base.cdf(y); }
  Node survival(Node y) const { return base.survival(y); }
  Node log_cdf(Node y) const { return base.log_cdf(y); }
  Node log_survival(Node y) const { return base.log_survival(y); }
  Node quantile(Node p) const { return base.quantile(p); }
  Node sample(std::string_view key) const { return base.sample(key); }
  /// The base's with edges; none with limits, whose target may be infinite.
  std::optional<Support> support() const { return edges.empty() ? std::nullopt : base.support(); }
  std::vector<Node> atoms() const { return base.atoms(); }
  std::string name() const { return "interval-censored " + base.name(); }
  std::string advice(double y) const { return base.advice(y); }
  std::string certificate() const { return "NLL = −log P(lower < X ≤ upper) of " + base.name(); }

  template <class Answer>
  bool has() const {
    return base.has<Answer>();
  }
};

}  // namespace loglik
