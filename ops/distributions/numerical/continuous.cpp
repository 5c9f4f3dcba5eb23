#include "ops/distributions/numerical/continuous.h"

#include <array>
#include <limits>

#include "framework/autodiff.h"
#include "framework/primitives.h"
#include "ops/arithmetic.h"
#include "ops/concat.h"
#include "ops/distributions/numerical/columns.h"
#include "ops/distributions/numerical/steps.h"
#include "ops/exponential.h"
#include "ops/linear_recurrence.h"
#include "ops/logical.h"
#include "ops/logsumexp.h"
#include "ops/reductions.h"
#include "ops/shape.h"

namespace loglik::numerical {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity(), nan = std::numeric_limits<double>::quiet_NaN();
constexpr double as_good_as = 1e-9;  // by how much a tail's exponent may exceed the one where a moment diverges and still be taken for it

// ∫ f(q) dq from `from` to `to`, by one panel.
template <class F>
Node integral(Node from, Node to, F f) {
  const GaussLegendre& rule = gauss_legendre();
  Graph& graph = from.graph();
  const std::size_t rank = from.shape().rank() + 1;
  const Node t = along_first(graph, {rule.x, rule.x + GaussLegendre::points}, rank);
  const Node weight = along_first(graph, {rule.weight, rule.weight + GaussLegendre::points}, rank);
  const Node half = 0.5 * (to - from);
  return half * reduce_sum(weight * f(expand_dims(0.5 * (from + to), 0) + expand_dims(half, 0) * t), {0});
}

}  // namespace

// y − origin, also the centre less on the whole line.
Node Continuous::z(Node v) const { return table_.line.is_all() ? table_.offset(v) : table_.line.from_origin(table_.x_of(v)); }
Node Continuous::from_z(Node z) const { return table_.line.is_all() ? z + table_.centre : z + table_.line.origin(); }

// Where y has no bound on that side: ∫ |z|^order beyond the table's edge, ∞ if it diverges, NaN if f is no power there.
Node Continuous::tail_moment(int side, int order) const {
  const Node rate = row(table_.tail_rate, side), log_f = stop_gradient(row(table_.tail_log_f, side));
  const auto log_moment = [&](Node v, Node log_density) { return stop_gradient(static_cast<double>(order) * log(abs(z(v))) + log_density); };
  const Node at_edge = log_moment(row(table_.tail_v, side), log_f);
  const Node matters = greater(at_edge, reduce_max(log_moment(table_.v, table_.log_f), {0, 1}) - 80.0);  // a moment that diverges has not fallen
  const double least = order + as_good_as;
  const Node converges = logical_and(matters, greater(rate, least));
  const Node value = where(converges, exp(at_edge) / where(converges, rate - static_cast<double>(order), 1.0), 0.0);
  return where(logical_and(matters, less_equal(rate, least)), where(row(table_.tail_is_power, side), number(infinity), nan), value);
}

Node Continuous::number(double value) const { return table_.edges.graph().constant(value, DType::float64); }

Node Continuous::mean_z() const {
  const Line& line = table_.line;
  Node sum = reduce_sum(table_.mass * z(table_.v), {0, 1});
  if (line.is_heavy(0)) sum = sum - tail_moment(0, 1);
  if (line.is_heavy(1)) {
    const Node right = tail_moment(1, 1);
    sum = where(equal(right, infinity), infinity, sum + right);
  } else if (!line.is_heavy(0)) {
    sum = sum + row(table_.tail_mass, 1) * (line.upper() - line.lower());
  }
  return sum / table_.normaliser(sum, "mean");
}

Node Continuous::mean() const { return from_z(mean_z()); }

