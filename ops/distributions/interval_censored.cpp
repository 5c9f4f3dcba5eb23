#include "ops/distributions/interval_censored.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "framework/error.h"
#include "framework/graph.h"
#include "framework/primitives.h"
#include "ops/distributions/tails.h"
#include "ops/logical.h"

namespace loglik {
namespace {
constexpr double infinity = std::numeric_limits<double>::infinity();

// The edges around y: (edge, next edge].
std::pair<Node, Node> around(Node y, const std::vector<double>& edges) {
  Node lower = y.graph().constant(-infinity, y.dtype()), upper = y.graph().constant(infinity, y.dtype());
  for (const double edge : edges) lower = where(greater(y, edge), edge, lower);
  for (auto edge = edges.rbegin(); edge != edges.rend(); ++edge) upper = where(less_equal(y, *edge), *edge, upper);
  return {lower, upper};
}

}  // namespace

std::pair<Node, Node> IntervalCensored::limits(Node y) const {
  const bool fixed = !edges.empty();
  if (fixed == (lower || upper) || (!fixed && !(lower && upper)))
    throw ArgumentError("IntervalCensored: needs either both limits, lower and upper, or edges");
  if (std::ranges::adjacent_find(edges, [](double a, double b) { return !(a < b); }) != edges.end() ||
      std::ranges::any_of(edges, [](double edge) { return !(edge > -infinity && edge < infinity); }))
    throw ArgumentError(fmt::format("IntervalCensored: edges are {}, must be finite and ascend", fmt::join(edges, ", ")));
  return fixed ? around(y, edges) : std::pair(lower, upper);
}

Node IntervalCensored::log_prob(Node y) const {
  const Tails tails(base, "IntervalCensored");
  y = as_float(y);
  const auto [from, to] = limits(y);
  if (!edges.empty()) return tails.log_between(from, to);
  // A value that the base can't have is as impossible when it is known: no density is asked for.
  const Node known = equal(lower, upper);
  Node possible = known;
  if (const auto support = base.support()) {
    const bool lower_counts = support->is_integer() || !support->lower_is_open();
    possible = logical_and(possible, lower_counts ? greater_equal(lower, support->lower()) : greater(lower, support->lower()));
    possible = logical_and(possible, support->upper_is_open() ? less(lower, support->upper()) : less_equal(lower, support->upper()));
  }
  const Node density = where(possible, log_prob_where(base, lower, possible), -infinity);
  const Node value = where(known, density, tails.log_between(lower, upper));
  return broadcast_to(value, broadcast_shapes(value.shape(), y.shape()));
}

}  // namespace loglik
