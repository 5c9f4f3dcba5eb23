#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "framework/distribution.h"
#include "ops/distributions/advice.h"
#include "ops/distributions/bijection.h"

namespace loglik {

/// Y = g(X), for X of any continuous distribution of scalars and a bijection g (bijection.h):
///
///     log p(y) = log p_base(x) − log |g′(x)|  nats,  x = g⁻¹(y)
///
///     Transformed{Gaussian{…}, Bijection::exp()}       LogNormal
///     Transformed{Logistic{…}, Bijection::exp()}       log-logistic
///     Transformed{Gaussian{…}, Bijection::sigmoid()}   logit-normal
///
/// Shapes: those of the base. The answers follow from those of the base of the same name where g is increasing; where it decreases, the cdf
/// from its survival, the survival from its cdf, and the quantile of p from that of 1 − p, which costs the precision of a p near 0. The
/// mean and variance have no closed form, nor has the mode; the entropy has where the bijection says so: of exp. kl is that of the bases,
/// if both go through the same bijection. Points of positive probability of the base stay such. Methods throw ArgumentError for a base of
/// vectors (take Independent of the Transformed), of integers or other steps, that holds a RightCensored or IntervalCensored (take that of
/// the Transformed), or whose support the bijection does not take. Source: Casella & Berger 2002, Statistical Inference, theorem 2.1.5.
struct Transformed {
  Distribution base;
  Bijection bijection;

  std::string name() const;  ///< "exp(gaussian)"
  template <class Answer>
  bool has() const {
    const bool precise = bijection.increasing || base.atoms().empty();
    if constexpr (std::same_as<Answer, Cdf>)
      return bijection.increasing ? base.has<Cdf>() : base.has<Survival>();
    else if constexpr (std::same_as<Answer, Survival>)
      return bijection.increasing ? base.has<Survival>() : base.has<Cdf>();
    else if constexpr (std::same_as<Answer, LogCdf>)
      return precise && (bijection.increasing ? base.has<LogCdf>() : base.has<LogSurvival>());
    else if constexpr (std::same_as<Answer, LogSurvival>)
      return precise && (bijection.increasing ? base.has<LogSurvival>() : base.has<LogCdf>());
    else if constexpr (std::same_as<Answer, Entropy>)
      return base.has<Entropy>() && base.has<Mean>() && bijection.mean_log_derivative;
    else if constexpr (std::same_as<Answer, Sample>)
      return base.has_sample();
    else
      return base.has<Answer>();
  }

  Node log_prob(Node y) const;
  Node median() const;
  Node entropy() const;
  Node cdf(Node y) const;
  Node survival(Node y) const;
  Node log_cdf(Node y) const;
  Node log_survival(Node y) const;
  Node quantile(Node p) const;
  Node sample(std::string_view key) const;  ///< g of the base's: reparameterised where that is
  Node kl(const Transformed& other) const;
  bool has_kl(const Transformed& other) const;
  std::optional<Support> support() const;  ///< the image of the base's; none if it has none or the bijection can't tell
  std::vector<Node> atoms() const;
  std::string advice(double y) const { return advice_for(support(), y); }
  std::string certificate() const;

  void check() const;  ///< throws what the methods throw
};

}  // namespace loglik
