#pragma once
#include <string>
#include <string_view>

#include "framework/distribution.h"
#include "framework/node.h"
#include "framework/support.h"

namespace loglik {

/// Ordinal: one of K ordered classes, y in {0, …, K − 1}, where η plus logistic noise falls between K − 1 increasing cut points θ. With S
/// the logistic sigmoid, u = θ_y − η and v = θ_{y−1} − η, θ₋₁ = −∞ and θ_{K−1} = ∞:
///
///     −log p(y) = −log(S(u) − S(v)) = softplus(−u) + softplus(v) − log(1 − e^−(u−v))  nats;    ∂/∂η = S(−u) − S(v), within (−1, 1)
///
/// the cumulative logit or proportional odds model: log odds of Y ≤ y are θ_y − η. Cut points are
///
///     Ordinal::with_learned_cut_points(eta, 5)               trained, the same for all samples
///     Ordinal{.eta = eta, .cut_points = ordered(raw)}        predicted for each sample; see links.h
///
/// Shapes: eta {…}, cut_points {…, K − 1} with a constant K ≥ 2, whose leading axes broadcast with eta's; y {…}, int32 or uint8, broadcasts
/// with both. Two cut points that are equal give the class between them probability 0, and log p = −∞.
///
/// Methods throw ShapeError for cut points that are a scalar or whose last axis has no constant size of at least 1. A label outside is a
/// SupportError of a head, before training, and an IndexError of log_prob. Source: McCullagh 1980, doi:10.1111/j.2517-6161.1980.tb01109.x.
struct Ordinal {
  static constexpr std::string_view name = "ordinal";

  Node eta;         ///< η: the larger, the higher the classes
  Node cut_points;  ///< θ, increasing along the last axis

  /// θ = ordered(raw) for a trainable raw {K − 1}, the parameter "ordinal_1/cut_points", which makes all classes equally likely at first
  /// where η = 0. Throws ArgumentError for less than two classes.
  static Ordinal with_learned_cut_points(Node eta, std::int64_t classes);

  Node log_prob(Node y) const;
  Node mode() const;           ///< int32 {…}: the most probable class, the first of those that tie
  Node probabilities() const;  ///< {…, K}
  Node entropy() const;
  Node cdf(Node y) const;  ///< of any number, as are the next three: 0 below 0, 1 from K − 1 on
  Node survival(Node y) const;
  Node log_cdf(Node y) const;               ///< to full relative precision in both tails
  Node log_survival(Node y) const;          ///< likewise
  Node quantile(Node p) const;              ///< int32
  Node sample(std::string_view key) const;  ///< int32 {…}; not differentiable
  Node kl(const Ordinal& other) const;
  Node crps(Node y) const;                       ///< the ranked probability score Σₖ (P(Y ≤ k) − 1{y ≤ k})²
  FisherInformation fisher_information() const;  ///< of η: Σ pₖ·(S(−u) − S(v))²
  Support support() const;
  std::string advice(double y) const;
  TensorType target() const;  ///< int32 {…}
  std::string certificate() const { return "NLL = cross-entropy of cumulative logits"; }

  std::int64_t classes() const;    ///< K
  Node log_probabilities() const;  ///< {…, K}
};

}  // namespace loglik
