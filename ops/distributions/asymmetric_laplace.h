#pragma once
#include <string>
#include <string_view>

#include "framework/distribution.h"
#include "framework/node.h"
#include "framework/support.h"
#include "ops/distributions/advice.h"

namespace loglik {

/// Asymmetric Laplace: quantile regression as a likelihood. Its τ-quantile is q, its scale b, z = (y − q)/b:
///
///     −log p(y) = ρ(z) + log b − log τ − log(1 − τ)  nats,  ρ(z) = z·(τ − 1{z < 0});    ∂/∂q = −(τ − 1{z < 0})/b,  ∂/∂log b = 1 − ρ(z)
///
/// With b = 1: the pinball loss of level τ, plus a constant.
///
/// Shapes: loc, log_scale and y broadcast; answers have the shape of loc and log_scale together. b is scale·e^log_scale, as Gaussian's σ.
/// Methods throw ArgumentError unless scale is finite and above 0 and level lies in (0, 1).
/// Source: Koenker & Machado 1999, doi:10.1080/01621459.1999.10473882; Yu & Zhang 2005, doi:10.1080/03610920500199018.
struct AsymmetricLaplace {
  static constexpr std::string_view name = "asymmetric_laplace";

  Node loc;             ///< q
  double level = 0.5;   ///< τ: P(Y ≤ q)
  Node log_scale = {};  ///< absent: 0
  double scale = 1;     ///< finite, > 0

  Node log_prob(Node y) const;
  Node mean() const;
  Node mode() const;
  Node median() const;
  Node variance() const;
  Node entropy() const;
  Node cdf(Node y) const;
  Node survival(Node y) const;  ///< to full relative precision far above
  Node log_cdf(Node y) const;
  Node log_survival(Node y) const;
  Node quantile(Node p) const;
  Node crps(Node y) const;
  Node deviance(Node y) const;               ///< 2·pinball loss of z
  FisherInformation fisher_information() const;
  Node sample(std::string_view key) const;  ///< reparameterised: differentiable by the parameters
  Support support() const { return Support::real; }
  std::string advice(double y) const { return advice_for(support(), y); }
  std::string certificate() const;
};

}  // namespace loglik
