#include <fmt/format.h>

#include "framework/fused_elementwise.h"
#include "framework/passes/passes.h"
#include "ops/ops.h"
#include "tests/framework/passes/fusion.h"

// Fused or not, reductions give the same bits; and what was fused is what should have been.
namespace loglik {
namespace {

using namespace test;

std::size_t value_outputs(const Graph& graph) {  // of fused nodes, that have the shape of their elements
  std::size_t count = 0;
  for (std::size_t i = 0; i < graph.node_count(); ++i)
    if (const auto* op = dynamic_cast<const FusedElementwise*>(graph.record(i).op.get())) count += graph.record(i).outputs.size() - op->reductions().size();
  return count;
}

TEST(FuseReductions, EndsAChain) {
  Graph graph;
  const Node x = graph.input("x", {batch, 5});
  graph.output("y", reduce_sum(exp(x) * x, {0}));
  const Graph after = fuse_reductions(fuse_elementwise(graph));
  EXPECT_EQ(joined(after), std::vector<std::string>{"exp mul reduce_sum"});
  EXPECT_EQ(value_outputs(after), 0u) << "what only the reduction reads is not written";
  EXPECT_EQ(fuse_reductions(after).node_count(), after.node_count()) << "the second time";
}

TEST(FuseReductions, TakesASingleOpToo) {
  Graph graph;
  const Node x = graph.input("x", {batch, 5});
  graph.output("y", reduce_max(x * x, {1}));
  EXPECT_EQ(joined(fuse_reductions(graph)), std::vector<std::string>{"mul reduce_max"});
}

TEST(FuseReductions, KeepsWhatOthersRead) {
  Graph graph;
  const Node x = graph.input("x", {3, 3}), h = exp(x) + 1.0;
  graph.output("product", matmul(h, x));
  graph.output("bias", reduce_sum(h, {0}));
  graph.output("norm", sum_of_squares(h));
  const Graph after = fuse_reductions(fuse_elementwise(graph));
  EXPECT_EQ(joined(after), std::vector<std::string>{"exp add reduce_sum"}) << "the norm, over all axes, does not suit";
  EXPECT_EQ(value_outputs(after), 1u);
}

TEST(FuseReductions, LeavesWhatDoesNotFit) {
  Graph graph;
  const Node x = graph.input("x", {batch, 4, 5});
  graph.output("ends", reduce_sum(x * x, {1}));          // kept axes that are not neighbours
  graph.output("variance", reduce_variance(-x, {0}));    // needs two passes
  EXPECT_TRUE(joined(fuse_reductions(graph)).empty());
}

TEST(FuseReductions, JoinsTheLossOfALayerAndItsBiasGradient) {
  Graph graph;
  const Node x = graph.input("x", {batch, 784}), h = tanh(x) * x;
  graph.output("by_sample", reduce_sum(h, {1}));
  graph.output("by_unit", reduce_sum(x + h, {0}));
  EXPECT_EQ(joined(fuse_reductions(fuse_elementwise(graph))), std::vector<std::string>{"tanh mul add reduce_sum reduce_sum"});
}

// Elements of `shape`, reduced over `axes` by every fold there is.
Graph reductions(const Shape& shape, const std::vector<std::int64_t>& axes, bool keep_value) {
  Graph graph;
  const Node x = graph.input("x", shape);
  const Node value = x * 1.5 + x;
  graph.output("sum", reduce_sum(value, axes));
  graph.output("mean", reduce_mean(value, axes, true));
  graph.output("max", reduce_max(x * x, axes));
  graph.output("prod", reduce_prod(cast(x, DType::float64) * 0.5 + 1.0, axes));
  graph.output("count", reduce_sum(cast(greater(x, 0.5), DType::int32), axes));
  if (axes.size() == 1 && shape[static_cast<std::size_t>(axes[0])] != Dim(0)) graph.output("where", argmax(x - 1.0, axes[0]));
  if (axes.empty()) graph.output("norm", sum_of_squares(value));
  if (keep_value) graph.output("value", value);
  return graph;
}

TEST(FuseReductions, GivesTheSameBits) {
  struct Case {
    Extents extents;
    std::vector<std::int64_t> axes;
  };
  const std::vector<Case> cases{
      {{64, 784}, {0}},      {{64, 784}, {1}},        {{1001, 37}, {0}},   {{1001, 37}, {1}},      {{3, 40000}, {1}},      {{3, 40000}, {0}},
      {{20, 3000}, {0}},     {{100003}, {}},          {{64, 784}, {}},     {{33, 6, 14, 14}, {0, 2, 3}}, {{70, 3, 37, 41}, {0, 2, 3}},
      {{5, 1, 7, 7}, {0, 2, 3}}, {{1, 784}, {0}},     {{784, 1}, {1}},     {{1, 1}, {}},           {{0, 5}, {0}},          {{0, 5}, {1}},
      {{5, 0}, {1}},         {{300, 200, 10}, {2}},   {{300, 200, 10}, {0, 1}}, {{9, 200, 100}, {0}}, {{4, 5000, 3}, {1, 2}}, {{2, 70000}, {1}}};
  for (const Case& c : cases)
    for (const bool keep_value : {false, true}) {
      const Graph plain = reductions(Shape(std::span<const std::int64_t>(c.extents)), c.axes, keep_value), after = fuse_reductions(fuse_elementwise(plain));
      EXPECT_FALSE(joined(after).empty());
      expect_same_bits(plain, after, {{"x", floats(c.extents, 1)}}, fmt::format("{{{}}} over {{{}}}", fmt::join(c.extents, ", "), fmt::join(c.axes, ", ")));
    }
}

// Several reductions of one pass: they share the elements' order, not the axes.
TEST(FuseReductions, GivesTheSameBitsTogether) {
  for (const Extents& extents : std::vector<Extents>{{128, 784}, {1000, 3}, {3, 50000}, {1, 900}, {0, 3}, {64, 8, 100}, {64, 1, 784}}) {
    Graph graph;
    const Node x = graph.input("x", Shape(std::span<const std::int64_t>(extents))), h = tanh(x) * x, g = h - x;
    graph.output("rows", reduce_sum(h, {-1}));
    graph.output("columns", reduce_sum(g, {0}));
    graph.output("largest", reduce_max(g, {-1}));
    graph.output("g", g);
    const Graph after = fuse_reductions(fuse_elementwise(graph));
    EXPECT_EQ(joined(after).size(), 1u);
    expect_same_bits(graph, after, {{"x", floats(extents, 2)}}, fmt::format("{{{}}}", fmt::join(extents, ", ")));
  }
}

}  // namespace
}  // namespace loglik
