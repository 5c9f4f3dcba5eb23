#include "ops/distributions/asymmetric_laplace.h"

#include <fmt/format.h>

#include <cmath>

#include "framework/error.h"
#include "framework/graph.h"
#include "framework/primitives.h"
#include "ops/arithmetic.h"
#include "ops/distributions/location_scale.h"
#include "ops/exponential.h"

namespace loglik {
namespace {

double checked_level(const AsymmetricLaplace& d) {
  if (!(d.level > 0 && d.level < 1)) throw ArgumentError(fmt::format("AsymmetricLaplace: level is {}, must lie in (0, 1)", d.level));
  return d.level;
}

// The pinball loss of level t.
Node pinball(Node z, double t) { return maximum(t * z, (t - 1) * z); }

// How far down the tail on z's side is, in nats. At z = 0 its slope is that of the upper side: the distribution function has no kink there.
Node decay(Node z, double t, double one_minus_t) { return where(less(z, 0.0), one_minus_t * -z, t * z); }

// Y and −Y with the level 1 − t are the same: P(Z > z) at level t is P(Z < −z) at level 1 − t.
Node below(Node z, double t, double one_minus_t) {
  const Node e = exp(-decay(z, t, one_minus_t));
  return where(less(z, 0.0), t * e, 1.0 - one_minus_t * e);
}
Node log_below(Node z, double t, double one_minus_t) {
  const Node rho = decay(z, t, one_minus_t);
  return where(less(z, 0.0), std::log(t) - rho, log1p(-one_minus_t * exp(-rho)));
}

Node standard_quantile(Node p, double t) { return where(less(p, t), (log(p) - std::log(t)) / (1 - t), (std::log1p(-t) - log1p(-p)) / t); }

}  // namespace

Node AsymmetricLaplace::log_prob(Node y) const {
  const double t = checked_level(*this);
  const LocationScale parts(*this);
  return parts.density((std::log(t) + std::log1p(-t)) - pinball(parts.z(y), t));
}

Node AsymmetricLaplace::mean() const {
  const double t = checked_level(*this);
  return LocationScale(*this).value(loc.graph().constant((1 - 2 * t) / (t * (1 - t)), loc.dtype()));
}

Node AsymmetricLaplace::mode() const { return LocationScale(*this).location(); }

Node AsymmetricLaplace::median() const {
  const double t = checked_level(*this);
  const double z = 0.5 < t ? std::log(0.5 / t) / (1 - t) : -std::log(0.5 / (1 - t)) / t;
  return LocationScale(*this).value(loc.graph().constant(z, loc.dtype()));
}

Node AsymmetricLaplace::variance() const {
  const double t = checked_level(*this), spread = t * (1 - t);
  return (1 - 2 * spread) / (spread * spread) * exp(2.0 * LocationScale(*this).log_scale());
}

Node AsymmetricLaplace::entropy() const {
  const double t = checked_level(*this);
  return LocationScale(*this).log_scale() + (1 - std::log(t) - std::log1p(-t));
}

Node AsymmetricLaplace::cdf(Node y) const { return below(LocationScale(*this).z(y), checked_level(*this), 1 - level); }
Node AsymmetricLaplace::survival(Node y) const { return below(-LocationScale(*this).z(y), 1 - checked_level(*this), level); }
Node AsymmetricLaplace::log_cdf(Node y) const { return log_below(LocationScale(*this).z(y), checked_level(*this), 1 - level); }
Node AsymmetricLaplace::log_survival(Node y) const { return log_below(-LocationScale(*this).z(y), 1 - checked_level(*this), level); }
Node AsymmetricLaplace::quantile(Node p) const { return LocationScale(*this).value(standard_quantile(p, checked_level(*this))); }

// With s₁ = 1/(1 − τ) below q, s₂ = 1/τ above, s that of z's side: |z| + 2s²·(e^(−|z|/s) − 1)/(s₁ + s₂) + (s₁³ + s₂³)/(2(s₁ + s₂)²), times
// b.
Node AsymmetricLaplace::crps(Node y) const {
  const double t = checked_level(*this), s1 = 1 / (1 - t), s2 = 1 / t, sum = s1 + s2;
  const LocationScale parts(*this);
  const Node z = parts.z(y);
  const Node side = where(less(z, 0.0), 2 * s1 * s1 / sum, loc.graph().constant(2 * s2 * s2 / sum, z.dtype()));
  return parts.times_scale(abs(z) + side * expm1(-pinball(z, t)) + (s1 * s1 * s1 + s2 * s2 * s2) / (2 * sum * sum));
}

Node AsymmetricLaplace::sample(std::string_view key) const {
  const LocationScale parts(*this);
  return parts.draw(standard_quantile(parts.uniform(key), checked_level(*this)));
}

Node AsymmetricLaplace::deviance(Node y) const { return 2.0 * pinball(LocationScale(*this).z(y), checked_level(*this)); }
FisherInformation AsymmetricLaplace::fisher_information() const {
  const double t = checked_level(*this);
  return LocationScale(*this).fisher_information(t * (1 - t), 0, 1);
}

std::string AsymmetricLaplace::certificate() const {
  LocationScale(*this).shape();  // throws where the scale is out of range
  const double offset = -std::log(checked_level(*this)) - std::log1p(-level);
  if (log_scale) return fmt::format("NLL = pinball loss of level {:g} / b + log b + {:.6f}", level, offset);
  const double total = offset + std::log(scale);
  return fmt::format("NLL = {}pinball loss of level {:g} {} {:.6f}", scale == 1 ? "" : fmt::format("{:.6g}·", 1 / scale), level,
                     total < 0 ? "−" : "+", std::abs(total));
}

}  // namespace loglik
