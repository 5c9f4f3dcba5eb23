#pragma once
#include <cmath>
#include <numbers>
#include <string>
#include <vector>

#include "framework/dataset.h"
#include "framework/graph.h"
#include "framework/head.h"
#include "framework/initializer.h"
#include "framework/model.h"
#include "framework/optimizers/adam.h"
#include "framework/optimizers/sgd.h"
#include "framework/primitives.h"
#include "framework/random.h"
#include "ops/activations.h"

// Small models, in primitives and float64 where sums are to be compared, and data for them.
namespace loglik::test {

struct UnitGaussian {
  static constexpr std::string_view name = "UnitGaussian";
  Node loc;
  Node log_prob(Node y) const {
    const Node r = y - loc;
    return -0.5 * r * r - 0.5 * std::log(2 * std::numbers::pi);
  }
  Node mean() const { return loc; }
  Support support() const { return Support::real; }
};

struct Coin {
  static constexpr std::string_view name = "Coin";
  Node logit;
  Node log_prob(Node y) const { return where(equal(y, 1), logit, 0.0) - softplus(logit); }
  Node mode() const { return cast(greater(logit, 0.0), DType::int32); }
  Support support() const { return Support::binary; }
  TensorType target() const { return {DType::int32, logit.shape()}; }
};

/// x·w + b for x {batch, 3}, in an order that does not depend on the batch.
inline Node linear(Graph& graph, Node x, const std::string& name) {
  const Scope scope = graph.scope(name);
  const Node w = graph.parameter("w", {3}, constant_initializer(0.1), x.dtype());
  const Node b = graph.parameter("b", {}, constant_initializer(-0.2), x.dtype());
  return reduce_sum(x * w, {1}) + b;
}

/// One head "y", a Gaussian about a line.
inline Graph regression(DType dtype = DType::float64) {
  Graph graph;
  graph.head("y", UnitGaussian{linear(graph, graph.input("x", {batch, 3}, dtype), "line")});
  return graph;
}

/// Heads "delay", a Gaussian, and "late", a coin, of the input "features".
inline Graph two_heads() {
  Graph graph;
  const Node x = graph.input("features", {batch, 3}, DType::float64);
  graph.head("delay", UnitGaussian{linear(graph, x, "delay")});
  graph.head("late", Coin{linear(graph, x, "late")});
  return graph;
}

inline Tensor normal_tensor(Extents extents, std::uint64_t seed) {
  Tensor result(DType::float64, std::move(extents));
  fill_normal<double>({.seed = seed}, 0, result.mutable_values<double>());
  return result;
}

/// 1 + x₀ − 2x₁ and noise.
inline Tensor line_targets(const Tensor& x, std::uint64_t seed) {
  Tensor y = normal_tensor({x.size(0)}, seed);
  for (std::int64_t i = 0; i < y.count(); ++i)
    y.mutable_values<double>()[static_cast<std::size_t>(i)] += 1 + x.at(3 * i) - 2 * x.at(3 * i + 1);
  return y;
}

inline Dataset line_data(std::int64_t rows, std::uint64_t seed = 1) {
  const Tensor x = normal_tensor({rows, 3}, seed);
  return Dataset::from(x, line_targets(x, seed + 1));
}

inline bool same_bits(const TensorMap& a, const TensorMap& b) {
  if (a.size() != b.size()) return false;
  for (const auto& [name, tensor] : a)
    if (!tensor.same_bits(b[name])) return false;
  return true;
}

/// What `f` throws as an E, or "" if it throws nothing.
template <class E, class F>
std::string message(F f) {
  try {
    f();
  } catch (const E& error) {
    return error.what();
  }
  return "";
}

}  // namespace loglik::test
