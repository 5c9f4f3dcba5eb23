#pragma once
#include <string>
#include <string_view>

#include "framework/distribution.h"
#include "framework/node.h"
#include "framework/support.h"
#include "ops/distributions/advice.h"

namespace loglik {

/// Logistic on the real line, mean μ, scale s, z = (y − μ)/s:
///
///     −log p(y) = softplus(z) + softplus(−z) + log s  nats;    ∂/∂μ = −tanh(z/2)/s,  ∂/∂log s = 1 − z·tanh(z/2)
///
/// For a given s its CRPS is s·(NLL − log s − 1): minimising the one minimises the other.
///
/// Shapes: loc, log_scale and y broadcast; answers have the shape of loc and log_scale together. The scale is scale·e^log_scale, as
/// Gaussian's. Methods throw ArgumentError unless scale is finite and above 0. Source: Johnson, Kotz & Balakrishnan 1995, vol. 2, ch. 23;
/// CRPS: Jordan, Krüger & Lerch 2019, doi:10.18637/jss.v090.i12.
struct Logistic {
  static constexpr std::string_view name = "logistic";

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
  Node deviance(Node y) const;               ///< 4·log cosh(z/2)
  FisherInformation fisher_information() const;
  Node sample(std::string_view key) const;  ///< reparameterised: differentiable by the parameters
  Support support() const { return Support::real; }
  std::string advice(double y) const { return advice_for(support(), y); }
  std::string certificate() const;
};

}  // namespace loglik
