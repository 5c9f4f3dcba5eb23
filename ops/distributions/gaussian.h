#pragma once
#include <string>
#include <string_view>

#include "framework/distribution.h"
#include "framework/node.h"
#include "framework/support.h"
#include "ops/distributions/advice.h"

namespace loglik {

/// Gaussian (normal) on the real line, mean μ, standard deviation σ, z = (y − μ)/σ:
///
///     −log p(y) = ½·z² + log σ + ½·log 2π  nats;    ∂/∂μ = −z/σ,  ∂/∂log σ = 1 − z²
///
/// σ is a number, or scale·e^log_scale with a log_scale from anywhere:
///
///     Gaussian{.loc = mu}                                         σ = 1: half the squared error, plus a constant
///     Gaussian{.loc = mu, .scale = 0.5}                           σ fixed
///     Gaussian::with_learned_scale(mu)                            one σ for all targets, a trainable parameter
///     Gaussian{.loc = mu, .log_scale = dense(h, {.units = 1})}    σ predicted for each target
///
/// Shapes: loc, log_scale and y broadcast; answers have the shape of loc and log_scale together. For finite nodes nothing is NaN, and all
/// is finite that float32 or float64 can hold. Methods throw ArgumentError unless scale is finite and above 0.
/// Source: Johnson, Kotz & Balakrishnan 1994, vol. 1, ch. 13; CRPS: Gneiting & Raftery 2007, doi:10.1198/016214506000001437.
struct Gaussian {
  static constexpr std::string_view name = "gaussian";

  Node loc;             ///< μ
  Node log_scale = {};  ///< absent: 0
  double scale = 1;     ///< finite, > 0

  /// σ is a trainable scalar, 1 at first: the parameter "gaussian_1/log_scale".
  static Gaussian with_learned_scale(Node loc);

  Node log_prob(Node y) const;
  Node mean() const;
  Node mode() const { return mean(); }
  Node median() const { return mean(); }
  Node variance() const;
  Node entropy() const;
  Node cdf(Node y) const;
  Node survival(Node y) const;  ///< to full relative precision far above μ, as cdf far below
  Node log_cdf(Node y) const;       ///< to full relative precision in both tails
  Node log_survival(Node y) const;  ///< likewise
  Node quantile(Node p) const;
  Node crps(Node y) const;
  Node deviance(Node y) const;               ///< z²
  FisherInformation fisher_information() const;
  Node sample(std::string_view key) const;  ///< μ + σ·ε: differentiable by μ and σ
  Node kl(const Gaussian& other) const;
  Support support() const { return Support::real; }
  std::string advice(double y) const { return advice_for(support(), y); }
  std::string certificate() const;  ///< with σ fixed "NLL = ½·squared error + 0.918939", its numbers those of σ

  Node z(Node y) const;               ///< (y − μ)/σ
  Node unstandardised(Node z) const;  ///< μ + σ·z
  Node log_sigma() const;             ///< log σ, in the answers' shape
};

}  // namespace loglik