Node Continuous::variance() const {
  const Line& line = table_.line;
  const Node mean = mean_z();
  Node sum = reduce_sum(table_.mass * square(z(table_.v) - mean), {0, 1});
  Node diverges = equal(0.0 * table_.centre, 1.0);
  for (const int side : {0, 1}) {
    const double end = line.is_heavy(0) || side == 0 ? 0 : line.upper() - line.lower();
    const Node rest = line.is_heavy(side) ? tail_moment(side, 2) : row(table_.tail_mass, side) * square(end - mean);
    sum = sum + rest;
    diverges = logical_or(diverges, equal(rest, infinity));
  }
  sum = where(diverges, infinity, sum);
  return sum / table_.normaliser(sum, "variance");
}

Node Continuous::entropy() const {
  const Line& line = table_.line;
  const auto log_p = [&](Node v) { return table_.log_density(line.y(table_.x_of(v))); };
  const Node counts = greater(table_.mass, 0.0);
  Node sum = -reduce_sum(table_.mass * where(counts, log_p(table_.v), 0.0), {0, 1});
  for (const int side : {0, 1}) {
    const Node mass = row(table_.tail_mass, side), there = greater(mass, 0.0), rate = row(table_.tail_rate, side);
    const Node at = where(there, row(table_.tail_v, side), 0.0 * mass);
    sum = sum + where(there, mass * (where(there, (rate - line.fall(side)) / rate, 0.0) - log_p(at)), 0.0);
  }
  const Node mass = table_.normaliser(sum, "entropy");
  return sum / mass + log(mass);
}

struct Continuous::Place {
  Node v, from, to;      // v held within the table; the ends of the panel that it is in
  Node index, is_lower;  // is the mass below the smaller one?
};

Continuous::Place Continuous::place(Node v) const {
  const Node edges = fitted(table_.edges, v.shape());
  const std::int64_t last = edges.shape()[0].constant() - 1;
  v = minimum(maximum(v, row(edges, 0)), row(edges, last));
  const Node index = panel_index(edges, stop_gradient(v));
  const Node below = take_in_column(fitted(stop_gradient(table_.below), v.shape()), index);
  return {v, take_in_column(edges, index), take_in_column(edges, index + 1), index, less(below, 0.5)};
}

// The sum, over what lies on the smaller side, of a quantity with these sums below and above the edges and this density by v.
template <class F>
Node Continuous::summed(const Place& at, Node below, Node above, F f) const {
  const Node whole = where(at.is_lower, take_in_column(fitted(below, at.v.shape()), at.index), take_in_column(fitted(above, at.v.shape()), at.index + 1));
  return whole + integral(where(at.is_lower, at.from, at.v), where(at.is_lower, at.v, at.to), f);
}

Node Continuous::mass_at(const Place& at) const {
  return summed(at, table_.below, table_.above, [&](Node v) { return exp(table_.log_f_of_v(v)); });
}

Node Continuous::widened(Node y) const {
  if (y.dtype() != DType::float64) y = cast(y, DType::float64);
  const Shape shape = broadcast_shapes(y.shape(), table_.columns);
  return y.shape() == shape ? y : broadcast_to(y, shape);
}

Continuous::Side Continuous::side(Node y, std::string_view what) const {
  const Line& line = table_.line;
  y = widened(y);
  const Place at = place(table_.v_of(line.x(y)));
  Node mass = mass_at(at) / table_.normaliser(table_.total, what), is_lower = at.is_lower;
  const Node under = less_equal(y, line.lower()), over = greater_equal(y, line.upper());
  mass = where(logical_or(under, over), 0.0, mass);
  return {mass, logical_or(under, logical_and(is_lower, logical_not(over)))};
}

