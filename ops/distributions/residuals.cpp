#include "ops/distributions/residuals.h"

#include <fmt/format.h>

#include <cmath>

#include "framework/autodiff.h"
#include "framework/error.h"
#include "framework/graph.h"
#include "framework/primitives.h"
#include "ops/arithmetic.h"
#include "ops/distributions/answers.h"
#include "ops/distributions/atoms.h"
#include "ops/distributions/censoring.h"
#include "ops/distributions/interval_censored.h"
#include "ops/distributions/right_censored.h"
#include "ops/distributions/tails.h"
#include "ops/error_function.h"
#include "ops/exponential.h"
#include "ops/random.h"
#include "ops/shape.h"

namespace loglik {
namespace {

// The probability of y itself; absent if the distribution is a density.
Node probability(const Distribution& d, Node y) {
  if (is_discrete(d)) return exp(d.log_prob(y));
  const Node atom = is_atom(d, y);
  return atom ? where(atom, exp(where(atom, d.log_prob(y), 0.0)), 0.0) : Node();
}

// What was seen of a value, as part of (0, 1): it ends at P(Y ≤ …), is `mass` long, and leaves `above`.
struct Seen {
  Node below, above;
  Node mass;           // absent: a point
  Node is_first = {};  // does it begin at 0? Absent: not known
};

Seen seen(const Distribution& d, Node y) {
  if (const auto* censored = d.as<RightCensored>()) {
    const Seen value = seen(censored->base, y);
    const Node came = censored->came();
    const Node mass = value.mass ? value.mass : 0.0 * value.above;
    return {where(came, value.below, 1.0), where(came, value.above, 0.0), where(came, mass, value.above)};
  }
  if (const auto* censored = d.as<IntervalCensored>()) {
    const auto [lower, upper] = censored->limits(as_float(y));
    const Tails tails(censored->base, "IntervalCensored");
    const Node between = exp(tails.log_between(lower, upper)), known = equal(lower, upper);
    const Node mass = probability(censored->base, where(known, upper, middle(censored->base, upper)));
    return {exp(tails.log_below(upper)), exp(tails.log_above(upper)), where(known, mass ? mass : 0.0 * between, between)};
  }
  if (holds_censored(d))
    throw ArgumentError(fmt::format("pit of the distribution \"{}\": what was seen of y is known of a RightCensored or IntervalCensored only "
                                    "where no other distribution is around it",
                                    d.name()));
  const bool begins = d.support() && std::isfinite(d.support()->lower());
  return {cdf(d, y), survival(d, y), probability(d, y), begins ? less_equal(y, d.support()->lower()) : Node()};
}

// Moves the end to a uniform place within the mass, v of it from where it begins: where that is 0 v·mass itself, of which F − (1 − v)·mass
// would leave the rounding of F, and of 1 − v as a float32 nothing: a residual of −∞. No v is 0: half the smallest step is.
void spread(Seen& value, std::string_view key) {
  const Node u = random_uniform(value.mass.graph(), value.mass.shape(), {.dtype = DType::float64}).named(key), v = maximum(u, 0x1p-54);
  const auto share = [&](Node part) { return value.mass * cast(part, value.mass.dtype()); };
  const Node left = share(1.0 - v);
  value.below = maximum(value.below - left, share(v));
  if (value.is_first) value.below = where(value.is_first, share(v), value.below);
  value.above = value.above + left;
}

}  // namespace

Node pit(const Distribution& d, Node y, std::string_view key) {
  Seen value = seen(d, y);
  if (value.mass) spread(value, key);
  return value.below;
}

Node quantile_residual(const Distribution& d, Node y, std::string_view key) {
  Seen value = seen(d, y);
  if (value.mass) spread(value, key);
  const Node is_lower = less(value.below, 0.5);
  return where(is_lower, ndtri(where(is_lower, value.below, 0.5)), -ndtri(where(is_lower, 0.5, value.above)));
}

Node deviance(const Distribution& d, Node y) {
  if (d.has<Deviance>()) return d.deviance(y);
  throw ArgumentError(fmt::format("deviance of the distribution \"{}\": it defines none, as it has no one parameter that fits y best", d.name()));
}

// The deviance falls to 0 at the y that its parameter fits best and rises from there: its slope has the sign. At an end of the support
// there is nothing beyond, and a slope may be that of another branch.
Node deviance_residual(const Distribution& d, Node y) {
  const Node size = deviance(d, y), at = stop_gradient(broadcast_to(y, size.shape()));
  Node direction = sign(gradient(reduce_sum(deviance(d, at)), at));
  if (const std::optional<Support> support = d.support()) {
    direction = where(less_equal(at, support->lower()), -1.0, direction);
    direction = where(greater_equal(at, support->upper()), 1.0, direction);
  }
  return stop_gradient(direction) * sqrt(maximum(size, 0.0));
}

}  // namespace loglik
