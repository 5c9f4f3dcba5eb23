#include "ops/distributions/tails.h"

#include <fmt/format.h>

#include <cmath>
#include <limits>

#include "framework/error.h"
#include "framework/graph.h"
#include "framework/primitives.h"
#include "ops/arithmetic.h"
#include "ops/distributions/answers.h"
#include "ops/distributions/atoms.h"
#include "ops/distributions/gaussian.h"
#include "ops/distributions/gradient_gate.h"
#include "ops/distributions/location_scale.h"
#include "ops/distributions/logistic.h"
#include "ops/distributions/mixture.h"
#include "ops/exponential.h"
#include "ops/logical.h"
#include "ops/shape.h"
#include "ops/slice.h"
#include "ops/softmax.h"

namespace loglik {
namespace {
constexpr double infinity = std::numeric_limits<double>::infinity();

// log(1 − exp(−e^t)): t − e^t/2 + … where e^t is so small that it may vanish.
Node log1mexp_exp(Node t) { return where(less(t, -40.0), t, log1mexp(exp(maximum(minimum(t, 80.0), -40.0)))); }

}  // namespace

Tails::Tails(const Distribution& distribution, std::string_view wrapper) : d_(distribution) {
  require_numbers(d_, wrapper);
  if (!d_.has<Cdf>() && !d_.has<LogCdf>() && !d_.has<Survival>() && !d_.has<LogSurvival>())
    throw ArgumentError(fmt::format("{}: the distribution \"{}\" has no cdf", wrapper, d_.name()));
}

bool Tails::is_discrete() const { return d_.support() && d_.support()->is_integer(); }
bool Tails::is_beyond(double y) const { return y >= (d_.support() ? d_.support()->upper() : infinity); }
bool Tails::is_before(double y) const {
  const double lower = d_.support() ? d_.support()->lower() : -infinity;
  return y < lower || (y == lower && !is_discrete() && d_.atoms().empty());
}

// `log_tail` is evaluated a second time where it is neither 0 nor −∞: there its derivatives may be 0·∞.
Node Tails::tame(Node y, double below, double above, const std::function<Node(Node)>& log_tail, Known& known) const {
  for (const auto& [point, tail] : known)
    if (point == y) return tail;
  const double lower = d_.support() ? d_.support()->lower() : -infinity, upper = d_.support() ? d_.support()->upper() : infinity;
  const Node is_below = is_before(lower) ? less_equal(y, lower) : logical_or(less(y, lower), equal(y, -infinity));
  const Node is_above = greater_equal(y, upper), centre = this->centre(y);
  const Node value = stop_gradient(log_tail(where(logical_or(is_below, is_above), centre, y)));
  const Node proper = logical_and(less(value, 0.0), greater(value, -infinity));
  const Node usable = logical_and(proper, logical_not(logical_or(is_below, is_above)));
  const Node tail = where(usable, gradient_where(usable, [&] { return log_tail(where(usable, y, centre)); }), minimum(value, 0.0));
  return known.emplace_back(y, where(is_below, below, where(is_above, above, tail))).second;
}

Node Tails::log_below(Node y) const {
  return tame(y, -infinity, 0, [this](Node at) { return log_cdf(d_, at); }, below_);
}
Node Tails::log_above(Node y) const {
  return tame(y, 0, -infinity, [this](Node at) { return log_survival(d_, at); }, above_);
}

std::pair<Node, Node> Tails::logs(Node y) const { return {log_cdf(d_, y), log_survival(d_, y)}; }

Node Tails::centre(Node like) const {
  if (!centre_ || centre_.dtype() != like.dtype()) centre_ = middle(d_, like);
  return centre_;
}

Node Tails::density(Node y, Node used) const {
  return gradient_where(used, [&] { return d_.log_prob(where(used, y, centre(y))); });
}

Node Tails::mass_at(Node y) const {
  Node is_atom;
  for (const Node atom : d_.atoms()) is_atom = is_atom ? logical_or(is_atom, equal(y, atom)) : equal(y, atom);
  return is_atom ? where(is_atom, density(y, is_atom), -infinity) : Node();
}

Node Tails::log_at_least(Node y) const {
  if (is_discrete()) return log_above(-floor(-y) - 1.0);
  const Node mass = mass_at(y);
  return mass ? logaddexp(log_above(y), mass) : log_above(y);
}

Node Tails::log_within(Node a, Node b) const {
  if (is_discrete()) return log_between(-floor(-a) - 1.0, b);
  const Node mass = mass_at(a);
  return mass ? logaddexp(log_between(a, b), mass) : log_between(a, b);
}

Node Tails::log_between(Node a, Node b) const {
  if (const auto* mixture = d_.as<Mixture>()) {
    const std::vector<Node> log_weights = split(log_softmax(mixture->logits), std::ssize(mixture->components), -1);
    Node sum;
    for (std::size_t k = 0; k < log_weights.size(); ++k) {
      const Node part = squeeze(log_weights[k], {-1}) + Tails(mixture->components[k], "Mixture").log_between(a, b);
      sum = sum ? logaddexp(sum, part) : part;
    }
    return sum;
  }
  const Node below_a = log_below(a), below_b = log_below(b), above_a = log_above(a), above_b = log_above(b);
  const Node ordered = less(a, b);
  if (const auto* logistic = d_.as<Logistic>()) {
    const Node bounded = logical_and(ordered, less(b - a, infinity));
    const Node log_width = log(where(bounded, b - a, 1.0)) - LocationScale(*logistic).log_scale();
    return where(ordered, below_b + above_a + where(bounded, log1mexp_exp(log_width), 0.0), -infinity);
  }
  const Node left = less(below_b, above_a);  // both are the larger parts of a difference: take the smaller one
  const Node high = where(left, below_b, above_a), low = where(left, below_a, above_b);
  const Node possible = logical_and(ordered, greater(high, -infinity)), apart = logical_and(possible, greater(low, -infinity));
  const Node difference = where(apart, high - where(apart, low, 0.0), 1.0);
  // Where the two agree in their first digits, the density is the better source; the sooner, the smoother it is known to be.
  const bool single = a.dtype() == DType::float32, smooth = d_.as<Gaussian>() != nullptr;
  const Node narrow = logical_and(apart, less(difference, smooth ? (single ? 0.25 : 0.02) : single ? 5e-4 : 1e-6));
  const Node wide = logical_and(apart, logical_not(narrow));
  const Node mass = where(possible, high, -infinity) + where(wide, log1mexp(where(wide, difference, 1.0)), 0.0);
  if (is_discrete()) return where(narrow, -infinity, mass);
  const Node thin = logical_and(narrow, less(b - a, infinity)), width = where(thin, b - a, 1.0), start = where(thin, a, 0.0);
  const auto density_at = [&](double part) { return density(start + part * width, thin); };
  // Halfway, or by the rule of Gauss and Legendre with 3 points, which is exact for polynomials of degree 5.
  const double offset = 0.5 * std::sqrt(0.6);
  const Node average =
      !smooth ? density_at(0.5)
              : logaddexp(density_at(0.5) + std::log(4.0 / 9), logaddexp(density_at(0.5 - offset), density_at(0.5 + offset)) + std::log(5.0 / 18));
  return where(thin, average + log(width), mass);
}

Node as_float(Node y) { return is_float(y.dtype()) ? y : cast(y, DType::float32); }

void require_numbers(const Distribution& d, std::string_view wrapper) {
  if (d.event_rank() != 0)
    throw ArgumentError(fmt::format("{}: the distribution \"{}\" is of rows, needs one of single numbers", wrapper, d.name()));
  require_density_or_integers(d, wrapper);
}

}  // namespace loglik
