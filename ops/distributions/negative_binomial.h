#pragma once
#include <string>
#include <string_view>

#include "framework/distribution.h"
#include "framework/node.h"
#include "framework/support.h"
#include "ops/distributions/advice.h"

namespace loglik {

/// Negative binomial counts ("NB2") of mean μ = e^log_mean and size r = e^log_size, variance μ + μ²/r:
///
///     −log p(y) = log y! − y·log μ + (r + y)·log(1 + μ/r) − Σ_{j<y} log(1 + j/r)  nats
///     ∂/∂log μ = (μ − y)·r/(r + μ),  ∂/∂log r = r·(log(1 + μ/r) − ψ(r + y) + ψ(r)) + (y − μ)·r/(r + μ)
///
/// A Poisson whose rate is itself Gamma-distributed; as r grows, Poisson, without a digit lost. Targets are floats with the values 0, 1, 2,
/// …; cdf and survival are of any real y. Shapes: log_mean, log_size and y broadcast; answers have the shape of both parameters together.
/// Probabilities, not log_prob, take r as e^85 where it is more. The entropy has no closed form: `entropy` of answers.h sums it.
/// Source: Johnson, Kemp & Kotz 2005, ch. 5; Hilbe 2011; CRPS: Wei & Held 2014, doi:10.1007/s11749-014-0380-8.
struct NegativeBinomial {
  static constexpr std::string_view name = "negative_binomial";

  Node log_mean;
  Node log_size;

  Node log_prob(Node y) const;
  Node mean() const;
  Node mode() const;  ///< ⌊μ·(1 − 1/r)⌋ for r > 1, else 0
  Node median() const;
  Node variance() const;
  Node cdf(Node y) const;
  Node survival(Node y) const;
  Node log_cdf(Node y) const;  ///< to full relative precision in both tails
  Node log_survival(Node y) const;
  Node quantile(Node p) const;                   ///< exact also at p = cdf(k), of the same dtype
  Node crps(Node y) const;                       ///< of a whole y ≥ 0, to some ulp of μ + y
  Node deviance(Node y) const;                   ///< against μ = y, of the same size
  FisherInformation fisher_information() const;  ///< diagonal: rμ/(r + μ) and `negative_binomial_size_information`
  Node sample(std::string_view key) const;       ///< not differentiable: its gradient is zero
  Support support() const { return Support::counts; }
  std::string advice(double y) const { return advice_for(support(), y); }
  std::string certificate() const;
};

}  // namespace loglik
