#pragma once
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "framework/graph.h"
#include "framework/interpret.h"
#include "framework/passes/passes.h"
#include "framework/passes/rewriter.h"
#include "framework/primitives.h"
#include "ops/initializers.h"

namespace loglik {

/// What a composition became with patterns, and how far that is from what it is without.
struct Recognized {
  std::map<std::string, int> ops;  ///< by name, of the forward pass
  double worst = 0;                ///< difference of a value or a parameter's gradient, over the largest magnitude of its tensor
  bool same_bits = true;           ///< of the values

  int count(const std::string& op) const { return ops.contains(op) ? ops.at(op) : 0; }
};

/// `build` makes outputs of parameters. The loss is a weighted sum of the float ones, weights that are all different.
inline Recognized recognize(const std::function<std::vector<Node>(Graph&)>& build) {
  Graph graph;
  std::vector<std::pair<std::string, Node>> outputs;
  Node loss = graph.constant(0.0, DType::float64);
  for (const Node y : build(graph)) {
    outputs.emplace_back("y" + std::to_string(outputs.size()), y);
    if (!is_float(y.dtype())) continue;
    Tensor weights(y.dtype(), y.shape().constant());
    for_float(y.dtype(), [&]<class T>() { fill_normal<T>({0, 0, outputs.size()}, 0, weights.mutable_values<T>()); });
    loss = loss + cast(reduce_sum(y * graph.constant(weights)), DType::float64);
  }
  outputs.emplace_back("loss", loss);
  const Graph plain = extract(graph, outputs, {}), recognized = recognize_patterns(plain);
  Recognized result;
  const std::vector<char> live = live_nodes(recognized);
  for (std::size_t i = 0; i < recognized.node_count(); ++i)
    if (live[i]) ++result.ops[std::string(recognized.record(i).op->name())];

  const auto values = [](const Graph& g) {
    std::vector<Node> nodes;
    for (const auto& [name, node] : g.outputs()) nodes.push_back(node);
    return interpret(nodes);
  };
  const Graph trained = simplify(differentiate(plain, "loss")), trained_recognized = simplify(differentiate(recognized, "loss"));
  const std::vector<Tensor> expected = values(trained), got = values(trained_recognized);
  EXPECT_EQ(expected.size(), got.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    double largest = 0, apart = 0;
    for (std::int64_t k = 0; k < expected[i].count(); ++k) {
      largest = std::max(largest, std::abs(expected[i].at(k)));
      const bool both_nan = std::isnan(expected[i].at(k)) && std::isnan(got[i].at(k));
      if (!both_nan && expected[i].at(k) != got[i].at(k)) apart = std::max(apart, std::abs(expected[i].at(k) - got[i].at(k)));
    }
    if (apart > 0) result.worst = std::max(result.worst, apart / largest);
    if (i + 1 < outputs.size()) result.same_bits &= expected[i].same_bits(got[i]);
  }
  return result;
}

/// A parameter of normal values, to be a pattern's input.
inline Node normal_parameter(Graph& graph, std::string_view name, Shape shape, DType dtype = DType::float32) {
  return graph.parameter(name, shape, normal_initializer(), dtype);
}

constexpr double most_by_patterns = 1e-5;  ///< what patterns may change in one step, of a tensor's largest magnitude

}  // namespace loglik
