#include "ops/distributions/truncated.h"

#include <fmt/format.h>

#include <cmath>
#include <numbers>

#include "framework/error.h"
#include "framework/graph.h"
#include "framework/log_prob_type.h"
#include "framework/primitives.h"
#include "ops/arithmetic.h"
#include "ops/distributions/gaussian.h"
#include "ops/distributions/location_scale.h"
#include "ops/distributions/tails.h"
#include "ops/distributions/without_zero.h"
#include "ops/error_function.h"
#include "ops/exponential.h"
#include "ops/logical.h"
#include "ops/random.h"
#include "ops/shape.h"

namespace loglik {
namespace {
constexpr double infinity = Truncated::infinity;
constexpr std::string_view wrapper = "Truncated";

// The distribution's tails, and what of the bounds cuts something off. One serves a whole answer: what is known of a bound is asked once.
struct Cut {
  Tails tails;
  bool below, above;    // is there anything of the base below, above?
  double lower, upper;  // the bounds of all that is left, whole numbers if that is discrete

  explicit Cut(const Truncated& d) : tails(d.base, wrapper), lower(d.lower), upper(d.upper) {
    const auto refuse = [&](std::string_view why) {
      throw ArgumentError(
          fmt::format("{}: nothing of \"{}\" is left between lower = {} and upper = {}{}", wrapper, d.base.name(), d.lower, d.upper, why));
    };
    const bool discrete = tails.is_discrete();
    if (discrete) lower = std::ceil(lower) + 0.0, upper = std::floor(upper) + 0.0;  // + 0: no −0
    if (!(discrete ? lower <= upper : lower < upper)) refuse("");
    below = !tails.is_before(discrete ? lower - 1 : lower) && lower > -infinity;
    above = !tails.is_beyond(upper);
    if (const auto support = d.base.support()) {
      if (tails.is_beyond(discrete ? lower - 1 : lower) || tails.is_before(upper)) refuse(": its support is " + support->text());
      lower = std::max(lower, support->lower());
      upper = std::min(upper, support->upper());
    }
  }
  Node at(double bound, Node like) const {
    for (const auto& [known, node] : constants)
      if (known == bound && node.dtype() == like.dtype()) return node;
    return constants.emplace_back(bound, like.graph().constant(bound, like.dtype())).second;
  }
  /// log P(a ≤ Y ≤ y) for a point y within, and log P(y < Y ≤ b).
  Node log_up_to(Node y) const { return below ? tails.log_within(at(lower, y), y) : tails.log_below(y); }
  Node log_from(Node y) const { return above ? tails.log_between(y, at(upper, y)) : tails.log_above(y); }
  Node log_left(Node like) const {  // log L; absent: 0
    if (below && above) return tails.log_within(at(lower, like), at(upper, like));
    return below ? tails.log_at_least(at(lower, like)) : above ? tails.log_below(at(upper, like)) : Node();
  }
  Support support() const {
    const std::optional<Support> of_base = tails.distribution().support();
    const auto open = [&](double bound) { return std::isinf(bound) || (of_base && !tails.is_discrete() && !of_base->contains(bound)); };
    return {lower, upper, open(lower), open(upper), tails.is_discrete()};
  }

