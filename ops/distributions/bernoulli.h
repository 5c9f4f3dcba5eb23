#pragma once
#include <string>
#include <string_view>

#include "framework/distribution.h"
#include "framework/node.h"
#include "framework/support.h"
#include "ops/distributions/advice.h"

namespace loglik {

/// Bernoulli: y = 1 with probability sigmoid(ℓ), else 0, from the logit ℓ:
///
///     −log p(y) = log(1 + e^ℓ) − y·ℓ  nats, binary cross-entropy;    ∂/∂ℓ = sigmoid(ℓ) − y
///
/// With `soft_targets`, y may lie anywhere in [0, 1] (grey levels, labels that are not sure): what is computed is then the cross-entropy
/// from y to the prediction, not a likelihood, and says so in its certificate. Its nats can't be compared with those of other heads.
///
/// Shapes: logits and y broadcast. y is of the dtype of the logits, or integers or bool, which are cast. Answers have the logits' dtype.
/// No finite logit overflows. Source: Cox 1958, doi:10.1111/j.2517-6161.1958.tb00292.x.
struct Bernoulli {
  static constexpr std::string_view name = "bernoulli";

  Node logits;
  bool soft_targets = false;

  Node log_prob(Node y) const;
  Node mean() const;  ///< the probability of 1
  Node mode() const;  ///< 1 for a logit above 0, else 0: at 0, where the two are equally likely, 0
  Node variance() const;
  Node entropy() const;
  Node cdf(Node y) const;
  Node survival(Node y) const;
  Node log_cdf(Node y) const;  ///< to full relative precision in both tails
  Node log_survival(Node y) const;
  Node quantile(Node p) const;
  Node crps(Node y) const;                       ///< y·(1 − π)² + (1 − y)·π²: Brier's score (y − π)² of a y that is 0 or 1
  Node deviance(Node y) const;                   ///< against π = y
  FisherInformation fisher_information() const;  ///< π·(1 − π)
  Node sample(std::string_view key) const;  ///< 0 or 1; not differentiable: its gradient is zero
  Node kl(const Bernoulli& other) const;
  Support support() const { return soft_targets ? Support::unit : Support::binary; }
  std::string advice(double y) const { return advice_for(support(), y); }
  std::string certificate() const;
};

}  // namespace loglik
