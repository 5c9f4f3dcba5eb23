// Nondecreasing elementwise ops move behind a max pool where nothing else reads them.
#include <gtest/gtest.h>

#include <limits>

#include "ops/ops.h"
#include "tests/ops/patterns.h"

namespace loglik {
namespace {

using Activation = std::function<Node(Node)>;

constexpr std::int64_t side = 9;

Node image(Graph& graph) { return normal_parameter(graph, "x", {3, 4, side, side}); }
Node bias(Graph& graph) { return reshape(normal_parameter(graph, "bias", {4}), {4, 1, 1}); }

// Is the pool the first op to read x?
bool pools_first(const std::function<Node(Graph&)>& build) {
  Graph graph;
  graph.output("y", build(graph));
  const Graph after = recognize_patterns(graph);
  for (std::size_t i = 0; i < after.node_count(); ++i)
    if (after.record(i).op->name() == "max_pool2d") return after.record(i).inputs[0].name() == "x";
  return false;
}

TEST(MaxPoolPattern, MovesNondecreasingOpsBehindThePool) {
  for (const MaxPoolOptions& options : std::vector<MaxPoolOptions>{{}, {.window = 3, .stride = 2, .padding = 1}, {.window = {2, 3}}})
    for (const bool with_bias : {true, false}) {
      const auto build = [&](Graph& graph) {
        const Node x = image(graph);
        return max_pool2d(relu(with_bias ? x + bias(graph) : x), options);
      };
      EXPECT_TRUE(pools_first(build));
      const Recognized result = recognize([&](Graph& graph) { return std::vector{build(graph)}; });
      EXPECT_TRUE(result.same_bits);
      EXPECT_LE(result.worst, most_by_patterns);
    }
}

TEST(MaxPoolPattern, TakesWhateverSaysThatItIsNondecreasing) {
  const std::vector<std::pair<const char*, Activation>> monotone = {{"tanh", [](Node x) { return tanh(x); }},
                                                                    {"sigmoid", [](Node x) { return sigmoid(x); }},
                                                                    {"softplus", [](Node x) { return softplus(x); }},
                                                                    {"elu", [](Node x) { return elu(x); }},
                                                                    {"selu", [](Node x) { return selu(x); }},
                                                                    {"leaky_relu", [](Node x) { return leaky_relu(x); }},
                                                                    {"exp", [](Node x) { return exp(x); }},
                                                                    {"maximum", [](Node x) { return maximum(x, 0.25); }},
                                                                    {"minimum", [](Node x) { return minimum(x, 0.25); }},
                                                                    {"number", [](Node x) { return x + 1.5; }},
                                                                    {"twice", [](Node x) { return relu(tanh(x) + 0.5); }}};
  for (const auto& [name, f] : monotone) {
    const auto build = [&f = f](Graph& graph) { return max_pool2d(f(image(graph))); };
    EXPECT_TRUE(pools_first(build)) << name;
    EXPECT_LE(recognize([&](Graph& graph) { return std::vector{build(graph)}; }).worst, most_by_patterns) << name;
  }
  const std::vector<std::pair<const char*, Activation>> others = {
      {"negative", [](Node x) { return -x; }},          {"abs", [](Node x) { return abs(x); }},
      {"square", [](Node x) { return square(x); }},     {"gelu", [](Node x) { return gelu(x); }},
      {"silu", [](Node x) { return silu(x); }},         {"log", [](Node x) { return log(x); }},
      {"sum with itself", [](Node x) { return x + x; }}};
  for (const auto& [name, f] : others) EXPECT_FALSE(pools_first([&f = f](Graph& graph) { return max_pool2d(f(image(graph))); })) << name;
}

TEST(MaxPoolPattern, NeedsOperandsThatAreConstantInAChannel) {
  const auto adds = [](Shape shape) {
    return pools_first([&](Graph& graph) { return max_pool2d(image(graph) + normal_parameter(graph, "b", shape)); });
  };
  EXPECT_TRUE(adds({3, 4, 1, 1}));
  EXPECT_TRUE(adds({1, 1}));
  EXPECT_FALSE(adds({4, 1, side}));
  EXPECT_FALSE(adds({4, side, 1}));
  EXPECT_FALSE(adds({side}));
  EXPECT_FALSE(adds({3, 4, side, side}));
  EXPECT_FALSE(pools_first([](Graph& graph) {  // x itself is stretched
    return max_pool2d(normal_parameter(graph, "x", {3, 4, 1, 1}) + broadcast_to(normal_parameter(graph, "b", {1, 1}), {side, side}));
  }));
}

TEST(MaxPoolPattern, LeavesWhatOthersRead) {
  EXPECT_FALSE(pools_first([](Graph& graph) {
    const Node h = relu(image(graph));
    return max_pool2d(h) + reduce_sum(h);
  })) << "another reader";
  EXPECT_FALSE(pools_first([](Graph& graph) {
    const Node h = relu(image(graph));
    graph.output("h", h);
    return max_pool2d(h);
  })) << "an output";
  EXPECT_FALSE(pools_first([](Graph& graph) {
    const Node y = max_pool2d(relu(image(graph)));
    return y * cast(y.output(1), DType::float32);
  })) << "positions are read, which differ where relu is 0";
  EXPECT_FALSE(pools_first([](Graph& graph) { return max_pool2d(relu(image(graph)), {.window = 3, .stride = 1, .padding = 1}); }))
      << "as many windows as pixels";
}

TEST(MaxPoolPattern, KeepsNaN) {
  Graph graph;
  const Node x = graph.input("x", {1, 1, 2, 4}), y = max_pool2d(relu(x + 1.0));
  graph.output("y", y);
  const Graph after = recognize_patterns(graph);
  const float nan = std::numeric_limits<float>::quiet_NaN(), inf = std::numeric_limits<float>::infinity();
  const Tensor values = Tensor::from<float>({1, nan, -inf, -inf, -3, 2, -inf, -inf}).reshape({1, 1, 2, 4});
  const Tensor got = interpret(after.outputs()[0].second, {{"x", values}});
  EXPECT_TRUE(std::isnan(got.at(0)));
  EXPECT_EQ(got.at(1), 0);
}

}  // namespace
}  // namespace loglik