 private:
  mutable std::vector<std::pair<double, Node>> constants;
};

Node minus(Node log_p, Node log_left) { return log_left ? log_p - log_left : log_p; }

Node is_within(const Cut& cut, Node y) { return logical_and(greater_equal(y, cut.lower), less_equal(y, cut.upper)); }

// Does the form below hold: does this bound lie between the mean and all that is left? Of float32 its square is finite then, too.
Node is_beside(const Cut& cut, const Gaussian& d, Node y, double bound, double side) {
  const Node x = side * d.z(cut.at(bound, y));
  return logical_and(greater(x, 0.0), less(x, 1e15));
}

// A Gaussian wholly on one side of its mean, x σ away at the nearer bound, which is d σ away from y:
//     log p(y) = −½·d·(d + 2x) − log(σ·√(π/2)·erfcx(x/√2)) − log(L/P(beyond the nearer bound)),
// where no two large numbers are subtracted, as they are in log p_base(y) − log L..
Node gaussian_log_prob(const Cut& cut, const Gaussian& d, Node y, Node log_left, Node otherwise) {
  const auto put = [&](double bound, double side, Node rest) {
    const Node at = cut.at(bound, y), far = is_beside(cut, d, y, bound, side);
    const Node x = side * d.z(where(far, at, d.mean()));
    const Node distance = side * Gaussian{.loc = at, .log_scale = d.log_scale, .scale = d.scale}.z(where(far, y, at));
    Node loss = 0.5 * distance * (distance + 2.0 * x) + log(std::sqrt(std::numbers::pi / 2) * erfcx(0.5 * std::numbers::sqrt2 * x));
    if (rest) loss = loss + where(far, log_left - rest, 0.0);
    otherwise = where(far, -(loss + d.log_sigma()), otherwise);
  };
  if (cut.below) put(cut.lower, 1, cut.above ? cut.tails.log_above(cut.at(cut.lower, y)) : Node());
  if (cut.above) put(cut.upper, -1, cut.below ? cut.tails.log_below(cut.at(cut.upper, y)) : Node());
  return otherwise;
}

// Of a standard normal number Z given Z > a, in units of √2 and x = a/√2: the mean of Z − a is r₁(x), its variance r₁·(2r₂ − r₁), where
// nothing cancels for large x. For the Gaussian with one bound, by reflection for the upper one.
struct Excess {
  Node bound, log_sigma, x;
  double side;
  explicit Excess(const Truncated& d) : side(d.lower > -infinity ? 1 : -1) {
    const Gaussian& gaussian = *d.base.as<Gaussian>();
    bound = gaussian.loc.graph().constant(side > 0 ? d.lower : d.upper, gaussian.loc.dtype());
    log_sigma = gaussian.log_sigma();
    x = side * std::numbers::sqrt2 / 2 * gaussian.z(bound);
  }
};

// log P(Y ≤ y) and log P(Y > y). What is next to 0 comes from the other: a difference of two logs would lose it.
std::pair<Node, Node> log_parts(const Truncated& d, Node y) {
  const Cut cut(d);
  const Node log_left = cut.log_left(y), at = clamp(y, cut.lower, cut.upper);
  const Node below = minus(cut.log_up_to(at), log_left), above = minus(cut.log_from(at), log_left);
  const auto part = [](Node direct, Node other) {
    const Node small = logical_and(less(other, -std::numbers::ln2), greater(other, -infinity));
    return where(small, log1mexp(-where(small, other, -1.0)), minimum(direct, 0.0));
  };
  const Node is_below = less(y, cut.lower), is_above = greater_equal(y, cut.upper);
  return {where(is_below, -infinity, where(is_above, 0.0, part(below, above))),
          where(is_below, 0.0, where(is_above, -infinity, part(above, below)))};
}

// From log p and log(1 − p) for 0 < p < 1. Under the base the quantile has F = F(a⁻) + p·L and S = S(b) + (1 − p)·L.
Node inverse(const Cut& cut, Node log_p, Node log_q) {
  const Distribution& base = cut.tails.distribution();
  if (!cut.below && !cut.above) return base.quantile(where(less(log_p, log_q), exp(log_p), -expm1(log_q)));
  const Node log_left = cut.log_left(log_p);
  Node log_below = log_p + log_left, log_above = log_q + log_left;
  if (cut.below) log_below = logaddexp(log_below, cut.tails.log_below(cut.at(cut.tails.is_discrete() ? cut.lower - 1 : cut.lower, log_p)));
  if (cut.above) log_above = logaddexp(log_above, cut.tails.log_above(cut.at(cut.upper, log_p)));
  const Node low_side = less(log_below, log_above), level = where(low_side, exp(log_below), -expm1(log_above));
  // A level of 0 or 1 is one that the dtype can't hold apart from it.
  const bool single = log_p.dtype() == DType::float32;
  const Node start = clamp(base.quantile(clamp(level, single ? 1e-37 : 1e-300, single ? 1 - 0x1p-24 : 1 - 0x1p-53)), cut.lower, cut.upper);
  if (cut.tails.is_discrete() || !base.atoms().empty()) return start;
  // Newton's method on log F or log S. The last step alone is differentiated: by the rule of implicit functions.
  const auto step = [&](Node y, Node log_tail) {
    const Node slope = stop_gradient(exp(log_tail - base.log_prob(y)));
    const Node distance = (where(low_side, log_below, log_above) - log_tail) * where(low_side, slope, -slope);
    return clamp(y + where(less(abs(distance), infinity), distance, 0.0), cut.lower, cut.upper);
  };
  Node y = stop_gradient(start);
  for (int count = 0; count < 4; ++count) {
    const auto [below, above] = cut.tails.logs(y);
    y = stop_gradient(step(y, where(low_side, below, above)));
  }
  return step(y, where(low_side, cut.tails.log_below(y), cut.tails.log_above(y)));
}

}  // namespace

Node Truncated::log_prob(Node y) const {
  const Cut cut(*this);
  y = as_float(y);
  if (!cut.below && !cut.above) return base.log_prob(y);
  const Node within = is_within(cut, y);
  const Node at = where(within, y, cut.support().inside()), log_left = cut.log_left(y);
  // Else not even the logs fit the dtype, or their derivatives.
  const Node known = greater(log_left, log_left.dtype() == DType::float32 ? -1e30 : -1e300);
  const auto* gaussian = base.as<Gaussian>();
  Node used = logical_and(known, within);
  if (gaussian != nullptr && cut.below) used = logical_and(used, logical_not(is_beside(cut, *gaussian, y, cut.lower, 1)));
  if (gaussian != nullptr && cut.above) used = logical_and(used, logical_not(is_beside(cut, *gaussian, y, cut.upper, -1)));
  Node log_p = log_prob_where(base, at, used) - where(known, log_left, infinity);
  if (gaussian != nullptr) log_p = gaussian_log_prob(cut, *gaussian, at, log_left, log_p);
  return where(within, log_p, -infinity);
}

Node Truncated::log_cdf(Node y) const { return log_parts(*this, as_float(y)).first; }
Node Truncated::log_survival(Node y) const { return log_parts(*this, as_float(y)).second; }
Node Truncated::cdf(Node y) const { return exp(log_cdf(y)); }
Node Truncated::survival(Node y) const { return exp(log_survival(y)); }

Node Truncated::quantile(Node p) const {
  const Cut cut(*this);
  const Node inside = logical_and(greater(p, 0.0), less(p, 1.0)), safe = where(inside, p, 0.5);
  const Node ends = where(equal(p, 0.0), cut.lower, where(equal(p, 1.0), cut.upper, p * std::numeric_limits<double>::quiet_NaN()));
  return where(inside, inverse(cut, log(safe), log1p(-safe)), ends);
}

Node Truncated::median() const {
  Graph& graph = graph_of(base);
  return quantile(graph.constant(0.5, log_prob_type(base, graph).dtype));
}

Node Truncated::sample(std::string_view key) const {  // float64: the tails of a float32 uniform would end early
  Graph& graph = graph_of(base);
  const TensorType type = log_prob_type(base, graph);
  const Node u = maximum(random_uniform(graph, type.shape, {.dtype = DType::float64}).named(key), 0x1p-54);
  return inverse(Cut(*this), cast(log(u), type.dtype), cast(log1p(-u), type.dtype));
}

bool Truncated::is_without_zero() const {
  return base.support() && base.support()->is_integer() && base.support()->lower() == 0 && lower > 0 && lower <= 1 &&
         upper >= base.support()->upper();
}
bool Truncated::has_moments() const { return base.as<Gaussian>() != nullptr && (lower > -infinity) != (upper < infinity); }

// Counts without 0: moments about 0 are those of the base over 1 − p(0).
Node Truncated::mean() const {
  if (is_without_zero()) return base.mean() * exp(-Cut(*this).log_left(base.mean()));
  const Excess excess(*this);
  return excess.bound + mul_exp(excess.side * std::numbers::sqrt2 * erfc_integral_ratio(1, excess.x), excess.log_sigma);
}

Node Truncated::variance() const {
  if (is_without_zero()) {
    if (const Node closed = variance_without_zero(base)) return closed;
    const Node mean = base.mean(), log_left = Cut(*this).log_left(mean);
    const Node zeros = base.log_prob(mean.graph().constant(0.0, mean.dtype()));
    return exp(-log_left) * (base.variance() - exp(zeros - log_left) * square(mean));
  }
  const Excess excess(*this);
  const Node r1 = erfc_integral_ratio(1, excess.x), r2 = erfc_integral_ratio(2, excess.x);
  return mul_exp(2.0 * r1 * (2.0 * r2 - r1), 2.0 * excess.log_sigma);
}

Support Truncated::support() const { return Cut(*this).support(); }

std::string Truncated::name() const { return fmt::format("{} truncated to {}", base.name(), support().text()); }

std::string Truncated::certificate() const { return fmt::format("NLL = that of {} + log P(y in {})", base.name(), support().text()); }

}  // namespace loglik
