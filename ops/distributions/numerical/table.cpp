#include "ops/distributions/numerical/table.h"

#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <numbers>

#include "framework/error.h"
#include "framework/primitives.h"
#include "ops/arithmetic.h"
#include "ops/concat.h"
#include "ops/distributions/numerical/columns.h"
#include "ops/distributions/numerical/steps.h"
#include "ops/exponential.h"
#include "ops/linear_recurrence.h"
#include "ops/logical.h"
#include "ops/reductions.h"
#include "ops/shape.h"

namespace loglik::numerical {
namespace {

constexpr std::int64_t modes = 4, points = 513, panels_at_first = 64, panels_then = 88, panels = 112;
constexpr int search_rounds = 12, grid_rounds = 4;
constexpr double depth = 720, widest = 346, tolerance = 1e-5;
constexpr double infinity = std::numeric_limits<double>::infinity();

}  // namespace

std::vector<double> first_points(const Line& line) {
  if (!line.is_all()) return evenly(line.first(), line.last(), search_points);
  std::vector<double> x;
  for (const double t : evenly(-1, 1, search_points)) x.push_back(t == 0 ? 0 : std::copysign(std::exp(690.0 * (2 * std::abs(t) - 1)), t));
  return x;
}

Table::Table(const Distribution& distribution)
    : log_density(distribution), line(*distribution.support()), columns(log_density.type().shape) {
  locate();
  make_panels();
  continue_tails();
}

void Table::locate() {
  Graph& graph = log_density.graph();
  Node x_grid = over_columns(graph, first_points(line), columns), maxima;
  for (int round = 0; round < search_rounds; ++round) {
    const Node found = mode_search(x_grid, log_f_of_x(x_grid), modes);
    x_grid = found;
    maxima = found.output(1);
  }
  maxima = stop_gradient(maxima);
  // Distances to both sides: {n, 2, modes, S…}, first of any size, then within the factor that was found.
  const std::size_t rank = columns.rank() + 3;
  const Node least = maximum(abs(maxima) * 4e-16, 1e-300);
  const Node most = maximum(stacked({maxima - line.first(), line.last() - maxima}), 2.0 * least);
  const Node sides = reshape(graph.constant(Tensor::from(std::vector<double>{-1, 1})), ones_after({2}, rank - 1));
  const Node top = stacked({log_f_of_x(maxima), log_f_of_x(maxima)});
  Node from = log(stacked({least, least})), to = log(most);
  for (const std::int64_t n : {129, 33}) {
    const Node d = exp(from + (to - from) * along_first(graph, evenly(0, 1, n), rank));
    const Node found = fall_search(d, log_f_of_x(clamped(maxima + sides * d, line.first(), line.last())), expand_dims(top, 0), 1);
    from = log(row(found, 0)), to = log(row(found, 1));
  }
  const Node scales = stop_gradient(exp(reduce_min(to, {0})));
  centre = row(maxima, 0);
  scale = row(scales, 0);
  log_scale = log(scale);
  std::vector<double> around = evenly(-4, 4, 25);
  for (double& u : around) u = std::sinh(u);
  const Node near = clamped(maxima + scales * along_first(graph, around, rank - 1), line.first(), line.last());
  const Node ends = stacked({v_of(0.0 * centre + line.first()), v_of(0.0 * centre + line.last())});
  const Node low = line.is_all() ? maximum(row(ends, 0), -widest) : row(ends, 0), high = line.is_all() ? minimum(row(ends, 1), widest) : row(ends, 1);
  const Node far = low + (high - low) * along_first(graph, evenly(0, 1, search_points), columns.rank() + 1);
  edges = concat({minimum(maximum(v_of(merged(near)), low), high), far}, 0);
}

void Table::make_panels() {
  // At first also 7 times farther out than the density is seen, where it may rise once more.
  for (int round = 0; round < grid_rounds; ++round) edges = regrid(edges, log_f_of_v(edges), points, depth, round < 2 ? 2 : 0);
  edges = regrid(edges, log_f_of_v(edges), panels_at_first + 1, depth);
  for (const std::int64_t count : {panels_then, panels}) edges = split_panels(edges, merged(log_f_of_v(points_of(edges))), count);
  edges = stop_gradient(edges);
  v = points_of(edges);
  x = x_of(v);
  y = line.y(x);
  log_f = log_f_of_v(v);
  mass = mass_of(edges, log_f);
}

Node Table::points_of(Node edges) const {
  const GaussLegendre& rule = gauss_legendre();
  const std::int64_t p = edges.shape()[0].constant() - 1;
  const Node from = expand_dims(rows(edges, 0, p), 1), to = expand_dims(rows(edges, 1, p + 1), 1);
  const Node t = along_first(edges.graph(), {rule.x, rule.x + GaussLegendre::points}, edges.shape().rank());
  return 0.5 * (from + to) + 0.5 * (to - from) * t;
}

Node Table::mass_of(Node edges, Node log_f) const {
  const GaussLegendre& rule = gauss_legendre();
  const std::int64_t p = edges.shape()[0].constant() - 1;
  const Node half = 0.5 * (rows(edges, 1, p + 1) - rows(edges, 0, p));
  return expand_dims(half, 1) * along_first(edges.graph(), {rule.weight, rule.weight + GaussLegendre::points}, edges.shape().rank()) * exp(log_f);
}

void Table::continue_tails() {
  Graph& graph = edges.graph();
  const std::size_t rank = columns.rank();
  const Node inward = reshape(graph.constant(Tensor::from(std::vector<double>{1, -1})), ones_after({2}, rank + 1));
  const Node ends = stacked({row(edges, 0), row(edges, panels)});
  const Node step = inward * (0.02 * (row(edges, panels) - row(edges, 0)));
  const auto log_f_at = [&](Node at) { return line.is_all() ? log_f_of_v(at) : log_f_of_x(x_of(at)); };
  const auto rate = [&](Node a, Node b) {  // between two places in v, b further in
    const Node distance = line.is_all() ? abs(b - a) : abs(x_of(b) - x_of(a));
    return (log_f_at(b) - log_f_at(a)) / distance;
  };
  const Node top = reduce_max(stop_gradient(log_f), {0, 1});
  const Node there = greater(stop_gradient(log_f_of_v(ends)), top - 80.0);
  const Node at = where(there, ends, 0.0 * ends);  // where there is nothing, a place at which gradients are finite
  const Node first_rate = rate(at, at + step);
  const Node falls = logical_and(there, greater(first_rate, 0.0));
  tail_mass = where(falls, exp(where(there, log_f_at(at), 0.0)) / where(falls, first_rate, 1.0), where(there, infinity, 0.0 * ends));
  tail_log_f = log_f_at(ends);
  tail_rate = stop_gradient(rate(ends, ends + step));
  tail_is_power = less(abs(tail_rate - stop_gradient(rate(ends + step, ends + 2.0 * step))), 0.01 * maximum(tail_rate, 0.1));
  tail_v = ends;

  const Node panel = reduce_sum(mass, {1}), none = expand_dims(0.0 * centre, 0);
  const Node ones = broadcast_to(graph.constant(1.0, DType::float64), edges.shape());
  below = linear_recurrence(ones, concat({panel, none}, 0), {.axes = {0}}) + row(tail_mass, 0);
  above = linear_recurrence(ones, concat({none, panel}, 0), {.axes = {0}, .reverse = true}) + row(tail_mass, 1);
  total = row(below, panels) + row(tail_mass, 1);
}

// asinh((x − c)/s), also where the quotient overflows.
Node Table::v_of(Node x) const {
  const Node d = x - centre, a = abs(d), far = greater(log(maximum(a, 1e-300)) - log_scale, 18.0);
  const Node t = where(far, 0.0, mul_exp(a, -log_scale));
  const Node near_v = log1p(t + t * t / (1.0 + sqrt(1.0 + t * t)));
  return sign(d) * where(far, log(where(far, a, 1.0)) - log_scale + std::numbers::ln2, near_v);
}

Node Table::offset(Node v) const {
  const Node a = abs(v), far = greater(a, 30.0), near_v = where(far, 0.0, a);
  const Node e = expm1(near_v), sinh = 0.5 * (e + e / (e + 1.0));
  return sign(v) * where(far, exp(where(far, a, 0.0) + log_scale - std::numbers::ln2), scale * sinh);
}

Node Table::x_of(Node v) const { return centre + offset(v); }

Node Table::log_slope(Node v) const {
  const Node a = abs(v);
  return log_scale + a + log1p(exp(-2.0 * a)) - std::numbers::ln2;
}

Node Table::log_f_of_x(Node x) const {
  const Node value = log_density(line.y(x)) + line.log_slope(x);
  return where(equal(value, value), value, -infinity);
}

Node Table::log_f_of_v(Node v) const { return log_f_of_x(x_of(v)) + log_slope(v); }

Node Table::normaliser(Node answer, std::string_view what) const {
  return checked_mass(total, answer, fmt::format("{} of \"{}\"", what, log_density.distribution().name()), tolerance);
}

}  // namespace loglik::numerical
