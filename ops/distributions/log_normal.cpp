#include "ops/distributions/log_normal.h"

#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <numbers>

#include "framework/graph.h"
#include "framework/primitives.h"
#include "ops/arithmetic.h"
#include "ops/distributions/gaussian.h"
#include "ops/distributions/location_scale.h"
#include "ops/error_function.h"
#include "ops/exponential.h"

namespace loglik {
namespace {

Gaussian of_log(const LogNormal& d) { return {.loc = d.loc, .log_scale = d.log_scale, .scale = d.scale}; }
Node sigma_squared(const LogNormal& d) { return exp(2.0 * LocationScale(d).log_scale()); }
Node normal_cdf(Node z) { return 0.5 * erfc(-std::numbers::sqrt2 / 2 * z); }

// log y of a y above 0, 0 elsewhere: what is chosen there has no NaN in its gradient.
Node safe_log(Node y) { return log(where(greater(y, 0.0), y, 1.0)); }

}  // namespace

Node LogNormal::log_prob(Node y) const {
  const Node log_y = log(y);
  return of_log(*this).log_prob(log_y) - log_y;
}

Node LogNormal::mean() const { return exp(LocationScale(*this).location() + 0.5 * sigma_squared(*this)); }
Node LogNormal::mode() const { return exp(LocationScale(*this).location() - sigma_squared(*this)); }
Node LogNormal::median() const { return exp(LocationScale(*this).location()); }

// (e^σ² − 1)·e^(2μ + σ²), with a first factor that can't overflow.
Node LogNormal::variance() const {
  const Node square = sigma_squared(*this);
  return mul_exp(-expm1(-square), 2.0 * (loc + square));
}

Node LogNormal::entropy() const { return of_log(*this).entropy() + loc; }
Node LogNormal::cdf(Node y) const { return where(greater(y, 0.0), of_log(*this).cdf(safe_log(y)), 0.0); }
Node LogNormal::survival(Node y) const { return where(greater(y, 0.0), of_log(*this).survival(safe_log(y)), 1.0); }
Node LogNormal::log_cdf(Node y) const {
  return where(greater(y, 0.0), of_log(*this).log_cdf(safe_log(y)), -std::numeric_limits<double>::infinity());
}
Node LogNormal::log_survival(Node y) const { return where(greater(y, 0.0), of_log(*this).log_survival(safe_log(y)), 0.0); }
Node LogNormal::quantile(Node p) const { return exp(of_log(*this).quantile(p)); }

// y·(2Φ(z) − 1) − 2·M·Φ(z − σ) + 2·M·Φ(−σ/√2), where M = e^(μ + ½σ²) may overflow: the mean below y, M·Φ(z − σ) = y·e^(−½z²)·½erfcx((σ −
// z)/√2), does not, and M·Φ(−σ/√2) = e^(μ + ¼σ²)·½erfcx(½σ) where it is infinite has no slope, rather than ∞ − ∞. In float64.
Node LogNormal::crps(Node y) const {
  const auto wide = [](Node x) { return x ? cast(x, DType::float64) : x; };
  const LogNormal d{.loc = wide(loc), .log_scale = wide(log_scale), .scale = scale};
  const Node at = wide(y), z = of_log(d).z(log(at)), sigma = exp(LocationScale(d).log_scale());
  const Node beyond = greater(z, sigma), log_mean = LocationScale(d).location() + 0.5 * square(sigma);
  const Node usual = 0.5 * at * exp(-0.5 * square(z)) * erfcx(std::numbers::sqrt2 / 2 * maximum(sigma - z, 0.0));
  const Node below = where(beyond, exp(where(beyond, log_mean, 0.0)) * normal_cdf(z - sigma), usual);
  const Node exponent = log_mean - 0.25 * square(sigma), too_large = greater(exponent, 709.0);
  const Node spread = where(too_large, std::numeric_limits<double>::infinity(), exp(minimum(exponent, 709.0)) * erfcx(0.5 * sigma));
  return cast(at * erf(std::numbers::sqrt2 / 2 * z) - 2.0 * below + spread, loc.dtype());
}

Node LogNormal::deviance(Node y) const { return square(of_log(*this).z(log(y))); }
FisherInformation LogNormal::fisher_information() const { return LocationScale(*this).fisher_information(1, 0, 2); }
Node LogNormal::sample(std::string_view key) const { return exp(of_log(*this).sample(key)); }
Node LogNormal::kl(const LogNormal& other) const { return of_log(*this).kl(of_log(other)); }

std::string LogNormal::certificate() const {
  LocationScale(*this).shape();  // throws where the scale is out of range
  const double half_log_2pi = 0.5 * std::log(2 * std::numbers::pi);
  if (log_scale) return fmt::format("NLL = ½((log y − μ)/σ)² + log σ + log y + {:.6f}", half_log_2pi);
  return fmt::format("NLL = {:.6g}·squared error of logs + log y {} {:.6f}", 0.5 / (scale * scale),
                     half_log_2pi + std::log(scale) < 0 ? "−" : "+", std::abs(half_log_2pi + std::log(scale)));
}

}  // namespace loglik
