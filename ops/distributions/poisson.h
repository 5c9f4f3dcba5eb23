#pragma once
#include <string>
#include <string_view>

#include "framework/distribution.h"
#include "framework/node.h"
#include "framework/support.h"
#include "ops/distributions/advice.h"

namespace loglik {

/// Poisson on the counts 0, 1, …, rate λ = e^log_rate:
///
///     −log p(y) = λ − y·log λ + log y!  nats;    ∂/∂log λ = λ − y
///
/// as half the Poisson deviance, λ − y − y·log(λ/y), plus ½·log 2πy + δ(y), so that for large counts nothing large cancels. How many of
/// what happens independently; mean and variance are λ. A known exposure t is log_rate + log t.
///
/// Shapes: log_rate and y broadcast; answers have the shape of log_rate. y is of log_rate's dtype; distribution functions take any real y
/// and are computed in float64 whatever the dtype. The entropy has no closed form: `entropy` of answers.h sums it. Source: Johnson, Kemp & Kotz 2005, ch. 4; CRPS:
/// Wei & Held 2014, doi:10.1007/s11749-014-0380-8.
struct Poisson {
  static constexpr std::string_view name = "poisson";

  Node log_rate;

  Node log_prob(Node y) const;
  Node mean() const;
  Node mode() const;  ///< the largest integer ≤ λ
  Node median() const;
  Node variance() const;
  Node cdf(Node y) const;
  Node survival(Node y) const;      ///< P(Y > y), to full relative precision
  Node log_cdf(Node y) const;       ///< to full relative precision in both tails
  Node log_survival(Node y) const;  ///< likewise
  Node quantile(Node p) const;      ///< an integer, ∞ at 1; that of cdf(n) is n wherever cdf(n) < 1. Its gradient is zero
  Node crps(Node y) const;
  Node deviance(Node y) const;              ///< 2·(λ − y − y·log(λ/y))
  Node sample(std::string_view key) const;  ///< the quantile of a uniform number; not differentiable: its gradient is zero
  Node kl(const Poisson& other) const;
  FisherInformation fisher_information() const;  ///< λ
  Support support() const { return Support::counts; }
  std::string advice(double y) const { return advice_for(support(), y); }
  std::string certificate() const { return "NLL = λ − y·log λ + log y!"; }
};

}  // namespace loglik
