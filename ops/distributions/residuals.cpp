#include "ops/distributions/residuals.h"

#include <fmt/format.h>

#include "framework/autodiff.h"
#include "framework/error.h"
#include "framework/graph.h"
#include "framework/primitives.h"
#include "ops/arithmetic.h"
#include "ops/distributions/answers.h"
#include "ops/distributions/atoms.h"
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
  Node mass;  // absent: a point
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
  return {cdf(d, y), survival(d, y), probability(d, y)};
}

// (1 − v)·mass: how far below its end y is put.
Node part_of(const Seen& value, std::string_view key) {
  const Node v = random_uniform(value.mass.graph(), value.mass.shape(), {.dtype = DType::float64}).named(key);
  return value.mass * cast(1.0 - v, value.mass.dtype());
}

}  // namespace

Node pit(const Distribution& d, Node y, std::string_view key) {
  const Seen value = seen(d, y);
  return value.mass ? maximum(value.below - part_of(value, key), 0.0) : value.below;
}

Node quantile_residual(const Distribution& d, Node y, std::string_view key) {
  auto [lower, upper, mass] = seen(d, y);
  if (mass) {
    const Node part = part_of({lower, upper, mass}, key);
    lower = maximum(lower - part, 0.0);
    upper = upper + part;
  }
  const Node below = less(lower, 0.5);
  return where(below, ndtri(where(below, lower, 0.5)), -ndtri(where(below, 0.5, upper)));
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
