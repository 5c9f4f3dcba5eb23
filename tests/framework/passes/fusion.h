#pragma once
#include <gtest/gtest.h>

#include <cstring>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "framework/interpret.h"
#include "framework/thread_pool.h"
#include "tests/framework/training.h"

// What the tests of passes that join ops have in common.
namespace loglik::test {

using Feed = std::vector<std::pair<std::string, Tensor>>;

inline std::map<std::string, Tensor> outputs(const Graph& graph, const Feed& feed) {
  std::vector<Node> nodes;
  for (const auto& [name, node] : graph.outputs()) nodes.push_back(node);
  std::map<std::string, Tensor> result;
  std::size_t i = 0;
  for (const Tensor& value : interpret(nodes, feed)) result.emplace(graph.outputs()[i++].first, value);
  return result;
}

/// The "ops" of each node that has such an attribute, in order; after its name unless that is "fused".
inline std::vector<std::string> joined(const Graph& graph) {
  std::vector<std::string> result;
  for (std::size_t i = 0; i < graph.node_count(); ++i) {
    const Op& op = *graph.record(i).op;
    if (!op.attributes().has("ops")) continue;
    const std::string name(op.name());
    result.push_back((name == "fused" ? "" : name + ": ") + op.attributes().get<std::string>("ops"));
  }
  return result;
}

/// Both graphs give the same bits, with any number of threads.
inline void expect_same_bits(const Graph& expected, const Graph& graph, const Feed& feed, const std::string& what) {
  const auto before = outputs(expected, feed);
  for (const int threads : {1, 2, 3, 5, 8}) {
    set_thread_count(threads);
    for (const auto& [name, value] : outputs(graph, feed))
      EXPECT_EQ(std::memcmp(value.data(), before.at(name).data(), value.bytes()), 0) << name << " of " << what << ", " << threads << " threads";
  }
  set_thread_count(1);
}

inline Tensor floats(Extents extents, std::uint64_t name) { return normal_tensor(std::move(extents), name).cast(DType::float32); }

}  // namespace loglik::test