// Deep in a tail, where f falls by v at the rate h, ∫ f(v ± u/h) du/h with Gauss & Laguerre's 8 points in u: f/h times what is close to 1,
// as log f bends little within a few 1/h where it has fallen by hundreds of nats. Below −1e8, where log f itself has not the digits for
// differences of 1 nat, f/h alone: off by 1e-8 nats, of 1e8.
Node Continuous::log_mass(const Side& side, Node y) const {
  static const std::vector<double> points{0.170279632305101, 0.90370177679937991, 2.2510866298661307, 4.2667001702876588, 7.0459054023934657, 10.758516010180995, 15.740678641278005, 22.863131736889264};
  static const std::vector<double> log_weights{-0.99644768327298906, -0.87039336491958884, -1.7384368115599208, -3.4008926602579691, -5.8800891127164106, -9.30723584262088, -13.979707751869379, -20.676381129987588};
  constexpr double least = 1e-280, step = 1e-3;
  const Line& line = table_.line;
  y = widened(y);
  const Node inside = logical_and(greater(y, line.lower()), less(y, line.upper())), small = less(side.mass, least);
  const Node outward = where(side.is_lower, number(-1), number(1)), v = where(logical_and(inside, small), table_.v_of(line.x(y)), 0.0);
  const Node log_f = table_.log_f_of_v(v), rate = stop_gradient((log_f - table_.log_f_of_v(v + step * outward)) / step);
  const Node deep = logical_and(logical_and(inside, small), logical_and(logical_and(greater(rate, 0.0), less(rate, 1e300)), greater(log_f, -infinity)));
  const Node h = where(deep, rate, 1.0);
  const std::size_t rank = h.shape().rank() + 1;
  Graph& graph = y.graph();
  const Node u = along_first(graph, points, rank);
  const Node terms = table_.log_f_of_v(expand_dims(v, 0) + expand_dims(outward / h, 0) * u) + u + along_first(graph, log_weights, rank);
  const Node tail = where(less(log_f, -1e8), log_f, logsumexp(terms, {0})) - log(h) - log(table_.total);
  return where(deep, tail, log(where(deep, 1.0, side.mass)));
}

Node Continuous::quantile(Node p) const {
  const Line& line = table_.line;
  p = widened(p);
  const Node total = table_.normaliser(table_.total, "quantile");
  Node v = stop_gradient(panel_quantile(fitted(table_.edges, p.shape()), fitted(merged(table_.log_f), p.shape()), fitted(table_.below / total, p.shape()),
                                        fitted(table_.above / total, p.shape()), p));
  // Newton's method, where the derivative is: after two steps those of v by p and the parameters are right up to the third order.
  for (int step = 0; step < 2; ++step) {
    const Place at = place(v);
    const Node mass = mass_at(at) / total, density = exp(table_.log_f_of_v(at.v)) / total;
    const Node excess = where(at.is_lower, mass - p, (1.0 - p) - mass), there = greater(density, 0.0);
    const Node width = at.to - at.from;
    v = at.v - minimum(maximum(where(there, excess, 0.0) / where(there, density, 1.0), -width), width);
  }
  const Node y = line.y(table_.x_of(v));
  return where(less_equal(p, 0.0), line.lower(), where(greater_equal(p, 1.0), line.upper(), y));
}

// E|X − y| − ½·E|X − X′| with t = y − o, z = x − o: E|z − t| is t·(2F − 1) + E z − 2·E[z; z < t]; ½·E|X − X′| is E[z·(2F(z) − 1)].
Node Continuous::crps(Node y) const {
  const Line& line = table_.line;
  y = widened(y);
  const Node mean = mean_z(), total = table_.normaliser(mean, "crps"), values = z(table_.v);
  const Node moment = table_.mass * values, panel = reduce_sum(moment, {1}), none = expand_dims(0.0 * table_.centre, 0);
  const Node ones = broadcast_to(moment.graph().constant(1.0, DType::float64), table_.edges.shape());
  const Node below = linear_recurrence(ones, concat({panel, none}, 0), {.axes = {0}});
  const Node above = linear_recurrence(ones, concat({none, panel}, 0), {.axes = {0}, .reverse = true});
  const Place at = place(table_.v_of(line.x(y)));
  const Node mass = mass_at(at) / total;
  const Node part = summed(at, below, above, [&](Node v) { return z(v) * exp(table_.log_f_of_v(v)); }) / total;
  const Node t = line.is_all() ? y - table_.centre : y - line.origin();
  const Node distance = where(at.is_lower, t * (2.0 * mass - 1.0) + mean - 2.0 * part, t * (1.0 - 2.0 * mass) - mean + 2.0 * part);
  return where(equal(abs(mean), infinity), infinity, distance - half_mean_difference());
}

