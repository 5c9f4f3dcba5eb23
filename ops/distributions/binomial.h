#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "framework/distribution.h"
#include "framework/node.h"
#include "framework/support.h"
#include "ops/distributions/advice.h"

namespace loglik {

/// Binomial: how many of n = trials succeed, each with probability π = S(ℓ), from the logit ℓ:
///
///     −log p(y) = n·softplus(ℓ) − y·ℓ − log (n choose y)  nats;    ∂/∂ℓ = n·S(ℓ) − y
///
/// Targets are floats with the values 0 … n; n = 1 is Bernoulli. cdf and survival are of any real y. Shapes: logits and y broadcast;
/// answers have the logits' shape. Methods throw ArgumentError unless trials ≥ 1. The entropy has no closed form: `entropy` of answers.h sums
/// it. Source: Johnson, Kemp & Kotz 2005, ch. 3; CRPS: Wei & Held 2014, doi:10.1007/s11749-014-0380-8.
struct Binomial {
  static constexpr std::string_view name = "binomial";

  Node logits;
  std::int64_t trials = 1;  ///< n ≥ 1

  Node log_prob(Node y) const;
  Node mean() const;
  Node mode() const;  ///< ⌊(n + 1)·π⌋, at most n: the larger where two are equally likely
  Node median() const;
  Node variance() const;
  Node cdf(Node y) const;
  Node survival(Node y) const;
  Node log_cdf(Node y) const;  ///< to full relative precision in both tails
  Node log_survival(Node y) const;
  Node quantile(Node p) const;  ///< exact also at p = cdf(k), of the same dtype
  Node crps(Node y) const;      ///< of a whole y from 0 to n, to some ulp of n
  Node deviance(Node y) const;  ///< against π = y/n
  FisherInformation fisher_information() const;
  Node sample(std::string_view key) const;  ///< not differentiable: its gradient is zero
  Node kl(const Binomial& other) const;     ///< throws ArgumentError for another number of trials
  bool has_kl(const Binomial& other) const { return trials == other.trials; }
  Support support() const;
  std::string advice(double y) const { return advice_for(support(), y); }
  std::string certificate() const;
};

}  // namespace loglik
