#pragma once
#include <string>
#include <string_view>

#include "framework/distribution.h"
#include "framework/node.h"
#include "framework/support.h"

namespace loglik {

/// Von Mises on the circle, angles in radians, from natural parameters (a, b) = κ·(cos μ, sin μ), any two numbers:
///
///     −log p(y) = log 2π·I₀(κ) − a·cos y − b·sin y  nats;    ∂/∂a = A(κ)·a/κ − cos y,  ∂/∂b = A(κ)·b/κ − sin y,  A = I₁/I₀
///
/// The concentration κ = √(a² + b²) and the direction μ need no link, do not wrap around, and are smooth at κ = 0, the uniform
/// distribution, where A/κ = ½. For large κ it is a Gaussian of variance 1/κ on the circle.
///
/// Targets of a head are angles in [−π, π], so that degrees are noticed (π as float32 has it, 9e-8 too large); log_prob itself takes any
/// finite angle and has the period 2π. As a number Y is the angle in [−π, π]: cdf and quantile count from −π. There is no mean, variance
/// or CRPS as a number, nor do answers.h and forecast_scores.h work them out; the circle's own are mean_direction and circular_variance.
///
/// Shapes: a, b and y broadcast; answers have the shape of a and b together. Gradients are finite for all finite a and b; second
/// derivatives are right but at exactly a = b = 0. Source: Mardia & Jupp 2000, Directional Statistics, section 3.5.4.
struct VonMises {
  static constexpr std::string_view name = "von_mises";

  Node a;  ///< κ·cos μ
  Node b;  ///< κ·sin μ

  Node log_prob(Node y) const;
  Node mode() const { return mean_direction(); }
  Node entropy() const;
  Node cdf(Node y) const;                   ///< to 1e-12; see ops/von_mises_integral.h. Differentiable by y, a and b
  Node survival(Node y) const;              ///< likewise: the cdf at −y of the mirrored distribution
  Node quantile(Node p) const;              ///< its inverse, to where the cdf is off by 1e-12; likewise
  Node sample(std::string_view key) const;  ///< the quantile of a uniform number: differentiable by a and b
  Node kl(const VonMises& other) const;
  FisherInformation fisher_information() const;  ///< of a and b: A′(κ) along (a, b), A(κ)/κ across
  static Support angles();                       ///< [−π, π]
  Support support() const { return angles(); }
  std::string advice(double y) const;
  std::string certificate() const;

  Node concentration() const;      ///< κ
  Node mean_direction() const;     ///< μ in [−π, π]: the direction of (E cos Y, E sin Y), its mode; 0 for κ = 0
  Node circular_variance() const;  ///< 1 − A(κ) in [0, 1]: what the length of (E cos Y, E sin Y) lacks of 1; to full relative precision
};

/// Is that support the circle's, [−π, π] cut open at π? A mean, variance or distance of such numbers would depend on where it is cut.
bool is_of_angles(const Support& support);

}  // namespace loglik
