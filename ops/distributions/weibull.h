#pragma once
#include <string>
#include <string_view>

#include "framework/distribution.h"
#include "framework/node.h"
#include "framework/support.h"
#include "ops/distributions/advice.h"

namespace loglik {

/// Weibull on the positive numbers, scale λ = e^log_scale, shape k = e^log_shape, q = k·(log y − log λ):
///
///     −log p(y) = −log k + log y − q + e^q  nats;    ∂/∂log λ = −k·expm1(q),  ∂/∂log k = −1 + q·expm1(q)
///
/// Times until something fails, at a rate that grows (k > 1) or falls (k < 1) with age; k = 1 is Exponential.
///
/// Shapes: log_scale, log_shape and y broadcast; answers have the shape of both parameters together. Far above λ the density falls so fast
/// that −log p is infinite where the dtype cannot hold it. Source: Johnson, Kotz & Balakrishnan 1994, vol. 1, ch. 21.
struct Weibull {
  static constexpr std::string_view name = "weibull";

  Node log_scale;
  Node log_shape;

  Node log_prob(Node y) const;
  Node mean() const;
  Node mode() const;  ///< 0 for k ≤ 1
  Node median() const;
  Node variance() const;  ///< for large k to about k ulp: two close numbers are subtracted
  Node entropy() const;
  Node cdf(Node y) const;
  Node survival(Node y) const;
  Node log_cdf(Node y) const;
  Node log_survival(Node y) const;
  Node quantile(Node p) const;
  Node crps(Node y) const;
  Node deviance(Node y) const;              ///< 2·(e^q − 1 − q): the λ that fits y best is y
  Node sample(std::string_view key) const;  ///< reparameterised: differentiable by the parameters
  FisherInformation fisher_information() const;
  Support support() const { return Support::positive; }
  std::string advice(double y) const { return advice_for(support(), y); }
  std::string certificate() const;
};

}  // namespace loglik
