#include "ops/distributions/gaussian.h"

#include <fmt/format.h>

#include <cmath>
#include <numbers>

#include "framework/graph.h"
#include "framework/primitives.h"
#include "ops/arithmetic.h"
#include "ops/distributions/location_scale.h"
#include "ops/error_function.h"
#include "ops/exponential.h"
#include "ops/random.h"

namespace loglik {
namespace {

const double half_log_2pi = 0.5 * std::log(2 * std::numbers::pi);

}  // namespace

Gaussian Gaussian::with_learned_scale(Node loc) { return {.loc = loc, .log_scale = LocationScale::learned_log_scale(loc, name)}; }

Node Gaussian::log_prob(Node y) const {
  const double constant = half_log_2pi + std::log(scale);
  const Node loss = 0.5 * square(z(y));
  return -(log_scale ? loss + log_scale + constant : loss + constant);
}

Node Gaussian::mean() const { return LocationScale(*this).location(); }
Node Gaussian::variance() const { return exp(2.0 * log_sigma()); }
Node Gaussian::entropy() const { return log_sigma() + (0.5 + half_log_2pi); }
Node Gaussian::cdf(Node y) const { return 0.5 * erfc(-std::numbers::sqrt2 / 2 * z(y)); }
Node Gaussian::survival(Node y) const { return 0.5 * erfc(std::numbers::sqrt2 / 2 * z(y)); }
Node Gaussian::log_cdf(Node y) const { return log_ndtr(z(y)); }
Node Gaussian::log_survival(Node y) const { return log_ndtr(-z(y)); }
Node Gaussian::quantile(Node p) const { return unstandardised(ndtri(p)); }

// σ·(z·(2Φ(z) − 1) + 2φ(z) − 1/√π)
Node Gaussian::crps(Node y) const {
  const Node at = z(y);
  const Node twice_density = 2 / std::sqrt(2 * std::numbers::pi) * exp(-0.5 * square(at));
  return LocationScale(*this).times_scale(at * erf(std::numbers::sqrt2 / 2 * at) + twice_density - std::numbers::inv_sqrtpi);
}

Node Gaussian::sample(std::string_view key) const {
  return unstandardised(random_normal(loc.graph(), LocationScale(*this).shape(), {.dtype = loc.dtype()}).named(key));
}

// log(σ_q/σ_p) + (σ_p² + (μ_p − μ_q)²)/(2σ_q²) − ½, with r = log(σ_p/σ_q): ½·(expm1(2r) − 2r + ((μ_p − μ_q)/σ_q)²).
Node Gaussian::kl(const Gaussian& other) const {
  const Node twice_r = 2.0 * (log_sigma() - other.log_sigma());
  return 0.5 * (expm1(twice_r) - twice_r + square(other.z(mean())));
}

Node Gaussian::deviance(Node y) const { return square(z(y)); }
FisherInformation Gaussian::fisher_information() const { return LocationScale(*this).fisher_information(1, 0, 2); }

std::string Gaussian::certificate() const {
  LocationScale(*this).shape();  // throws where the scale is out of range
  const double factor = 0.5 / (scale * scale);
  if (log_scale) return fmt::format("NLL = ½((y − μ)/σ)² + log σ + {:.6f}", half_log_2pi);
  const double offset = half_log_2pi + std::log(scale);
  const std::string number = fmt::format("{:.6g}", factor);
  const std::string error = number == "0.5" ? "½·squared error" : number == "1" ? "squared error" : number + "·squared error";
  return fmt::format("NLL = {} {} {:.6f}", error, offset < 0 ? "−" : "+", std::abs(offset));
}

Node Gaussian::z(Node y) const { return LocationScale(*this).z(y); }
Node Gaussian::unstandardised(Node z) const { return LocationScale(*this).value(z); }
Node Gaussian::log_sigma() const { return LocationScale(*this).log_scale(); }

}  // namespace loglik