// The mass below each point: that below its panel, and the integral over part of it of the polynomial through the density's 16 values.
Node Continuous::half_mean_difference() const {
  const GaussLegendre& rule = gauss_legendre();
  Graph& graph = table_.edges.graph();
  const std::int64_t panels = table_.edges.shape()[0].constant() - 1;
  const Node total = table_.normaliser(table_.total, "crps"), values = z(table_.v), below = rows(table_.below, 0, panels);
  Node sum = 0.0 * below;
  for (int j = 0; j < GaussLegendre::points; ++j) {
    const auto column = [&](Node x) { return reshape(slice(x, 1, {.begin = j, .end = j + 1}), below.shape()); };
    const Node share = reshape(graph.constant(Tensor::from(std::vector<double>(rule.up_to[j], rule.up_to[j] + GaussLegendre::points))),
                               ones_after({1, GaussLegendre::points}, table_.mass.shape().rank()));
    const Node f = (below + reduce_sum(table_.mass * share, {1})) / total;
    sum = sum + column(table_.mass) * column(values) * (2.0 * f - 1.0);
  }
  return reduce_sum(sum, {0}) / total;
}

// The integral over the table. What lies beyond is as good as nothing, unless log q grows so fast that the integrand has not fallen there:
// then it diverges.
Node Continuous::kl(const std::function<Node(Node)>& log_q) const {
  const auto gain = [&](Node v) {
    const Node y = table_.line.y(table_.x_of(v));
    return table_.log_density(y) - log_q(y);
  };
  // log q may bend where log p does not: more panels there, judged by f·√(1 + gain²).
  Node edges = table_.edges;
  for (const std::int64_t count : {144, 176, 208}) {
    const Node v = table_.points_of(edges), of_v = gain(v), large = less(abs(of_v), 1e150);
    edges = split_panels(edges, merged(table_.log_f_of_v(v) + 0.5 * log1p(square(where(large, of_v, 0.0)))), count);
  }
  edges = stop_gradient(edges);
  const Node v = table_.points_of(edges), weight = table_.mass_of(edges, table_.log_f_of_v(v)), counts = greater(weight, 0.0);
  Node sum = reduce_sum(where(counts, weight * where(counts, gain(v), 0.0), 0.0), {0, 1});
  const Node rest = stop_gradient(exp(table_.tail_log_f) * abs(gain(table_.tail_v)));
  const Node most = 1e-6 * (1.0 + abs(stop_gradient(sum)));
  sum = where(logical_or(greater(row(rest, 0), most), greater(row(rest, 1), most)), infinity, sum);
  const Node mass = table_.normaliser(sum, "kl");
  return sum / mass - log(mass);
}

// A search on log p itself, then a step of Newton's method, taken where it does not lead down: the search ends where log p is level to the
// last digits, 1e-8 of the width.
Node density_mode(const Distribution& d) {
  const LogDensity log_density(d);
  const Line line(*d.support());
  Node x = over_columns(log_density.graph(), first_points(line), log_density.type().shape), top;
  for (int round = 0; round < 12; ++round) {
    const Node found = mode_search(x, log_density(line.y(x)), 1);
    x = found;
    top = row(found.output(1), 0);
  }
  const Node y = line.y(top), log_p = log_density(y), slope = gradient(reduce_sum(log_p), y), bend = gradient(reduce_sum(slope), y);
  const Node curved = less(bend, 0.0), next = y - where(curved, slope / where(curved, bend, 1.0), 0.0);
  const Node better = log_density(next) + 1e-13 * (1.0 + abs(log_p));
  return where(greater_equal(better, log_p), next, y);
}

}  // namespace loglik::numerical
