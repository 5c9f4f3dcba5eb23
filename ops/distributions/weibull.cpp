#include "ops/distributions/weibull.h"

#include <cmath>
#include <limits>
#include <numbers>

#include "framework/graph.h"
#include "framework/primitives.h"
#include "ops/arithmetic.h"
#include "ops/exponential.h"
#include "ops/gamma_functions.h"
#include "ops/incomplete_gamma.h"
#include "ops/random.h"
#include "ops/shape.h"

namespace loglik {
namespace {

Shape common_shape(const Weibull& d) { return broadcast_shapes(d.log_scale.shape(), d.log_shape.shape()); }

// k·(log y − log λ) for y > 0.
Node log_hazard(const Weibull& d, Node log_y) { return mul_exp(log_y - d.log_scale, d.log_shape); }

// The cumulated hazard e^q, for probabilities: above e^80 the survival is 0 in any dtype, and its gradient is not to be 0·∞. 0 for y ≤ 0.
Node hazard(const Weibull& d, Node y) {
  const Node q = log_hazard(d, log(where(greater(y, 0.0), y, 1.0)));
  return where(greater(y, 0.0), exp(minimum(q, 80.0)), 0.0);
}

// λ·x^(1/k), from log x.
Node scaled(const Weibull& d, Node log_x) { return exp(d.log_scale + mul_exp(log_x, -d.log_shape)); }

}  // namespace

// An overflowing q would give ∞ − ∞.
Node Weibull::log_prob(Node y) const {
  const Node log_y = log(y), q = log_hazard(*this, log_y);
  return log_shape - log_y + (minimum(q, 1e38) - exp(q));
}

Node Weibull::mean() const { return exp(log_scale + lgamma(1.0 + exp(-log_shape))); }

Node Weibull::mode() const {  // λ·(1 − 1/k)^(1/k)
  const Node inverse = exp(-log_shape), wide = less(inverse, 1.0);
  return where(wide, scaled(*this, log1p(-where(wide, inverse, 0.0))), 0.0);
}

Node Weibull::median() const { return scaled(*this, log_scale.graph().constant(std::log(std::numbers::ln2), log_scale.dtype())); }

// Γ(1 + 2/k) − Γ(1 + 1/k)², as the mean's square times expm1(log Γ(1 + 2/k) − 2·log Γ(1 + 1/k)).
Node Weibull::variance() const {
  const Node inverse = exp(-log_shape), log_mean = lgamma(1.0 + inverse);
  return exp(2.0 * (log_scale + log_mean)) * expm1(lgamma(1.0 + 2.0 * inverse) - 2.0 * log_mean);
}

Node Weibull::entropy() const { return std::numbers::egamma * (1.0 - exp(-log_shape)) + log_scale - log_shape + 1.0; }
Node Weibull::cdf(Node y) const { return -expm1(-hazard(*this, y)); }
Node Weibull::survival(Node y) const { return exp(-hazard(*this, y)); }

// log(1 − e^−h) with h = e^q: q − h/2 where h is so small that it may vanish itself.
Node Weibull::log_cdf(Node y) const {
  const Node inside = greater(y, 0.0), q = log_hazard(*this, log(where(inside, y, 1.0)));
  const Node value = where(less(q, -40.0), q, log1mexp(exp(maximum(minimum(q, 80.0), -40.0))));
  return where(inside, value, -std::numeric_limits<double>::infinity());
}

Node Weibull::log_survival(Node y) const {
  const Node inside = greater(y, 0.0);
  return where(inside, -exp(log_hazard(*this, log(where(inside, y, 1.0)))), 0.0);
}

Node Weibull::quantile(Node p) const { return scaled(*this, log(-log1p(-p))); }

// y·(2F(y) − 1) + E[Y]·2^(−1/k) − 2·E[Y]·P(1 + 1/k, e^q): the last is twice the mean below y, and E|Y − Y′| is 2·E[Y]·(1 − 2^(−1/k)). The
// mean may overflow, what is below y does not; what is infinite has no slope, rather than ∞ − ∞. In float64.
Node Weibull::crps(Node y) const {
  const Weibull d{.log_scale = cast(log_scale, DType::float64), .log_shape = cast(log_shape, DType::float64)};
  const Node at = cast(y, DType::float64), inverse = exp(-d.log_shape), h = hazard(d, at), log_mean = d.log_scale + lgamma(1.0 + inverse);
  const Node below = where(greater(h, 0.0), exp(log_mean + log_gamma_p(1.0 + inverse, where(greater(h, 0.0), h, 1.0))), 0.0);
  const Node exponent = log_mean - std::numbers::ln2 * inverse, too_large = greater(exponent, 709.0);
  const Node spread = where(too_large, std::numeric_limits<double>::infinity(), exp(minimum(exponent, 709.0)));
  return cast(at * (1.0 - 2.0 * exp(-h)) + spread - 2.0 * below, log_scale.dtype());
}

// As in log_prob.
Node Weibull::deviance(Node y) const {
  const Node q = log_hazard(*this, log(y));
  return 2.0 * (expm1(q) - minimum(q, 1e38));
}

Node Weibull::sample(std::string_view key) const {  // of a float64 number in (0, 1): the tails of a float32 would end early
  const Node u = random_uniform(log_scale.graph(), common_shape(*this), {.dtype = DType::float64}).named(key);
  return scaled(*this, cast(log(-log(maximum(u, 0x1p-54))), log_scale.dtype()));
}

FisherInformation Weibull::fisher_information() const {
  using std::numbers::egamma, std::numbers::pi;
  const Shape shape = common_shape(*this);
  const Node k = broadcast_to(exp(log_shape), shape), cross = (egamma - 1) * k;
  const double of_shape = pi * pi / 6 + (1 - egamma) * (1 - egamma);
  return {{log_scale, log_shape}, {square(k), cross, cross, broadcast_to(log_scale.graph().constant(of_shape, log_scale.dtype()), shape)}};
}

std::string Weibull::certificate() const { return "NLL = e^q − q − log k + log y, q = k·(log y − log λ)"; }

}  // namespace loglik
