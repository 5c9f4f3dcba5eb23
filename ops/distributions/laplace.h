#pragma once
#include <string>
#include <string_view>

#include "framework/distribution.h"
#include "framework/node.h"
#include "framework/support.h"
#include "ops/distributions/advice.h"

namespace loglik {

/// Laplace on the real line, median μ, scale b, z = (y − μ)/b:
///
///     −log p(y) = |z| + log b + log 2  nats;    ∂/∂μ = −sign(z)/b,  ∂/∂log b = 1 − |z|
///
/// With b = 1: the absolute error, plus log 2. Where y = μ the gradient by μ is taken as 0.
///
/// Shapes: loc, log_scale and y broadcast; answers have the shape of loc and log_scale together. The scale is scale·e^log_scale, as
/// Gaussian's. Methods throw ArgumentError unless scale is finite and above 0. Source: Kotz, Kozubowski & Podgórski 2001, The Laplace
/// Distribution and Generalizations; CRPS: Jordan, Krüger & Lerch 2019, doi:10.18637/jss.v090.i12.
struct Laplace {
  static constexpr std::string_view name = "laplace";

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
  Node deviance(Node y) const;               ///< 2·|z|
  FisherInformation fisher_information() const;
  Node sample(std::string_view key) const;  ///< reparameterised: differentiable by the parameters
  Node kl(const Laplace& other) const;
  Support support() const { return Support::real; }
  std::string advice(double y) const { return advice_for(support(), y); }
  std::string certificate() const;
};

}  // namespace loglik
