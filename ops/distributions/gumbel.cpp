#include "ops/distributions/gumbel.h"

#include <cmath>
#include <numbers>

#include "framework/graph.h"
#include "framework/primitives.h"
#include "ops/arithmetic.h"
#include "ops/distributions/location_scale.h"
#include "ops/expint.h"
#include "ops/exponential.h"

namespace loglik {
namespace {
using std::numbers::egamma;
using std::numbers::pi;

Node standard_quantile(Node p) { return -log(-log(p)); }

// e^−z for probabilities: below z = −80 they are 0 in any dtype, and their gradient is not to be 0·∞.
Node rate(Node z) { return exp(-maximum(z, -80.0)); }

}  // namespace

Node Gumbel::log_prob(Node y) const {
  const LocationScale parts(*this);
  const Node z = parts.z(y);
  return parts.density(-(maximum(z, -1e38) + exp(-z)));  // −∞ + ∞, where z itself overflows, would be NaN
}

Node Gumbel::mean() const { return LocationScale(*this).value(loc.graph().constant(egamma, loc.dtype())); }
Node Gumbel::mode() const { return LocationScale(*this).location(); }
Node Gumbel::median() const { return LocationScale(*this).value(loc.graph().constant(-std::log(std::numbers::ln2), loc.dtype())); }
Node Gumbel::variance() const { return pi * pi / 6 * exp(2.0 * LocationScale(*this).log_scale()); }
Node Gumbel::entropy() const { return LocationScale(*this).log_scale() + (1 + egamma); }
Node Gumbel::cdf(Node y) const { return exp(-rate(LocationScale(*this).z(y))); }
Node Gumbel::survival(Node y) const { return -expm1(-rate(LocationScale(*this).z(y))); }
Node Gumbel::log_cdf(Node y) const { return -exp(-LocationScale(*this).z(y)); }

// log(1 − exp(−e^−z)): −z − ½·e^−z + … far out, where e^−z would vanish; at z = 40 the rest is below 2⁻⁵³.
Node Gumbel::log_survival(Node y) const {
  const Node z = LocationScale(*this).z(y);
  return where(less(z, 40.0), log1mexp(rate(minimum(z, 40.0))), -z);
}

Node Gumbel::quantile(Node p) const { return LocationScale(*this).value(standard_quantile(p)); }

// β·(γ − log 2 − z + 2·E₁(e^−z)). From z = 40 on E₁(e^−z) is z − γ.
Node Gumbel::crps(Node y) const {
  const LocationScale parts(*this);
  const Node z = parts.z(y);
  return parts.times_scale(egamma - std::numbers::ln2 - z + 2.0 * (expint(rate(minimum(z, 40.0))) + maximum(z - 40.0, 0.0)));
}

Node Gumbel::deviance(Node y) const {
  const Node z = LocationScale(*this).z(y);
  return 2.0 * (maximum(z, -1e38) + expm1(-z));  // as in log_prob
}

Node Gumbel::sample(std::string_view key) const {
  const LocationScale parts(*this);
  return parts.draw(standard_quantile(parts.uniform(key)));
}

FisherInformation Gumbel::fisher_information() const {
  return LocationScale(*this).fisher_information(1, egamma - 1, pi * pi / 6 + (1 - egamma) * (1 - egamma));
}

std::string Gumbel::certificate() const { return "NLL = z + e^−z + log β, z = (y − μ)/β"; }

}  // namespace loglik
