#include "ops/distributions/laplace.h"

#include <fmt/format.h>

#include <cmath>
#include <numbers>

#include "framework/graph.h"
#include "framework/primitives.h"
#include "ops/arithmetic.h"
#include "ops/distributions/location_scale.h"
#include "ops/exponential.h"

namespace loglik {
namespace {
using std::numbers::ln2;

Node standard_quantile(Node p) {
  const Node log_tail = log(2.0 * minimum(p, 1.0 - p));
  return where(less(p, 0.5), log_tail, -log_tail);
}

// The tail on z's side. From |z| = 1000 on it is 0 in any dtype, and its gradient is not to be 0·∞. At z = 0, where the gradient of abs is
// 0, it is the upper tail with its slope of −½: the distribution function has no kink there.
Node tail(Node z) { return 0.5 * exp(-minimum(where(less(z, 0.0), -z, z), 1000.0)); }

Node log_below(Node z) { return where(less(z, 0.0), -abs(z) - ln2, log1p(-tail(z))); }

}  // namespace

Node Laplace::log_prob(Node y) const {
  const LocationScale parts(*this);
  return parts.density(-(abs(parts.z(y)) + ln2));
}

Node Laplace::mean() const { return LocationScale(*this).location(); }
Node Laplace::mode() const { return mean(); }
Node Laplace::median() const { return mean(); }
Node Laplace::variance() const { return 2.0 * exp(2.0 * LocationScale(*this).log_scale()); }
Node Laplace::entropy() const { return LocationScale(*this).log_scale() + (1 + ln2); }

Node Laplace::cdf(Node y) const {
  const Node z = LocationScale(*this).z(y);
  return where(less(z, 0.0), tail(z), 1.0 - tail(z));
}

Node Laplace::survival(Node y) const {
  const Node z = LocationScale(*this).z(y);
  return where(less(z, 0.0), 1.0 - tail(z), tail(z));
}

Node Laplace::log_cdf(Node y) const { return log_below(LocationScale(*this).z(y)); }
Node Laplace::log_survival(Node y) const { return log_below(-LocationScale(*this).z(y)); }
Node Laplace::quantile(Node p) const { return LocationScale(*this).value(standard_quantile(p)); }

Node Laplace::crps(Node y) const {
  const LocationScale parts(*this);
  const Node distance = abs(parts.z(y));
  return parts.times_scale(distance + exp(-distance) - 0.75);
}

Node Laplace::sample(std::string_view key) const {
  const LocationScale parts(*this);
  return parts.draw(standard_quantile(parts.uniform(key)));
}

// log(b_q/b_p) + (b_p·e^(−|Δ|/b_p) + |Δ|)/b_q − 1, with r = log(b_p/b_q) and a = |Δ|/b_p: expm1(r − a) − r + |Δ|/b_q.
Node Laplace::kl(const Laplace& other) const {
  const LocationScale p(*this), q(other);
  const Node r = p.log_scale() - q.log_scale();
  return expm1(r - abs(p.z(other.mean()))) - r + abs(q.z(mean()));
}

Node Laplace::deviance(Node y) const { return 2.0 * abs(LocationScale(*this).z(y)); }
FisherInformation Laplace::fisher_information() const { return LocationScale(*this).fisher_information(1, 0, 1); }

std::string Laplace::certificate() const {
  LocationScale(*this).shape();  // throws where the scale is out of range
  if (log_scale) return fmt::format("NLL = |y − μ|/b + log b + {:.6f}", ln2);
  const double offset = ln2 + std::log(scale);
  return fmt::format("NLL = {}absolute error {} {:.6f}", scale == 1 ? "" : fmt::format("{:.6g}·", 1 / scale), offset < 0 ? "−" : "+",
                     std::abs(offset));
}

}  // namespace loglik
