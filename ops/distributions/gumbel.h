#pragma once
#include <string>
#include <string_view>

#include "framework/distribution.h"
#include "framework/node.h"
#include "framework/support.h"
#include "ops/distributions/advice.h"

namespace loglik {

/// Gumbel of maxima on the real line, mode μ, scale β, z = (y − μ)/β:
///
///     −log p(y) = z + e^−z + log β  nats;    ∂/∂μ = expm1(−z)/β,  ∂/∂log β = 1 + z·expm1(−z)
///
/// The limit of the largest of many: floods, record heats, peak loads. Far below μ the density falls double exponentially: there −log p is
/// infinite where the dtype cannot hold it.
///
/// Shapes: loc, log_scale and y broadcast; answers have the shape of loc and log_scale together. The scale is scale·e^log_scale, as
/// Gaussian's. Methods throw ArgumentError unless scale is finite and above 0. Source: Johnson, Kotz & Balakrishnan 1995, vol. 2, ch. 22;
/// CRPS: Friederichs & Thorarinsdottir 2012, doi:10.1002/env.2176.
struct Gumbel {
  static constexpr std::string_view name = "gumbel";

  Node loc;             ///< μ
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
  Node deviance(Node y) const;              ///< 2·(z + e^−z − 1)
  Node sample(std::string_view key) const;  ///< reparameterised: differentiable by the parameters
  FisherInformation fisher_information() const;
  Support support() const { return Support::real; }
  std::string advice(double y) const { return advice_for(support(), y); }
  std::string certificate() const;
};

}  // namespace loglik
