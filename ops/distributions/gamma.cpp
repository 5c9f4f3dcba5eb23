#include "ops/distributions/gamma.h"

#include <cmath>
#include <limits>
#include <numbers>

#include "framework/graph.h"
#include "framework/primitives.h"
#include "ops/arithmetic.h"
#include "ops/deviances.h"
#include "ops/exponential.h"
#include "ops/gamma_functions.h"
#include "ops/incomplete_gamma.h"
#include "ops/random.h"
#include "ops/shape.h"

namespace loglik {
namespace {

const double half_log_2pi = 0.5 * std::log(2 * std::numbers::pi);

Shape common_shape(const Gamma& d) { return broadcast_shapes(d.log_mean.shape(), d.log_shape.shape()); }

// k where it is neither so small nor so large that functions of it have infinite derivatives: δ(k) is −½·log 2πk below, 0 above, to 13
// digits.
constexpr double small_log_shape = -30, large_log_shape = 60;
Node moderate_shape(Node log_shape) { return exp(maximum(minimum(log_shape, large_log_shape), small_log_shape)); }

// −½·log k + ½·log 2π + δ(k), which is log Γ(k) − k·log k + k.
Node normalizer(Node log_shape) {
  const Node usual = half_log_2pi - 0.5 * log_shape + stirling_remainder(moderate_shape(log_shape));
  return where(less(log_shape, small_log_shape), -log_shape, usual);
}

// The parameters in float64, and in them k and k·y/μ for y > 0, 0 elsewhere.
struct Wide {
  explicit Wide(const Gamma& d) : dtype(d.log_mean.dtype()), m(cast(d.log_mean, DType::float64)), c(cast(d.log_shape, DType::float64)) {}
  Node shape() const { return exp(c); }
  Node standard(Node y) const { return mul_exp(maximum(cast(y, DType::float64), 0.0), c - m); }
  Node quantile(Node p) const { return mul_exp(gamma_p_inverse(shape(), cast(p, DType::float64)), m - c); }
  Node narrow(Node x) const { return cast(x, dtype); }

  DType dtype;
  Node m, c;
};

// Below y = 0 all of log P's slope there, which is infinite, is cut off.
Node tail(const Gamma& d, Node y, Node (*function)(Operand, Operand), double below) {
  const Wide wide(d);
  const Node inside = greater(y, 0.0);
  return where(inside, wide.narrow(function(wide.shape(), wide.standard(where(inside, y, 1.0)))), below);
}

}  // namespace

Node Gamma::log_prob(Node y) const { return -(gamma_deviance(y, log_mean, log_shape) + log(y) + normalizer(log_shape)); }

Node Gamma::mean() const { return broadcast_to(exp(log_mean), common_shape(*this)); }

Node Gamma::mode() const {  // μ·(1 − 1/k)
  const Node inverse = exp(-log_shape), peaked = less(inverse, 1.0);
  return where(peaked, mul_exp(1.0 - where(peaked, inverse, 0.0), log_mean), 0.0);
}

Node Gamma::median() const { return quantile(log_mean.graph().constant(0.5, log_mean.dtype())); }
Node Gamma::variance() const { return exp(2.0 * log_mean - log_shape); }

// m + ½·log 2π − ½·c + ½ + δ(k) − 1/(2k) + (1 − k)·δ′(k): k − c + m + log Γ(k) + (1 − k)·ψ(k) without what cancels for large k.
Node Gamma::entropy() const {
  const Wide wide(*this);
  const Node k = wide.shape(), remainders = stirling_remainder(k) + (1.0 - k) * stirling_remainder_derivative(1, k);
  return wide.narrow(wide.m - 0.5 * wide.c + (half_log_2pi + 0.5) - 0.5 / k + remainders);
}

Node Gamma::cdf(Node y) const { return tail(*this, y, gamma_p, 0); }
Node Gamma::survival(Node y) const { return tail(*this, y, gamma_q, 1); }
Node Gamma::log_cdf(Node y) const { return tail(*this, y, log_gamma_p, -std::numeric_limits<double>::infinity()); }
Node Gamma::log_survival(Node y) const { return tail(*this, y, log_gamma_q, 0); }

Node Gamma::quantile(Node p) const {
  const Wide wide(*this);
  return wide.narrow(wide.quantile(p));
}

// y·(2F(y) − 1) − μ·(2P(k + 1, ky/μ) − 1) − μ/(k·B(½, k)). The derivatives by y of both P's, weighted, cancel, and are small where y is. To
// have P(k + 1, x) as P(k, x) less a density would save an incomplete gamma function, and be of no precision in the gradient near 0 for k
// < 1.
Node Gamma::crps(Node y) const {
  const Wide wide(*this);
  const Node k = wide.shape(), x = wide.standard(y), at = cast(y, DType::float64), mu = exp(wide.m);
  const Node half = lbeta(0.5, k) + wide.c;
  return wide.narrow(at * (2.0 * gamma_p(k, x) - 1.0) + mu * (1.0 - 2.0 * gamma_p(k + 1.0, x) - exp(-half)));
}

Node Gamma::deviance(Node y) const { return 2.0 * gamma_deviance(y, log_mean, log_shape); }

Node Gamma::sample(std::string_view key) const {
  const Node u = random_uniform(log_mean.graph(), common_shape(*this), {.dtype = DType::float64}).named(key);
  const double smallest =
      log_mean.dtype() == DType::float32 ? double{std::numeric_limits<float>::min()} : std::numeric_limits<double>::min();
  const Wide wide(*this);
  return wide.narrow(maximum(wide.quantile(maximum(u, 0x1p-54)), smallest));
}

// With h = log k − ψ(k) = E[−log(Y/μ)] = 1/(2k) − δ′(k) and k′, μ′ of the other: log(k/k′)/2 + δ(k′) − δ(k) + (k′ − k)·h + k′·(ρ − 1 − log
// ρ), ρ = μ/μ′.
Node Gamma::kl(const Gamma& other) const {
  const Wide p(*this), q(other);
  const Node k = p.shape(), k_other = q.shape(), spread = 0.5 / k - stirling_remainder_derivative(1, k);
  const Node shapes = 0.5 * (p.c - q.c) + (stirling_remainder(k_other) - stirling_remainder(k)) + (k_other - k) * spread;
  return p.narrow(shapes + gamma_deviance(1.0, q.m - p.m, q.c));
}

// k for log μ; k²·ψ′(k) − k = ½ + k²·δ″(k) for log k.
FisherInformation Gamma::fisher_information() const {
  const Shape shape = common_shape(*this);
  const Node k = Wide(*this).shape();
  const Node of_shape = Wide(*this).narrow(0.5 + square(k) * stirling_remainder_derivative(2, k));
  return {{log_mean, log_shape}, {broadcast_to(exp(log_shape), shape), Node(), Node(), broadcast_to(of_shape, shape)}};
}

}  // namespace loglik
