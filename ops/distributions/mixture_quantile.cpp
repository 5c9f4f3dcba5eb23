// Mixture::quantile.
#include <fmt/format.h>

#include <limits>

#include "framework/error.h"
#include "framework/graph.h"
#include "framework/primitives.h"
#include "ops/arithmetic.h"
#include "ops/distributions/mixture.h"
#include "ops/exponential.h"
#include "ops/logical.h"
#include "ops/shape.h"

namespace loglik {
namespace {

constexpr int parts = 16;

// The points 1/16 … 15/16 (from 0 for integers) along a new first axis, to go with tensors of `rank` axes.
Node fractions(Node like, std::size_t rank, int first) {
  Tensor values(DType::float64, {parts - first});
  for (int i = first; i < parts; ++i) values.mutable_values<double>()[static_cast<std::size_t>(i - first)] = static_cast<double>(i) / parts;
  Extents extents(rank + 1, 1);
  extents[0] = parts - first;
  return like.graph().constant(values.cast(like.dtype()).reshape(extents));
}

// Is P(Y ≤ y) < p? Each by the smaller tail, which has the precision.
Node is_below(const Mixture& d, Node y, Node p) { return where(less(p, 0.5), less(d.cdf(y), p), greater(d.survival(y), 1.0 - p)); }

struct Bracket {
  Node low, width;
};

// To the sixteenth of it in which the cdf crosses p.
Bracket narrower(const Mixture& d, Node p, Bracket bracket, Node steps) {
  const Node y = expand_dims(bracket.low, 0) + expand_dims(bracket.width, 0) * steps;
  const Node below = reduce_sum(cast(is_below(d, y, p), bracket.low.dtype()), {0});
  return {bracket.low + bracket.width * (below / double(parts)), bracket.width / double(parts)};
}

// The smallest integer y with F(y) ≥ p, known to be in [low, high].
Node smallest_integer(const Mixture& d, Node p, Node low, Node high, int rounds) {
  const Node steps = fractions(low, low.shape().rank(), 0);
  for (int round = 0; round < rounds; ++round) {
    const Node width = high - low;
    const auto point = [&](Node step) { return floor(width * step); };
    const Node y = expand_dims(low, 0) + floor(expand_dims(width, 0) * steps);
    const Node below = reduce_sum(cast(is_below(d, y, p), low.dtype()), {0}) / double(parts);
    const Node next = where(less(below, 1.0), low + point(below), high);
    low = where(greater(below, 0.0), low + point(maximum(below - 1.0 / parts, 0.0)) + 1.0, low);
    high = next;
  }
  return high;
}

// y held as a constant, less (F(y) − p)/F′(y) where the density is not 0: a step of Newton's method, whose derivatives by p and by the
// parameters are those of the root.
Node polished(const Mixture& d, Node p, Bracket bracket) {
  const Node y = bracket.low + 0.5 * bracket.width;
  const Node excess = where(less(p, 0.5), d.cdf(y) - p, (1.0 - p) - d.survival(y));
  const Node density = exp(d.log_prob(y)), positive = greater(density, 1e-30);
  const Node step = where(positive, excess / where(positive, density, 1.0), 0.0);
  const Node root = stop_gradient(minimum(maximum(y - step, bracket.low), bracket.low + bracket.width));
  return root + (stop_gradient(step) - step);  // + 0
}

}  // namespace

Node Mixture::quantile(Node p) const {
  if (!has<Quantile>()) throw ArgumentError(fmt::format("{}: a quantile needs cdf, survival and quantile of all components", name()));
  const bool integers = support() && support()->is_integer();
  const bool wide = p.dtype() == DType::float64;
  Node low, high;
  for (const Distribution& component : components) {
    const Node q = stop_gradient(component.quantile(p));
    low = low ? minimum(low, q) : q;
    high = high ? maximum(high, q) : q;
  }
  const Shape shape = broadcast_shapes(low.shape(), logits.shape().slice(0, logits.shape().rank() - 1));
  low = broadcast_to(low, shape);
  high = broadcast_to(high, shape);
  const double largest = wide ? std::numeric_limits<double>::max() / 4 : std::numeric_limits<float>::max() / 4;
  const auto finite = [&](Node bound) { return minimum(maximum(bound, -largest), largest); };
  const Node held = stop_gradient(p), from = finite(low), to = finite(high);

  Node result;
  if (integers) {
    result = smallest_integer(*this, held, from, to, wide ? 14 : 7);
  } else {
    Bracket bracket{from, to - from};
    const Node steps = fractions(from, shape.rank(), 1);
    for (int round = 0; round < (wide ? 15 : 8); ++round) bracket = narrower(*this, held, bracket, steps);
    result = polished(*this, p, {stop_gradient(bracket.low), stop_gradient(bracket.width)});
    for (const Node atom : atoms()) {  // F jumps over p there
      const Node to_atom = cdf(atom), before = to_atom - exp(log_prob(atom));
      result = where(logical_and(less(before, held), greater_equal(to_atom, held)), atom, result);
    }
  }
  return where(less_equal(held, 0.0), low, where(greater_equal(held, 1.0), high, result));  // of 0 and 1: the ends of the support
}

}  // namespace loglik
