#include "ops/distributions/numerical/counts.h"

#include <fmt/format.h>

#include <cmath>
#include <limits>

#include "framework/error.h"
#include "framework/primitives.h"
#include "ops/argmax.h"
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

constexpr double infinity = std::numeric_limits<double>::infinity(), nan = std::numeric_limits<double>::quiet_NaN();
constexpr double most = 4094, log_largest = 36.7;  // 2^53: from there on not every whole number is one of float64
constexpr int search_rounds = 8;
constexpr double fall = 60, least_fall = 40, tolerance = 1e-5;
constexpr double ties = 1e-12;  // a p as near to P(Y ≤ y) as this is it

}  // namespace

Counts::Counts(const Distribution& d) : log_density_(d), lower_(d.support()->lower()), upper_(d.support()->upper()) {
  Graph& graph = log_density_.graph();
  const Shape& columns = log_density_.type().shape;
  const bool all = upper_ - lower_ < most;
  const double last = all ? upper_ - lower_ : most;
  if (!all) top_ = searched_top();
  first_ = all ? broadcast_to(graph.constant(lower_, DType::float64), columns) : first_of_window();
  steps_ = along_first(graph, evenly(0, last, static_cast<std::int64_t>(last) + 1), columns.rank() + 1);
  log_p_ = log_p_of(first_ + steps_);
  p_ = exp(log_p_);
  const std::int64_t n = steps_.shape()[0].constant();
  const Node none = expand_dims(0.0 * first_, 0), ones = broadcast_to(graph.constant(1.0, DType::float64), with_first(n + 1, columns));
  below_ = linear_recurrence(ones, concat({p_, none}, 0), {.axes = {0}});
  above_ = linear_recurrence(ones, concat({none, p_}, 0), {.axes = {0}, .reverse = true});
}

Node Counts::log_p_of(Node k) const {
  const Node inside = logical_and(greater_equal(k, lower_), less_equal(k, upper_));
  const Node value = log_density_(where(inside, k, lower_));
  return where(logical_and(inside, equal(value, value)), value, -infinity);
}

Node Counts::searched_top() const {
  Graph& graph = log_density_.graph();
  const Shape& columns = log_density_.type().shape;
  const auto number = [&](Node t) { return lower_ + floor(exp(t)); };  // 0 below e⁰
  Node t = over_columns(graph, evenly(-0.5, log_largest, 257), columns), maximum_t;
  for (int round = 0; round < search_rounds; ++round) {
    const Node found = mode_search(t, log_p_of(number(t)), 1);
    t = found;
    maximum_t = row(found.output(1), 0);
  }
  return number(stop_gradient(maximum_t));
}

Node Counts::first_of_window() const {
  // The whole powers of 2^½ are near enough.
  const Node distance = over_columns(log_density_.graph(), evenly(0, log_largest, 107), log_density_.type().shape);
  const Node fallen = fall_search(distance, log_p_of(top_ - floor(exp(distance))), expand_dims(log_p_of(top_), 0), fall);
  return stop_gradient(maximum(top_ - floor(exp(row(fallen, 1))), lower_));
}

// NaN, which is refused, where the window ends too early.
Node Counts::normaliser(Node answer, std::string_view what) const {
  const std::int64_t n = steps_.shape()[0].constant();
  const Node last = row(first_ + steps_, n - 1), enough = logical_or(less(row(log_p_, n - 1), reduce_max(log_p_, {0}) - least_fall), greater_equal(last, upper_));
  return checked_mass(row(below_, n), where(enough, answer, nan), fmt::format("{} of \"{}\"", what, log_density_.distribution().name()), tolerance);
}

Node Counts::mean() const {
  const Node sum = reduce_sum(p_ * steps_, {0});
  return first_ + sum / normaliser(sum, "mean");
}

Node Counts::variance() const {
  const Node sum = reduce_sum(p_ * steps_, {0}), mass = normaliser(sum, "variance");
  return reduce_sum(p_ * square(steps_ - sum / mass), {0}) / mass;
}

