#include "ops/distributions/inverse_gaussian.h"

#include <cmath>
#include <limits>
#include <numbers>

#include "framework/graph.h"
#include "framework/primitives.h"
#include "ops/arithmetic.h"
#include "ops/bickley.h"
#include "ops/deviances.h"
#include "ops/error_function.h"
#include "ops/expint.h"
#include "ops/exponential.h"
#include "ops/inverse_gaussian_tail.h"
#include "ops/random.h"
#include "ops/shape.h"

namespace loglik {
namespace {

const double half_log_2pi = 0.5 * std::log(2 * std::numbers::pi);

Shape common_shape(const InverseGaussian& d) { return broadcast_shapes(d.log_mean.shape(), d.log_concentration.shape()); }
Node wide(Node x) { return cast(x, DType::float64); }

// log(λ/μ), of which alone Y/μ depends, in float64.
Node log_ratio(const InverseGaussian& d) { return wide(d.log_concentration) - wide(d.log_mean); }

Node log_tail(const InverseGaussian& d, Node y, Node (*function)(Operand, Operand), double below) {
  const Node inside = greater(y, 0.0);
  return where(inside, function(log(wide(where(inside, y, 1.0))) - wide(d.log_mean), log_ratio(d)), below);
}

Node narrow(const InverseGaussian& d, Node x) { return cast(x, d.log_mean.dtype()); }

Node wide_quantile(const InverseGaussian& d, Node p) {
  return exp(wide(d.log_mean) + log_inverse_gaussian_quantile(wide(p), log_ratio(d)));
}

constexpr double infinite = std::numeric_limits<double>::infinity();

}  // namespace

Node InverseGaussian::log_prob(Node y) const {
  return 0.5 * log_concentration - (inverse_gaussian_deviance(y, log_mean, log_concentration) + 1.5 * log(y) + half_log_2pi);
}

Node InverseGaussian::mean() const { return broadcast_to(exp(log_mean), common_shape(*this)); }

// μ·(√(1 + q²) − q) with q = 3μ/(2λ), which is μ/(√(1 + q²) + q).
Node InverseGaussian::mode() const {
  const Node q = 1.5 * exp(-log_ratio(*this));
  return narrow(*this, exp(wide(log_mean)) / (sqrt(1.0 + square(q)) + q));
}

Node InverseGaussian::median() const { return quantile(log_mean.graph().constant(0.5, log_mean.dtype())); }
Node InverseGaussian::variance() const { return exp(3.0 * log_mean - log_concentration); }

// ½·(log 2π + 1 − log λ) + (3/2)·E[log Y], E[log Y] = log μ − e^2φ·E₁(2φ) with φ = λ/μ, where φ is too small for a float log 2λ + γ.
Node InverseGaussian::entropy() const {
  constexpr double least = -600;
  const Node s = log_ratio(*this), of_lambda = wide(log_concentration) + (std::numbers::ln2 + std::numbers::egamma);
  const Node log_y = where(less(s, least), of_lambda, wide(log_mean) - scaled_expint(2.0 * exp(maximum(s, least))));
  return narrow(*this, half_log_2pi + 0.5 - 0.5 * wide(log_concentration) + 1.5 * log_y);
}

Node InverseGaussian::cdf(Node y) const { return narrow(*this, exp(log_tail(*this, y, log_inverse_gaussian_cdf, -infinite))); }
Node InverseGaussian::survival(Node y) const { return narrow(*this, exp(log_tail(*this, y, log_inverse_gaussian_survival, 0))); }
Node InverseGaussian::log_cdf(Node y) const { return narrow(*this, log_tail(*this, y, log_inverse_gaussian_cdf, -infinite)); }
Node InverseGaussian::log_survival(Node y) const { return narrow(*this, log_tail(*this, y, log_inverse_gaussian_survival, 0)); }
Node InverseGaussian::quantile(Node p) const { return narrow(*this, wide_quantile(*this, p)); }

// With w = log(y/μ), φ = λ/μ: a = √φ·(e^w − 1)·e^(−w/2), b = √φ·(e^w + 1)·e^(−w/2). The partial mean E[X; X ≤ y] is μ·(Φ(a) − e^2φ·Φ(−b))
// where F is Φ(a) + e^2φ·Φ(−b), and ½·E|X − X′| is (2μ/π)·e^2φ·∫ K₀ from 2φ on: by the sum and the share of X and X′, of which the sum can be
// integrated over. w and log φ are held to where a² stays finite; below y = 0 it is μ − y less the latter.
Node InverseGaussian::crps(Node y) const {
  constexpr double most = 300;
  const Node at = wide(y), mu = exp(clamp(wide(log_mean), -2 * most, 2 * most));
  const Node w = clamp(log(maximum(at, std::numeric_limits<double>::min())) - wide(log_mean), -most, most);
  const Node s = clamp(log_ratio(*this), -most, most), root = exp(0.5 * (s - w)), e = expm1(w);
  const Node a = std::numbers::sqrt2 * 0.5 * root * e, b = std::numbers::sqrt2 * 0.5 * root * (e + 2.0);
  const Node beyond = exp(-square(a)) * erfcx(b), difference = (2 / std::numbers::pi) * scaled_bickley(2.0 * exp(s));
  return narrow(*this, (at - mu) * erf(a) + (at + mu) * beyond - mu * difference);
}

Node InverseGaussian::deviance(Node y) const { return 2.0 * inverse_gaussian_deviance(y, log_mean, log_concentration); }

Node InverseGaussian::sample(std::string_view key) const {
  const Node u = random_uniform(log_mean.graph(), common_shape(*this), {.dtype = DType::float64}).named(key);
  return narrow(*this, wide_quantile(*this, maximum(u, 0x1p-54)));
}

// ½·(r − 1 − log r) + ½·λ′·(μ − μ′)²/(μ′²·μ), r = λ′/λ
Node InverseGaussian::kl(const InverseGaussian& other) const {
  return 0.5 * gamma_deviance(1.0, log_concentration - other.log_concentration, 0.0) +
         inverse_gaussian_deviance(1.0, other.log_mean - log_mean, other.log_concentration - log_mean);
}

FisherInformation InverseGaussian::fisher_information() const {
  const Shape shape = common_shape(*this);
  const Node half = broadcast_to(log_mean.graph().constant(0.5, log_mean.dtype()), shape);
  return {{log_mean, log_concentration}, {exp(log_concentration - log_mean), Node(), Node(), half}};
}

}  // namespace loglik
