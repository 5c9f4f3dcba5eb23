#include "ops/distributions/von_mises.h"

#include <fmt/format.h>

#include <cmath>
#include <numbers>

#include "framework/graph.h"
#include "framework/primitives.h"
#include "ops/arithmetic.h"
#include "ops/bessel.h"
#include "ops/polar.h"
#include "ops/random.h"
#include "ops/trigonometric.h"
#include "ops/von_mises_integral.h"

namespace loglik {
namespace {

const double log_2pi = std::log(2 * std::numbers::pi);

// (a, b)/κ; (0, 0) for κ = 0.
struct Direction {
  Node kappa, cosine, sine;
  explicit Direction(const VonMises& d) : kappa(hypot(d.a, d.b)) {
    const Node nonzero = where(greater(kappa, 0.0), kappa, 1.0);
    cosine = d.a / nonzero;
    sine = d.b / nonzero;
  }
};

}  // namespace

// With the exponent κ − a·cos y − b·sin y, which is precise near the peak for large κ. For small κ, where κ itself has no smooth gradient,
// without: both forms hold anywhere. Of float32 in float64, where κ and κ − a·cos y − b·sin y of the largest numbers are still finite.
Node VonMises::log_prob(Node y) const {
  if (a.dtype() == DType::float32 && b.dtype() == a.dtype() && y.dtype() == a.dtype()) {
    const auto wide = [](Node x) { return cast(x, DType::float64); };
    return cast(VonMises{wide(a), wide(b)}.log_prob(wide(y)), DType::float32);
  }
  const Node kappa = concentration(), wide = less(kappa, 1.0);
  const Node small = log_i0(where(wide, kappa, 0.0)) - (a * cos(y) + b * sin(y));
  const Node large = log_i0e(kappa) + von_mises_exponent(a, b, y);
  return -(where(wide, small, large) + log_2pi);
}

// log 2π + log I₀ − κ·A = log 2π + log I₀e + κ·(1 − A)
Node VonMises::entropy() const {
  const Node kappa = concentration();
  return log_i0e(kappa) - kappa * bessel_ratio_excess(kappa) + log_2pi;
}

Node VonMises::cdf(Node y) const { return von_mises_cdf(a, b, y); }
Node VonMises::survival(Node y) const { return von_mises_cdf(a, -b, -y); }
Node VonMises::quantile(Node p) const { return von_mises_quantile(a, b, p); }

Node VonMises::sample(std::string_view key) const {
  const Shape shape = broadcast_shapes(a.shape(), b.shape());
  const Node u = random_uniform(a.graph(), shape, {.dtype = DType::float64}).named(key);
  return cast(von_mises_quantile(cast(a, DType::float64), cast(b, DType::float64), u), a.dtype());
}

// log I₀(κ_q) − log I₀(κ_p) + A·(κ_p − κ_q·cos(μ_p − μ_q)), with 1 − A and κ_q·(1 − cos(μ_p − μ_q)), which do not cancel.
Node VonMises::kl(const VonMises& other) const {
  const Direction p(*this);
  const Node other_kappa = other.concentration(), lack = circular_variance();
  const Node turned = von_mises_exponent_towards(other.a, other.b, p.cosine, p.sine);
  const Node beyond = turned + lack * ((other_kappa - p.kappa) - turned);
  // Of the uniform distribution too there is a slope: A(κ)·cos μ is a/2 there.
  const Node uniform = other_kappa - 0.5 * (a * other.a + b * other.b);
  return (log_i0e(other_kappa) - log_i0e(p.kappa)) + where(greater(p.kappa, 0.0), beyond, uniform);
}

FisherInformation VonMises::fisher_information() const {
  const Direction d(*this);
  const Node positive = greater(d.kappa, 0.0);
  const Node along = bessel_ratio_derivative(1, d.kappa);
  const Node across = where(positive, bessel_ratio(d.kappa) / where(positive, d.kappa, 1.0), 0.5);
  const Node ab = (along - across) * d.cosine * d.sine;
  return {.parameters = {a, b},
          .entries = {along * square(d.cosine) + across * (1.0 - square(d.cosine)), ab, ab,
                      along * square(d.sine) + across * (1.0 - square(d.sine))}};
}

Support VonMises::angles() {
  const double pi = std::numbers::pi_v<float>;
  return {-pi, pi, false, false, false};
}

std::string VonMises::advice(double y) const {
  if (!std::isfinite(y)) return "";
  return fmt::format("angles are in radians; 2π {} is the same angle", y > 0 ? "less" : "more");
}

std::string VonMises::certificate() const { return "NLL = κ·(1 − cos(y − μ)) + log 2π·I₀(κ)·e^−κ"; }

Node VonMises::concentration() const { return hypot(a, b); }
Node VonMises::mean_direction() const { return atan2(b, a); }

Node VonMises::circular_variance() const {
  const Node kappa = concentration(), wide = less(kappa, 1.0);
  return where(wide, 1.0 - bessel_ratio(where(wide, kappa, 0.0)), -bessel_ratio_excess(kappa));
}

bool is_of_angles(const Support& support) { return support.includes(VonMises::angles()) && VonMises::angles().includes(support); }

}  // namespace loglik
