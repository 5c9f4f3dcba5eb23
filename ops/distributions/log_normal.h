#pragma once
#include <string>
#include <string_view>

#include "framework/distribution.h"
#include "framework/node.h"
#include "framework/support.h"
#include "ops/distributions/advice.h"

namespace loglik {

/// Log-normal on the positive numbers: log Y is Gaussian with mean μ = loc and standard deviation σ, z = (log y − μ)/σ:
///
///     −log p(y) = ½·z² + log σ + log y + ½·log 2π  nats;    ∂/∂μ = −z/σ,  ∂/∂log σ = 1 − z²
///
/// With σ = 1: half the squared error of the logs, plus what depends on y alone. e^μ is the median; the mean, e^(μ + ½σ²), lies above.
///
/// Shapes: loc, log_scale and y broadcast; answers have the shape of loc and log_scale together. σ is scale·e^log_scale, as Gaussian's.
/// Methods throw ArgumentError unless scale is finite and above 0.
/// Source: Johnson, Kotz & Balakrishnan 1994, vol. 1, ch. 14; CRPS: Baran & Lerch 2015, doi:10.1002/qj.2521.
struct LogNormal {
  static constexpr std::string_view name = "log_normal";

  Node loc;             ///< μ, of log y
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
  Node deviance(Node y) const;              ///< z²
  Node sample(std::string_view key) const;  ///< reparameterised: differentiable by the parameters
  Node kl(const LogNormal& other) const;
  FisherInformation fisher_information() const;
  Support support() const { return Support::positive; }
  std::string advice(double y) const { return advice_for(support(), y); }
  std::string certificate() const;
};

}  // namespace loglik