// Refused where the maximum is at an end of what is looked at: there is a higher one beyond.
Node Counts::mode() const {
  if (!top_) return first_ + cast(argmax(log_p_, 0, false), DType::float64);
  const Node first = stop_gradient(maximum(top_ - 0.5 * most, lower_));
  const Node index = cast(argmax(log_p_of(first + steps_), 0, false), DType::float64);
  const Node found = first + index, inner = logical_or(greater(index, 0.0), equal(first, lower_));
  // At the last numbers that were searched steps of a rising log p may be below its rounding.
  const Node is_searched = less(top_, 0.99 * std::exp(log_largest));
  const Node is_inside = logical_and(logical_and(inner, is_searched), logical_or(less(index, most), greater_equal(found, upper_)));
  const std::string what = fmt::format("mode of \"{}\"", log_density_.distribution().name());
  return found * checked_mass(0.0 * first + 1.0, where(is_inside, found, nan), what, tolerance);
}

Node Counts::entropy() const {
  const Node sum = -reduce_sum(p_ * where(greater(p_, 0.0), log_p_, 0.0), {0}), mass = normaliser(sum, "entropy");
  return sum / mass + log(mass);
}

Node Counts::kl(const std::function<Node(Node)>& log_q) const {
  const Node counts = greater(p_, 0.0);
  const Node sum = reduce_sum(where(counts, p_ * where(counts, log_p_ - log_q(first_ + steps_), 0.0), 0.0), {0}), mass = normaliser(sum, "kl");
  return sum / mass - log(mass);
}

Node Counts::widened(Node y) const {
  if (y.dtype() != DType::float64) y = cast(y, DType::float64);
  const Shape shape = broadcast_shapes(y.shape(), first_.shape());
  return y.shape() == shape ? y : broadcast_to(y, shape);
}

namespace {

Node taken(Node x, Node place) { return take_in_column(fitted(x, place.shape()), cast(place, DType::int32)); }

}  // namespace

Node Counts::place(Node y) const {
  const auto n = static_cast<double>(steps_.shape()[0].constant());
  return minimum(maximum(y - first_, 0.0), n);
}

Node Counts::mass(Node y, bool upper, std::string_view what) const {
  y = widened(y);
  const Node is_number = equal(y, y), at = place(floor(where(is_number, y, lower_)) + 1.0);
  return where(is_number, taken(upper ? above_ : below_, at), nan) / normaliser(row(below_, steps_.shape()[0].constant()), what);
}

// From the nearer end: the first number with P(Y ≤ y) ≥ p, or P(Y > y) ≤ 1 − p.
Node Counts::quantile(Node p) const {
  p = widened(p);
  const std::int64_t n = steps_.shape()[0].constant();
  const Node mass = normaliser(row(below_, n), "quantile");
  const Node lower = panel_index(fitted(stop_gradient(below_ / mass), p.shape()), stop_gradient(p * (1 - ties)));
  const Node upper = panel_index(fitted(stop_gradient(-above_ / mass), p.shape()), stop_gradient((p - 1.0) * (1 + ties) - 4e-16));
  const Node found = first_ + cast(where(less(p, 0.5), lower, upper), DType::float64);
  return where(logical_and(greater_equal(p, 0.0), less_equal(p, 1.0)), where(equal(p, 1.0), upper_, where(equal(p, 0.0), lower_, found)), nan);
}

// Σ F² over the numbers below y and Σ (1 − F)² over the others: outside the window one of them is 1.
Node Counts::crps(Node y) const {
  y = widened(y);
  const Node is_number = equal(y, y);
  y = where(is_number, y, lower_);
  const std::int64_t n = steps_.shape()[0].constant();
  const Node mass = normaliser(row(below_, n), "crps"), none = expand_dims(0.0 * first_, 0);
  const Node ones = broadcast_to(y.graph().constant(1.0, DType::float64), below_.shape());
  const Node f = rows(below_, 1, n + 1) / mass, s = rows(above_, 1, n + 1) / mass;
  const Node left = linear_recurrence(ones, concat({square(f), none}, 0), {.axes = {0}});
  const Node right = linear_recurrence(ones, concat({none, square(s)}, 0), {.axes = {0}, .reverse = true});
  const Node at = place(y);
  const Node outside = maximum(first_ - y, 0.0) + maximum(y - first_ - static_cast<double>(n), 0.0);
  return where(is_number, taken(left, at) + taken(right, at) + outside, nan);
}

}  // namespace loglik::numerical
