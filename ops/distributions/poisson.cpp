#include "ops/distributions/poisson.h"

#include <cmath>
#include <limits>
#include <numbers>

#include "framework/graph.h"
#include "framework/primitives.h"
#include "ops/arithmetic.h"
#include "ops/bessel.h"
#include "ops/deviances.h"
#include "ops/exponential.h"
#include "ops/gamma_functions.h"
#include "ops/incomplete_gamma.h"
#include "ops/logical.h"
#include "ops/poisson_quantile.h"
#include "ops/random.h"

namespace loglik {
namespace {

// log y! − y·log y + y
Node normalizer(Node y) {
  const Node some = greater(y, 0.0), count = where(some, y, 1.0);
  return where(some, 0.5 * (log(count) + std::log(2 * std::numbers::pi)) + stirling_remainder(count), 0.0);
}

Node wide(Node x) { return cast(x, DType::float64); }

// λ in float64. Beyond e^±709 neither λ nor its derivative would stay finite and above 0.
constexpr double largest_log_rate = 709;
Node rate(const Poisson& d) { return exp(maximum(minimum(wide(d.log_rate), largest_log_rate), -largest_log_rate)); }

// `function` of ⌊y⌋ + 1 and λ; `below` for y < 0.
Node tail(const Poisson& d, Node y, Node (*function)(Operand, Operand), double below) {
  const Node inside = greater_equal(y, 0.0);
  return where(inside, cast(function(floor(wide(where(inside, y, 0.0))) + 1.0, rate(d)), d.log_rate.dtype()), below);
}

}  // namespace

Node Poisson::log_prob(Node y) const { return -(poisson_deviance(y, log_rate) + normalizer(y)); }
Node Poisson::mean() const { return exp(log_rate); }
Node Poisson::mode() const { return floor(exp(log_rate)); }
Node Poisson::median() const { return quantile(log_rate.graph().constant(0.5, log_rate.dtype())); }
Node Poisson::variance() const { return exp(log_rate); }
Node Poisson::cdf(Node y) const { return tail(*this, y, gamma_q, 0); }
Node Poisson::survival(Node y) const { return tail(*this, y, gamma_p, 1); }
Node Poisson::log_cdf(Node y) const { return tail(*this, y, log_gamma_q, -std::numeric_limits<double>::infinity()); }

// Of a rate that would vanish itself: λ^(n+1)/(n+1)!, n = ⌊y⌋.
Node Poisson::log_survival(Node y) const {
  const Node x = wide(log_rate), tiny = less(x, -largest_log_rate), n = floor(wide(maximum(y, 0.0))) + 1.0;
  const Node rare = cast(n * where(tiny, x, 0.0) - lgamma(n + 1.0), log_rate.dtype());
  return where(logical_and(tiny, greater_equal(y, 0.0)), rare, tail(*this, y, log_gamma_p, 0));
}

Node Poisson::quantile(Node p) const { return poisson_quantile(p, log_rate); }

// (y − λ)·(2F(y) − 1) + 2λ·p(y) − λ·e^−2λ·(I₀(2λ) + I₁(2λ)), of a whole y ≥ 0: p(y) is the density of shape y + 1 at λ.
Node Poisson::crps(Node y) const {
  const Node lambda = rate(*this), at = wide(y), twice = 2.0 * lambda;
  const Node f = gamma_density(at + 1.0, lambda);
  const Node value = (at - lambda) * (2.0 * gamma_q(at + 1.0, lambda) - 1.0) + lambda * (2.0 * f - (i0e(twice) + i1e(twice)));
  return cast(value, log_rate.dtype());
}

Node Poisson::deviance(Node y) const { return 2.0 * poisson_deviance(y, log_rate); }

Node Poisson::sample(std::string_view key) const {
  const Node u = random_uniform(log_rate.graph(), log_rate.shape(), {.dtype = DType::float64}).named(key);
  return cast(poisson_quantile(u, wide(log_rate)), log_rate.dtype());
}

// λ′ − λ − λ·log(λ′/λ)
Node Poisson::kl(const Poisson& other) const { return gamma_deviance(1.0, log_rate - other.log_rate, log_rate); }

FisherInformation Poisson::fisher_information() const { return {{log_rate}, {exp(log_rate)}}; }

}  // namespace loglik
