#pragma once
#include <string>
#include <string_view>

#include "framework/distribution.h"
#include "framework/node.h"
#include "framework/support.h"
#include "ops/distributions/advice.h"

namespace loglik {

/// Gamma on the positive numbers, mean μ = e^log_mean, shape k = e^log_shape, u = y/μ:
///
///     −log p(y) = k·(u − 1 − log u) + log y − ½·log k + ½·log 2π + δ(k)  nats;    ∂/∂log μ = −k·(u − 1)
///
/// with Stirling's remainder δ, so that for large k nothing large cancels. Its standard deviation is μ/√k: amounts, waiting times, whatever
/// varies in proportion to its mean. k = 1 is Exponential. With k fixed −log p is k times half the gamma deviance, but for a constant.
///
/// Shapes: log_mean, log_shape and y broadcast; answers have the shape of both parameters together. Distribution functions and quantiles
/// are computed in float64 whatever the dtype. Source: Johnson, Kotz & Balakrishnan 1994, vol. 1, ch. 17; McCullagh & Nelder 1989, ch. 8;
/// CRPS: Jordan, Krüger & Lerch 2019, doi:10.18637/jss.v090.i12.
struct Gamma {
  static constexpr std::string_view name = "gamma";

  Node log_mean;
  Node log_shape;

  Node log_prob(Node y) const;
  Node mean() const;
  Node mode() const;  ///< 0 for k ≤ 1
  Node median() const;
  Node variance() const;
  Node entropy() const;
  Node cdf(Node y) const;
  Node survival(Node y) const;
  Node log_cdf(Node y) const;       ///< to full relative precision in both tails
  Node log_survival(Node y) const;  ///< likewise
  Node quantile(Node p) const;      ///< 0 where it is too small for the dtype, as for small k it soon is
  Node crps(Node y) const;
  Node deviance(Node y) const;  ///< 2k·(u − 1 − log u)
  /// Reparameterised: differentiable by the parameters. A draw too small for the dtype is its smallest normal number. About 3 µs each.
  Node sample(std::string_view key) const;
  Node kl(const Gamma& other) const;
  FisherInformation fisher_information() const;  ///< diagonal
  Support support() const { return Support::positive; }
  std::string advice(double y) const { return advice_for(support(), y); }
  std::string certificate() const { return "NLL = k·½·gamma deviance + log y − ½·log k + ½·log 2π + δ(k)"; }
};

}  // namespace loglik
