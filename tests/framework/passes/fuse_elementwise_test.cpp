#include <gtest/gtest.h>

#include <cstring>

#include "framework/elementwise.h"
#include "framework/error.h"
#include "framework/passes/passes.h"
#include "ops/ops.h"
#include "tests/framework/passes/fusion.h"

// Fused or not, the same bits; and what was fused is what should have been.
namespace loglik {
namespace {

using namespace test;

std::size_t ops(const Graph& graph, std::string_view name) {
  std::size_t count = 0;
  for (std::size_t i = 0; i < graph.node_count(); ++i) count += graph.record(i).op->name() == name;
  return count;
}

TEST(FuseElementwise, JoinsAChain) {
  Graph graph;
  const Node x = graph.input("x", {batch, 5}), b = graph.input("b", {5});
  graph.output("y", exp(x + b) * x);
  const Graph after = fuse_elementwise(graph);
  EXPECT_EQ(joined(after), std::vector<std::string>{"add exp mul"});
  EXPECT_EQ(after.node_count(), 3u);
  EXPECT_EQ(fuse_elementwise(after).node_count(), 3u) << "the second time";
}

TEST(FuseElementwise, KeepsWhatOthersReadAsAnOutput) {
  Graph graph;
  const Node x = graph.input("x", {3, 3}), h = x + 1.0, y = h * h;
  graph.output("product", matmul(h, y));
  graph.output("h", h);
  const Graph after = fuse_elementwise(graph);
  EXPECT_EQ(joined(after), std::vector<std::string>{"add mul"});
  const Tensor x_value = normal_tensor({3, 3}, 1).cast(DType::float32);
  EXPECT_EQ(outputs(after, {{"x", x_value}}).at("h").at(4), outputs(graph, {{"x", x_value}}).at("h").at(4));
}

TEST(FuseElementwise, DoesNotGoAroundAnotherOp) {  // x + 1 → matmul → − and x + 1 → −: one op would need its own result
  Graph graph;
  const Node x = graph.input("x", {3, 3}), h = x + 1.0;
  graph.output("y", matmul(h, h) - h);
  const Graph after = fuse_elementwise(graph);
  EXPECT_TRUE(joined(after).empty());
  EXPECT_EQ(after.node_count(), graph.node_count());
}

TEST(FuseElementwise, LeavesOtherShapesAlone) {
  Graph graph;
  const Node x = graph.input("x", {4, 1}), y = graph.input("y", {1, 5});
  graph.output("z", (x + 1.0) * (y + 2.0));  // {4, 5}, from {4, 1} and {1, 5}
  EXPECT_TRUE(joined(fuse_elementwise(graph)).empty());
}

TEST(FuseElementwise, PutsAMaskWhereItIsRead) {  // in the backward pass, so that it takes no memory in between
  Graph graph;
  const Node x = graph.input("x", {3, 3}), h = relu(x + 1.0), mask = greater(h, 0.0);
  graph.output("y", where(mask, matmul(h, h), 0.0));
  EXPECT_EQ(joined(fuse_elementwise(graph)), (std::vector<std::string>{"add relu", "greater where"}));
}

TEST(FuseElementwise, CutsLongChains) {
  Graph graph;
  const Node x = graph.input("x", {batch, 7});
  Node y = x;
  for (int i = 0; i < 100; ++i) y = tanh(y * 1.01 + x);
  graph.output("y", y);
  const Graph after = fuse_elementwise(graph);
  EXPECT_GT(joined(after).size(), 5u);
  const Tensor data = normal_tensor({3, 7}, 1).cast(DType::float32);
  const Tensor expected = outputs(graph, {{"x", data}}).at("y"), value = outputs(after, {{"x", data}}).at("y");
  EXPECT_EQ(std::memcmp(value.data(), expected.data(), 3 * 7 * sizeof(float)), 0);
}

// Many kinds of operands: whole, by row, by column, scalar, of other dtypes; results that are read later and some that are not.
Graph mixed() {
  Graph graph;
  const Node x = graph.input("x", {batch, 37}), row = graph.input("row", {37}), column = graph.input("column", {batch, 1});
  const Node h = tanh(x * row + column), positive = greater(h, 0.25);
  const Node count = cast(positive, DType::int32) + 3;
  const Node wide = cast(h, DType::float64) * 0.5 + cast(count, DType::float64);
  graph.output("h", h);
  graph.output("wide", sqrt(wide * wide));
  graph.output("chosen", where(positive, exp(h), -softplus(x)));
  graph.output("sum", reduce_sum(h * h + sigmoid(x), {0}));
  return graph;
}

TEST(FuseElementwise, GivesTheSameBits) {
  for (const std::int64_t rows : {0, 1, 3, 64, 1001}) {
    const Feed inputs{{"x", normal_tensor({rows, 37}, 1).cast(DType::float32)},
                           {"row", normal_tensor({37}, 2).cast(DType::float32)},
                           {"column", normal_tensor({rows, 1}, 3).cast(DType::float32)}};
    const Graph plain = mixed(), after = fuse_elementwise(plain);
    EXPECT_GE(joined(after).size(), 1u);
    EXPECT_EQ(ops(after, "tanh"), 0u);
    expect_same_bits(plain, after, inputs, std::to_string(rows) + " rows");
  }
}

// A model of the kinds of layers there are, trained with and without: loss, parameters and gradients bit for bit.
TEST(FuseElementwise, TrainsToTheSameBits) {
  const auto train = [](bool fusion) {
    Graph graph;
    Node h = conv2d(graph.input("x", {batch, 1, 8, 8}), {.filters = 3, .kernel = 3, .activation = relu});
    h = dropout(dense(flatten(max_pool2d(h)), {.units = 20, .activation = tanh}), 0.3);
    h = dense(h, {.units = 2});
    const std::vector<Node> raw = split(h, 2, -1);
    graph.head("y", Gaussian{.loc = raw[0], .log_scale = bounded_log_scale(raw[1])});
    Model model = compile(graph, {.seed = 3, .fusion = fusion});
    Session session = model.session();
    const Tensor x = normal_tensor({33, 1, 8, 8}, 1).cast(DType::float32), y = normal_tensor({33, 1}, 2).cast(DType::float32);
    double loss = 0;
    for (int step = 0; step < 20; ++step) loss = session.step({{"x", x}, {"y", y}}).loss;
    return std::pair(loss, model.parameters());
  };
  const auto [loss, parameters] = train(true);
  const auto [plain_loss, plain_parameters] = train(false);
  EXPECT_EQ(loss, plain_loss);
  ASSERT_EQ(parameters.size(), plain_parameters.size());
  for (const auto& [name, value] : parameters) EXPECT_EQ(std::memcmp(value.data(), plain_parameters[name].data(), value.bytes()), 0) << name;
}

TEST(FuseElementwise, StillNamesTheOpThatGaveNan) {
  Graph graph;
  const Node x = graph.input("x", {batch, 3}, DType::float64);
  const Node w = graph.parameter("w", {3}, constant_initializer(1.0), DType::float64);
  graph.head("y", UnitGaussian{reduce_sum(log(w * x), {1})});
  Model model = compile(graph);
  EXPECT_FALSE(joined(model.train_program().graph()).empty());
  Session session = model.session();
  try {
    session.step({{"x", Tensor::from(std::vector<double>{1, 2, 3, 1, -2, 3}, {2, 3})}, {"y", Tensor::from(std::vector<double>{1, 2})}});
    FAIL() << "nothing was thrown";
  } catch (const NumericError& error) {
    EXPECT_NE(std::string(error.what()).find("log at fuse_elementwise_test.cpp"), std::string::npos) << error.what();
    EXPECT_NE(std::string(error.what()).find("is the first to give NaN, element 4 of {2, 3}"), std::string::npos) << error.what();
  }
}

struct Cube {  // a user's own
  static constexpr std::string_view name = "cube";
  template <class T>
  T operator()(T x) const {
    return x * x * x;
  }
};

TEST(FuseElementwise, TakesUsersOps) {
  Graph graph;
  const Node x = graph.input("x", {batch});
  graph.output("y", elementwise<Cube>({x + 1.0}) * 2.0);
  EXPECT_EQ(joined(fuse_elementwise(graph)), std::vector<std::string>{"add cube mul"});
}

TEST(FuseElementwise, TakesTimeByTheLength) {  // of a graph, not by its square: a long one ends at all
  Graph graph;
  Node y = graph.input("x", {batch});
  const Node half = graph.constant(0.5, DType::float32), one = graph.constant(1.0, DType::float32);
  for (int i = 0; i < 20'000; ++i) y = y * half + one;
  graph.output("y", y);
  EXPECT_LT(fuse_elementwise(graph).node_count(), 10'000u);
}

}  // namespace
}  // namespace loglik
