#include <fmt/format.h>

#include "framework/error.h"
#include "framework/passes/passes.h"
#include "ops/ops.h"
#include "tests/framework/passes/fusion.h"

// Attached or not, epilogues give the same bits; and what was attached is what should have been.
namespace loglik {
namespace {

using namespace test;

Graph attached(const Graph& graph) { return attach_epilogues(fuse_elementwise(graph)); }

TEST(AttachEpilogues, JoinsBiasAndActivationToAProduct) {
  Graph graph;
  const Node x = graph.input("x", {batch, 5}), w = graph.input("w", {5, 3}), b = graph.input("b", {3});
  graph.output("y", relu(matmul(x, w) + b));
  const Graph after = attached(graph);
  EXPECT_EQ(joined(after), std::vector<std::string>{"matmul: add relu"});
  EXPECT_EQ(after.node_count(), 4u);
  EXPECT_EQ(attached(after).node_count(), 4u) << "the second time";
}

TEST(AttachEpilogues, TakesASingleOpToo) {
  Graph graph;
  const Node x = graph.input("x", {batch, 5}), w = graph.input("w", {5, 3});
  const Node product = matmul(x, w);
  graph.output("y", product * product);
  EXPECT_EQ(joined(attached(graph)), std::vector<std::string>{"matmul: mul"});
}

TEST(AttachEpilogues, LeavesAProductThatOthersRead) {
  Graph graph;
  const Node x = graph.input("x", {4, 4}), h = matmul(x, x);
  graph.output("y", h + 1.0);
  graph.output("z", matmul(h, x));
  EXPECT_TRUE(joined(attached(graph)).empty());
  Graph output;
  const Node a = output.input("x", {4, 4}), product = matmul(a, a);
  output.output("product", product);
  output.output("y", product + 1.0);
  EXPECT_TRUE(joined(attached(output)).empty());
}

TEST(AttachEpilogues, LeavesWhatHasNoPlaceForTheProduct) {  // the result is of another size, or another shape
  Graph graph;
  const Node x = graph.input("x", {4, 4}), y = graph.input("y", {3, 4, 4});
  graph.output("mask", greater(matmul(x, x), 0.0));
  graph.output("stretched", matmul(x, x + 1.0) + y);
  EXPECT_TRUE(joined(attached(graph)).empty());
}

TEST(AttachEpilogues, TakesTheLastOfTwoProducts) {
  Graph graph;
  const Node x = graph.input("x", {4, 4});
  graph.output("y", tanh(matmul(x, x) + matmul(x, x + 1.0)));
  const Graph after = attached(graph);
  EXPECT_EQ(joined(after), std::vector<std::string>{"matmul: add tanh"});
}

TEST(AttachEpilogues, KeepsNamesAndLinesOfTheProduct) {
  Graph graph;
  graph.output("y", dense(graph.input("x", {batch, 5}), {.units = 3, .activation = tanh, .name = "layer"}));
  const Graph after = attached(graph);
  std::size_t found = 0;
  for (std::size_t i = 0; i < after.node_count(); ++i)
    if (after.record(i).op->name() == "matmul") {
      ++found;
      EXPECT_EQ(after.scope_path(after.record(i).scope), "layer");
      EXPECT_EQ(std::string(after.record(i).site.file).find("attach_epilogues_test.cpp") == std::string::npos, false);
    }
  EXPECT_EQ(found, 1u);
}

// Every kind of operand: bias, residual, a scalar, one element a row; results of several values and dtypes.
Node epilogue(Graph& graph, Node product, Node bias, Node residual) {
  const Node h = product + bias;
  graph.output("before", h);
  graph.output("after", relu(h) * 0.5 + residual);
  graph.output("positive", greater(h, residual));
  return h;
}

TEST(AttachEpilogues, GivesTheSameBitsOnProducts) {
  struct Sizes {
    std::int64_t m, k, n;
  };
  for (const auto& [m, k, n] : std::vector<Sizes>{{1, 1, 1}, {64, 784, 256}, {128, 400, 784}, {512, 300, 40}, {1000, 256, 1000}, {7, 3, 1}, {0, 4, 3}, {3, 0, 5}}) {
    Graph graph;
    const Node x = graph.input("x", {m, k}), w = graph.input("w", {k, n});
    epilogue(graph, matmul(x, w), graph.input("b", {n}), graph.input("residual", {m, n}));
    const Graph after = attached(graph);
    ASSERT_EQ(joined(after).size(), 1u);
    expect_same_bits(graph, after, {{"x", floats({m, k}, 1)}, {"w", floats({k, n}, 2)}, {"b", floats({n}, 3)}, {"residual", floats({m, n}, 4)}},
                     fmt::format("{{{}, {}}} · {{{}, {}}}", m, k, k, n));
  }
}

TEST(AttachEpilogues, GivesTheSameBitsOnBatchesOfProducts) {
  Graph graph;
  const Node a = graph.input("a", {20, 30, 10}), b = graph.input("b", {20, 10, 15}), c = graph.input("c", {30, 15});
  graph.output("batch", tanh(matmul(a, b) + c));
  graph.output("shared", exp(-matmul(a, graph.input("d", {10, 15}))));
  graph.output("sum", matmul_sum(a, b) * c);
  const Graph after = attached(graph);
  EXPECT_EQ(joined(after), (std::vector<std::string>{"matmul: add tanh", "matmul: neg exp", "matmul_sum: mul"}));
  expect_same_bits(graph, after, {{"a", floats({20, 30, 10}, 1)}, {"b", floats({20, 10, 15}, 2)}, {"c", floats({30, 15}, 3)}, {"d", floats({10, 15}, 4)}}, "batches");
}

TEST(AttachEpilogues, GivesTheSameBitsOnConvolutions) {
  struct Case {
    Extents x, filters;
    ConvolutionOptions options;
    DType dtype = DType::float32;
  };
  const std::vector<Case> cases{{{5, 3, 9, 7}, {8, 3, 3, 3}, {.padding = 1}},
                                {{3, 4, 30, 30}, {6, 4, 3, 3}, {.stride = 2}},
                                {{40, 4, 8, 8}, {6, 2, 3, 3}, {.stride = 2, .groups = 2}},
                                {{3, 16, 20, 20}, {20, 16, 1, 1}, {}},
                                {{5, 3, 9, 7}, {8, 3, 3, 3}, {.padding = 1}, DType::float64},
                                {{2, 3, 40, 40}, {5, 3, 3, 3}, {}, DType::float64},
                                {{33, 3, 9, 7}, {8, 3, 3, 3}, {.padding = 1}},
                                {{64, 6, 14, 14}, {16, 6, 5, 5}, {}},
                                {{32, 16, 12, 12}, {32, 16, 3, 3}, {.padding = 1}},
                                {{17, 5, 6, 6}, {7, 5, 2, 2}, {.stride = 3}},
                                {{0, 3, 9, 7}, {8, 3, 3, 3}, {}}};
  for (const Case& c : cases) {
    Graph graph;
    const Shape shape(std::span<const std::int64_t>(c.x)), filter_shape(std::span<const std::int64_t>(c.filters));
    const Node x = graph.input("x", shape, c.dtype), filters = graph.input("filters", filter_shape, c.dtype);
    const Node bias = graph.input("bias", {c.filters[0], 1, 1}, c.dtype);
    const Node y = conv2d(x, filters, c.options);
    const Node residual = graph.input("residual", y.shape(), c.dtype);
    epilogue(graph, y, bias, residual);
    graph.output("gradient", conv2d_input_gradient(residual, filters, Size2d{c.x[2], c.x[3]}, c.options) * x);
    const Graph after = attached(graph);
    ASSERT_EQ(joined(after).size(), 2u);
    const auto tensor = [&](Node node, std::uint64_t name) { return normal_tensor(node.shape().constant(), name).cast(c.dtype); };
    expect_same_bits(graph, after, {{"x", tensor(x, 1)}, {"filters", tensor(filters, 2)}, {"bias", tensor(bias, 3)}, {"residual", tensor(residual, 4)}},
                     fmt::format("conv2d of {{{}}}", fmt::join(c.x, ", ")));
  }
}

TEST(AttachEpilogues, StillNamesTheOpThatGaveNan) {
  Graph graph;
  const Node x = graph.input("x", {batch, 2});
  const Node w = graph.parameter("w", {2, 1}, constant_initializer(1.0));
  graph.head("y", UnitGaussian{log(matmul(x, w))});
  Model model = compile(graph);
  EXPECT_FALSE(joined(model.train_program().graph()).empty());
  Session session = model.session();
  try {
    session.step({{"x", Tensor::from(std::vector<float>{1, 2, -3, 1}, {2, 2})}, {"y", Tensor::from(std::vector<float>{1, 2}, {2, 1})}});
    FAIL() << "nothing was thrown";
  } catch (const NumericError& error) {
    EXPECT_NE(std::string(error.what()).find("log at attach_epilogues_test.cpp"), std::string::npos) << error.what();
    EXPECT_NE(std::string(error.what()).find("is the first to give NaN, element 1 of {2, 1}"), std::string::npos) << error.what();
  }
}

struct Doubled final : Op {  // a user's own op that offers an epilogue
  std::string_view name() const override { return "doubled"; }
  std::vector<TensorType> infer(std::span<const TensorType> inputs) const override { return {inputs[0]}; }
  bool offers_epilogue() const override { return true; }
  void run(const KernelArgs& args) const override {
    for_float(args.dtype(0), [&]<class T>() {
      args.parallel_for(args.inputs[0].count, 1000, [&](std::int64_t begin, std::int64_t end) {
        for (auto i = static_cast<std::size_t>(begin); i < static_cast<std::size_t>(end); ++i) args.output<T>(0)[i] = 2 * args.input<T>(0)[i];
        args.finished(begin, end);
      });
    });
  }
};

TEST(AttachEpilogues, TakesUsersOps) {
  Graph graph;
  const Node x = graph.input("x", {batch});
  graph.output("y", make_node(std::make_shared<Doubled>(), {x}) + x);
  const Graph after = attached(graph);
  EXPECT_EQ(joined(after), std::vector<std::string>{"doubled: add"});
  expect_same_bits(graph, after, {{"x", floats({12345}, 1)}}, "doubled");
}

}  // namespace
}  // namespace loglik
