#include "ops/distributions/residuals.h"

#include <fmt/format.h>

#include "framework/error.h"
#include "framework/graph.h"
#include "framework/primitives.h"
#include "ops/arithmetic.h"
#include "ops/distributions/answers.h"
#include "ops/error_function.h"
#include "ops/exponential.h"
#include "ops/logical.h"
#include "ops/random.h"

namespace loglik {
namespace {

// The probability of y itself; absent if the distribution is a density.
Node probability(const Distribution& d, Node y) {
  if (d.support() && d.support()->is_integer()) return exp(d.log_prob(y));
  Node is_atom;
  for (const Node atom : d.atoms()) {
    const Node here = equal(y, atom);
    is_atom = is_atom ? logical_or(is_atom, here) : here;
  }
  return is_atom ? where(is_atom, exp(where(is_atom, d.log_prob(y), 0.0)), 0.0) : Node();
}

// (1 − v)·f(y), what the transform is less than F(y).
Node part_of_jump(const Distribution& d, Node y, std::string_view key) {
  const Node jump = probability(d, y);
  if (!jump) return {};
  const Node v = random_uniform(jump.graph(), jump.shape(), {.dtype = DType::float64}).named(key);
  return jump * cast(1.0 - v, jump.dtype());
}

}  // namespace

Node pit(const Distribution& d, Node y, std::string_view key) {
  const Node part = part_of_jump(d, y, key), f = cdf(d, y);
  return part ? maximum(f - part, 0.0) : f;
}

Node quantile_residual(const Distribution& d, Node y, std::string_view key) {
  const Node part = part_of_jump(d, y, key);
  Node lower = cdf(d, y), upper = survival(d, y);
  if (part) lower = maximum(lower - part, 0.0), upper = upper + part;
  const Node below = less(lower, 0.5);
  return where(below, ndtri(where(below, lower, 0.5)), -ndtri(where(below, 0.5, upper)));
}

Node deviance(const Distribution& d, Node y) {
  if (d.has<Deviance>()) return d.deviance(y);
  throw ArgumentError(fmt::format("deviance of the distribution \"{}\": it defines none, as it has no one parameter that fits y best", d.name()));
}

Node deviance_residual(const Distribution& d, Node y) { return sign(y - mean(d)) * sqrt(maximum(deviance(d, y), 0.0)); }

}  // namespace loglik
