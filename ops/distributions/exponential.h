#pragma once
#include <string>
#include <string_view>

#include "framework/distribution.h"
#include "framework/node.h"
#include "framework/support.h"
#include "ops/distributions/advice.h"

namespace loglik {

/// Exponential on the nonnegative numbers, mean μ = e^log_mean, u = y/μ:
///
///     −log p(y) = log μ + u  nats;    ∂/∂log μ = 1 − u
///
/// Waiting times without memory. Shapes: log_mean and y broadcast; answers have the shape of log_mean.
/// Source: Johnson, Kotz & Balakrishnan 1994, vol. 1, ch. 19; CRPS: Jordan, Krüger & Lerch 2019, doi:10.18637/jss.v090.i12.
struct Exponential {
  static constexpr std::string_view name = "exponential";

  Node log_mean;

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
  Node deviance(Node y) const;              ///< 2·(u − 1 − log u): infinite at 0
  Node sample(std::string_view key) const;  ///< reparameterised: differentiable by the parameters
  Node kl(const Exponential& other) const;
  FisherInformation fisher_information() const;
  Support support() const { return Support::nonnegative; }
  std::string advice(double y) const { return advice_for(support(), y); }
  std::string certificate() const;
};

}  // namespace loglik
