#pragma once
#include <string>
#include <string_view>

#include "framework/distribution.h"
#include "framework/node.h"
#include "framework/support.h"
#include "ops/distributions/advice.h"

namespace loglik {

/// Inverse Gaussian on the positive numbers, mean μ = e^log_mean, concentration λ = e^log_concentration:
///
///     −log p(y) = ½·λ·(y − μ)²/(μ²·y) + (3/2)·log y − ½·log λ + ½·log 2π  nats;
///     ∂/∂log μ = −λ·(y − μ)/μ²,  ∂/∂log λ = −½ + ½·λ·(y − μ)²/(μ²·y)
///
/// When a Brownian motion with drift first reaches a level: durations and amounts with a heavier upper tail than Gamma's. The variance is
/// μ³/λ.
///
/// Shapes: log_mean, log_concentration and y broadcast; answers have the shape of both parameters together. Distribution functions and
/// quantiles are computed in float64 whatever the dtype. The CRPS is, with a, b = √(λ/y)·(y/μ ∓ 1) and Bickley's function Ki₁, of which
/// ½·E|X − X′| is made,
///
///     (y − μ)·(2·Φ(a) − 1) + (y + μ)·e^(−a²/2)·erfcx(b/√2) − (2μ/π)·e^(2λ/μ)·Ki₁(2λ/μ)
///
/// Source: Johnson, Kotz & Balakrishnan 1994, vol. 1, ch. 15.
struct InverseGaussian {
  static constexpr std::string_view name = "inverse_gaussian";

  Node log_mean;
  Node log_concentration;

  Node log_prob(Node y) const;
  Node mean() const;
  Node mode() const;
  Node median() const;
  Node variance() const;
  Node entropy() const;
  Node cdf(Node y) const;
  Node survival(Node y) const;      ///< to full relative precision far above
  Node log_cdf(Node y) const;       ///< to full relative precision in both tails
  Node log_survival(Node y) const;  ///< likewise
  Node quantile(Node p) const;
  Node crps(Node y) const;                  ///< to some ulp of μ + y
  Node deviance(Node y) const;              ///< λ·(y − μ)²/(μ²·y)
  Node sample(std::string_view key) const;  ///< reparameterised: differentiable by the parameters. Up to 10 µs each
  Node kl(const InverseGaussian& other) const;
  FisherInformation fisher_information() const;  ///< diagonal: λ/μ and ½
  Support support() const { return Support::positive; }
  std::string advice(double y) const { return advice_for(support(), y); }
  std::string certificate() const { return "NLL = λ·½·inverse Gaussian deviance + 1.5·log y − ½·log λ + 0.918939"; }
};

}  // namespace loglik
