#pragma once
#include <string>
#include <string_view>

#include "framework/node.h"
#include "framework/support.h"

namespace loglik {

/// Dirichlet on the open simplex: shares y₁ … y_K in (0, 1) that add up to 1, from concentrations α = e^log_concentration, α₀ = Σ αₖ,
/// m = α/α₀:
///
///     −log p(y) = Σ log Γ(αₖ) − log Γ(α₀) − Σ (αₖ − 1)·log yₖ  nats;    ∂/∂log αₖ = αₖ·(ψ(αₖ) − ψ(α₀) − log yₖ)
///
/// computed as −δ(α₀) + Σ δ(αₖ) + ½·log α₀ − ½·Σ log αₖ + ½·(K − 1)·log 2π + Σ log yₖ + Σ αₖ·D(yₖ/mₖ), with Stirling's remainder δ and
/// D(u) = u − 1 − log u, so that nothing large is subtracted: precise for any α. It takes y as if divided by its sum.
///
/// Shapes: log_concentration {…, K} with a constant K ≥ 2, y {…, K}; leading axes broadcast. log_prob and entropy are {…}; mean, mode and
/// variance {…, K}. Log concentrations count as −40 below −40 and as 80 above: beyond, float32 cannot hold 1/α² and α₀. Methods throw
/// ShapeError for a scalar or a last axis that has no constant size of at least 2. Source: Kotz, Balakrishnan & Johnson 2000, Continuous
/// Multivariate Distributions, vol. 1, ch. 49.
struct Dirichlet {
  static constexpr std::string_view name = "dirichlet";
  static constexpr std::size_t event_rank = 1;

  Node log_concentration;  ///< log α

  Node log_prob(Node y) const;
  Node mean() const;  ///< m
  /// (αₖ − 1)/(α₀ − K) where all αₖ > 1. Else the density has no maximum inside the simplex: those with αₖ ≤ 1 are 0, of the others the
  /// shares; the mean if there is no other.
  Node mode() const;
  Node variance() const;  ///< of each element
  Node entropy() const;
  /// Gamma draws, divided by their sum in the log domain: differentiable by the concentrations. Held within the dtype's (0, 1).
  Node sample(std::string_view key) const;
  Node kl(const Dirichlet& other) const;
  Support support() const { return Support::simplex; }
  TensorType target() const;  ///< float {…, K}
  std::string certificate() const { return "NLL = Σ log Γ(αₖ) − log Γ(α₀) − Σ (αₖ − 1)·log yₖ"; }

  std::int64_t elements() const;  ///< K
};

}  // namespace loglik
