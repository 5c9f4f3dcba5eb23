#include "ops/distributions/forecast_scores.h"

#include <fmt/format.h>

#include <vector>

#include "framework/error.h"
#include "framework/graph.h"
#include "framework/log_prob_type.h"
#include "framework/primitives.h"
#include "ops/arithmetic.h"
#include "ops/concat.h"
#include "ops/distributions/answers.h"
#include "ops/distributions/von_mises.h"
#include "ops/exponential.h"
#include "ops/shape.h"
#include "ops/slice.h"

namespace loglik {
namespace {

// ‖x‖ over the last axes; at 0 its gradient is 0.
Node norm(Node x, std::size_t axes) {
  if (axes == 0) return abs(x);
  std::vector<std::int64_t> last;
  for (std::size_t i = 0; i < axes; ++i) last.push_back(-1 - static_cast<std::int64_t>(i));
  const Node sum = reduce_sum(x * x, last), positive = greater(sum, 0.0);
  return where(positive, sqrt(where(positive, sum, 1.0)), 0.0);
}

}  // namespace

Node dawid_sebastiani(const Distribution& d, Node y) {
  const Node spread = variance(d);
  return log(spread) + square(y - mean(d)) / spread;
}

Node interval_score(const Distribution& d, Node y, double level) {
  auto [low, high] = central_interval(d, level);
  const DType dtype = log_prob_type(d, low.graph()).dtype;
  for (Node* number : {&low, &high, &y})  // of labels these are integers
    if (!is_float(number->dtype())) *number = cast(*number, dtype);
  const double factor = 2 / (1 - level);
  return (high - low) + factor * maximum(low - y, 0.0) + factor * maximum(y - high, 0.0);
}

Node energy_score(const Distribution& d, Node y, std::string_view key, std::int64_t draws) {
  if (draws < 2) throw ArgumentError(fmt::format("energy_score: draws is {}, must be 2 or more", draws));
  if (d.support() && is_of_angles(*d.support()))
    throw ArgumentError(fmt::format("energy_score: {} is of angles, whose distance is not that of numbers", d.name()));
  std::vector<Node> xs;
  for (std::int64_t i = 0; i < draws; ++i) xs.push_back(expand_dims(sample(d, fmt::format("{}_{}", key, i)), 0));
  const Node x = concat(xs, 0);
  const auto m = static_cast<double>(draws);
  const Node distance = reduce_sum(norm(x - y, d.event_rank()), {0}) / m;
  // Each pair once, by turning the draws: those i places apart.
  Node pairs;
  for (std::int64_t i = 1; i <= draws / 2; ++i) {
    const Node turned = concat({slice(x, 0, {.begin = i}), slice(x, 0, {.end = i})}, 0);
    const Node sum = reduce_sum(norm(x - turned, d.event_rank()), {0});
    const Node share = 2 * i == draws ? 0.5 * sum : sum;
    pairs = pairs ? pairs + share : share;
  }
  return distance - pairs / (m * (m - 1));
}

}  // namespace loglik
