#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "framework/distribution.h"

namespace loglik {

/// Survival data: a time y at which the event came, or up to which it had not come yet,
///
///     −log p(y) = −log p_base(y) where event is not 0;    −log P(X > y) where it is 0
///
/// as R's `survreg(Surv(time, event) ~ …)` has it: the target is the time, the indicator an input beside it.
///
///     Node event = graph.input("event", {batch, 1});
///     graph.head("time", RightCensored{.base = Weibull{.log_scale = …, .log_shape = …}, .event = event});
///
/// All other answers are the base's: they tell of the time of the event itself, also where it was not seen. So the density of y adds up
/// to 1 only where event is not 0, and draws are of the base. It goes outside of other wrappers: Affine, Transformed and Discretised refuse
/// it, since what they would stretch or bin is no density.
///
/// Shapes: event (float, integer or bool) broadcasts with y. No gradient is NaN for the branch that a sample is not on.
/// Methods throw ArgumentError for a base without cdf or of rows. Source: Kalbfleisch & Prentice 2002, section 3.2.
struct RightCensored {
  Distribution base;
  Node event;

  Node came() const;  ///< event as bool
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
  std::optional<Support> support() const { return base.support(); }
  std::vector<Node> atoms() const { return base.atoms(); }
  std::string name() const { return "right-censored " + base.name(); }
  std::string advice(double y) const { return base.advice(y); }
  std::string certificate() const { return "NLL = that of " + base.name() + ", or −log P(X > y) where the event had not come"; }

  template <class Answer>
  bool has() const {
    return base.has<Answer>();
  }
};

}  // namespace loglik
