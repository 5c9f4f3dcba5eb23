#include <fmt/format.h>
#include <gtest/gtest.h>

#include "framework/error.h"
#include "framework/interpret.h"
#include "framework/model.h"
#include "framework/primitives.h"
#include "ops/activations.h"
#include "ops/conv2d.h"
#include "ops/dense.h"
#include "ops/shape.h"
#include "tests/ops/derivatives.h"
#include "tests/ops/expect_error.h"

namespace loglik {
namespace {

const std::string file = "layers_test.cpp";

// 0, 0.1, 0.2, …: values that tell rows from columns.
Initializer counting() {
  return {"counting", [](Tensor& values, RandomKey) {
            for (std::int64_t i = 0; i < values.count(); ++i)
              for_float(values.dtype(),
                        [&]<class T>() { values.mutable_values<T>()[static_cast<std::size_t>(i)] = static_cast<T>(i) / 10; });
          }};
}

TEST(Dense, MultipliesAndAdds) {
  Graph graph;
  const Node x = graph.constant(Tensor::from<double>({1, 2, 3, -1, 0, 1}, {2, 3}));
  const DenseOptions options{.units = 2, .weight_initializer = counting(), .bias_initializer = constant_initializer(-1)};
  Dense layer(graph, options);
  const Node y = layer(x);
  EXPECT_EQ(layer.weight().shape(), (Shape{3, 2}));
  EXPECT_EQ(layer.bias().shape(), (Shape{2}));
  EXPECT_EQ(layer.weight().dtype(), DType::float64);
  // {0, 0.1; 0.2, 0.3; 0.4, 0.5}
  expect_close(interpret(y), {0.6, 1.2, -0.6, -0.6}, 8);
  DenseOptions rectified = options;
  rectified.activation = relu;
  expect_close(interpret(dense(x, rectified)), {0.6, 1.2, 0, 0}, 8);
  DenseOptions halved = options;
  halved.activation = [](Operand v) { return v / 2.0; };
  expect_close(interpret(dense(x, halved)), {0.3, 0.6, -0.3, -0.3}, 8);
  DenseOptions plain = options;
  plain.use_bias = false;
  Dense unbiased(graph, plain);
  expect_close(interpret(unbiased(x)), {1.6, 2.2, 0.4, 0.4}, 8);
  EXPECT_FALSE(unbiased.bias());
}

TEST(Dense, WorksAlongTheLastAxis) {
  Graph graph;
  const Node x = graph.input("x", {batch, graph.dim("time"), 5});
  EXPECT_EQ(dense(x, {.units = 7, .activation = relu}).shape(), (Shape{batch, graph.dim("time"), 7}));
  EXPECT_EQ(dense(graph.input("y", {batch, 1}), {.units = 1}).shape(), (Shape{batch, 1}));
}

TEST(Dense, SharesItsParameters) {
  Graph graph;
  Dense layer(graph, {.units = 4});
  const Dense copy = layer;  // before the first call
  EXPECT_FALSE(layer.weight());
  const Node x = graph.input("x", {batch, 3});
  const Node y = layer(x), z = copy(x);
  EXPECT_EQ(y.inputs()[1], z.inputs()[1]);
  EXPECT_EQ(layer.weight(), copy.weight());
  int parameters = 0;
  for (std::size_t i = 0; i < graph.node_count(); ++i) parameters += graph.record(i).op->name() == "variable";
  EXPECT_EQ(parameters, 2);
}

// Initial values are drawn by name: layers named the same begin the same, whatever else is in the graph.
TEST(Layers, AreNamedByTheGraphNotByTheOrderOfCreation) {
  Graph graph;
  const Node x = graph.input("x", {batch, 1, 6, 6});
  Dense last(graph, {.units = 1});  // made first, called last
  Node h = conv2d(x, {.filters = 2, .kernel = 3, .activation = relu});
  {
    const Scope encoder = graph.scope("encoder");
    h = conv2d(h, {.filters = 3, .kernel = 2, .name = "second"});
    h = dense(flatten(h), {.units = 4, .activation = relu});
  }
  const Node y = last(dense(h, {.units = 5}));
  graph.add_term("size", reshape(y, {batch}), Per::sample);
  const Model model = compile(graph);
  std::vector<std::string> names;
  for (const auto& [name, value] : model.parameters()) names.push_back(fmt::format("{} {}", name, to_string(std::span(value.extents()))));
  std::sort(names.begin(), names.end());
  EXPECT_EQ(names,
            (std::vector<std::string>{"conv2d_1/bias {2}", "conv2d_1/weight {2, 1, 3, 3}", "dense_1/bias {5}", "dense_1/weight {4, 5}",
                                      "dense_2/bias {1}", "dense_2/weight {5, 1}", "encoder/dense_1/bias {4}",
                                      "encoder/dense_1/weight {27, 4}", "encoder/second/bias {3}", "encoder/second/weight {3, 2, 2, 2}"}));
}

TEST(Layers, BeginWithGlorotWeightsAndZeroBias) {
  Graph graph;
  Dense one(graph, {.units = 200});
  Conv2d two(graph, {.filters = 20, .kernel = 5});
  one(graph.input("x", {batch, 100}));
  two(graph.input("images", {batch, 10, 9, 9}));
  const std::vector<Node> nodes{one.weight(), two.weight(), one.bias(), two.bias()};
  const std::vector<Tensor> values = interpret(nodes);
  const double limits[] = {std::sqrt(6.0 / 300), std::sqrt(6.0 / (250 + 500))};
  for (std::size_t k = 0; k < 2; ++k) {
    double most = 0;
    for (std::int64_t i = 0; i < values[k].count(); ++i) most = std::max(most, std::abs(values[k].at(i)));
    EXPECT_LE(most, limits[k] * (1 + 1e-6));
    EXPECT_GT(most, limits[k] * 0.99);  // all 5,000 draws or more below: probability 0.99^5000 = 1e-22
  }
  for (std::size_t k = 2; k < 4; ++k)
    for (std::int64_t i = 0; i < values[k].count(); ++i) EXPECT_EQ(values[k].at(i), 0);
}

TEST(Layers, ReportTheCallersLine) {
  Graph graph;
  const Node x = graph.input("x", {batch, 3, 8, 8});
  const int line = __LINE__ + 1;
  const Node y = conv2d(x, {.filters = 2, .kernel = 3, .activation = [](Operand v) { return relu(v); }});
  for (std::size_t i = x.index() + 1; i <= y.index(); ++i) EXPECT_EQ(to_string(graph.record(i).site), fmt::format("{}:{}", file, line));
}

TEST(Conv2dLayer, ConvolvesAddsAndActivates) {
  Graph graph;
  const Node x = graph.constant(Tensor::from<double>({1, 2, 3, 4, 5, 6, 7, 8, 9}, {1, 1, 3, 3}));
  Conv2d layer(graph, {.filters = 2,
                       .kernel = 2,
                       .stride = 1,
                       .activation = relu,
                       .weight_initializer = counting(),
                       .bias_initializer = constant_initializer(-5)});
  // Filters {0, 0.1; 0.2, 0.3} and {0.4, 0.5; 0.6, 0.7}: at the first place 0.1·2 + 0.2·4 + 0.3·5 = 2.5 and 0.4 + 1 + 2.4 + 3.5 = 7.3,
  // from place to place 0.6 and 2.2 more a column, three times that a row.
  expect_close(interpret(layer(x)), {0, 0, 0, 0, 2.3, 4.5, 8.9, 11.1}, 32);
  EXPECT_EQ(layer.weight().shape(), (Shape{2, 1, 2, 2}));
  EXPECT_EQ(layer.weight().dtype(), DType::float64);
  EXPECT_EQ(layer.bias().shape(), (Shape{2}));
}

TEST(Conv2dLayer, PassesItsOptionsOn) {
  Graph graph;
  const Node x = graph.input("x", {batch, 4, 9, 8});
  Conv2d layer(graph,
               {.filters = 6, .kernel = {3, 2}, .stride = {2, 1}, .padding = {2, 0}, .dilation = {1, 3}, .groups = 2, .use_bias = false});
  const Node y = layer(x);
  EXPECT_EQ(y.shape(), (Shape{batch, 6, 6, 5}));
  EXPECT_EQ(layer.weight().shape(), (Shape{6, 2, 3, 2}));
  EXPECT_FALSE(layer.bias());
  EXPECT_EQ(to_string(y.op().attributes()), "stride={2, 1}, padding={2, 0}, dilation={1, 3}, groups=2");
  EXPECT_EQ(conv2d(x, {.filters = 8, .kernel = 4, .stride = 2, .padding = Padding::same}).shape(), (Shape{batch, 8, 5, 4}));
  EXPECT_EQ(layer(x).inputs()[1], layer.weight());
}

TEST(Dense, RefusesWhatDoesNotFit) {
  Graph graph;
  const Node x = graph.input("x", {batch, 10});
  Dense layer(graph, {.units = 4});
  const int line = __LINE__ - 1;
  layer(x);
  expect_error<ShapeError>(
      [&] {
        layer(graph.input("wide", {batch, 20}));
      },
      "dense", file, fmt::format("input has 20 features {{batch, 20}}, the layer made at {}:{} expects 10", file, line));
  expect_error<DtypeError>(
      [&] {
        layer(graph.input("precise", {batch, 10}, DType::float64));
      },
      "dense", file, fmt::format("x is float64 {{batch, 10}}, the layer made at {}:{} has float32 parameters: cast x", file, line));
  const Node bytes = graph.input("bytes", {batch, 784}, DType::uint8);
  expect_error<DtypeError>([&] { dense(bytes, {.units = 10}); }, "dense", file,
                           "x is uint8 {batch, 784}, needs float32 or float64: cast it");
  Dense named(graph, {.units = 4, .name = "logits"});
  expect_error<ShapeError>([&] { named(graph.input("row", {10})); }, "dense \"logits\"", file,
                           "input is {10}, needs at least 2 axes {batch, …, features}");
  expect_error<ShapeError>(
      [&] {
        named(graph.input("signal", {batch, graph.dim("time")}));
      },
      "dense \"logits\"", file, "input is {batch, time}: the number of features must be a constant, time is a symbol");
  expect_error<ArgumentError>([&] { dense(x, {}); }, "dense", file, "units = 0, must be at least 1");
  Graph other;
  expect_error<ArgumentError>([&] { layer(other.input("x", {batch, 10})); }, "dense", file, "x belongs to another graph than the layer");
  EXPECT_FALSE(named.weight());  // nothing was made by a call that failed
}

TEST(Conv2dLayer, RefusesWhatDoesNotFit) {
  Graph graph;
  const Node x = graph.input("x", {batch, 3, 8, 8});
  Conv2d layer(graph, {.filters = 4, .kernel = 5, .groups = 1});
  const int line = __LINE__ - 1;
  expect_error<ShapeError>(
      [&] {
        layer(graph.input("small", {batch, 3, 4, 8}));
      },
      "conv2d", file, "the kernel {5, 5} is larger than the padded input {4, 8}");
  expect_error<ShapeError>(
      [&] {
        layer(graph.input("flat", {batch, 192}));
      },
      "conv2d", file, "x is {batch, 192}, needs 4 axes {batch, channels, height, width}, has 2");
  EXPECT_FALSE(layer.weight());
  layer(x);
  expect_error<ShapeError>(
      [&] {
        layer(graph.input("grey", {batch, 1, 8, 8}));
      },
      "conv2d", file, fmt::format("input has 1 channels {{batch, 1, 8, 8}}, the layer made at {}:{} expects 3", file, line));
  expect_error<ShapeError>([&] { conv2d(x, {.filters = 4, .kernel = 3, .groups = 2}); }, "conv2d", file,
                           "3 channels {batch, 3, 8, 8} do not divide into 2 groups");
  expect_error<ShapeError>([&] { conv2d(x, {.filters = 4, .kernel = 3, .groups = 3}); }, "conv2d", file,
                           "4 filters {4, 1, 3, 3} do not divide into 3 groups");
  expect_error<DtypeError>(
      [&] {
        conv2d(graph.input("bytes", {batch, 3, 8, 8}, DType::uint8), {.filters = 4, .kernel = 3});
      },
      "conv2d", file, "x is uint8 {batch, 3, 8, 8}, needs float32 or float64: cast it");
  expect_error<ArgumentError>([&] { conv2d(x, {.kernel = 3}); }, "conv2d", file, "filters = 0, must be at least 1");
  expect_error<ArgumentError>([&] { conv2d(x, {.filters = 3}); }, "conv2d", file, "kernel is {0, 0}, must be at least 1");
  expect_error<ArgumentError>([&] { conv2d(x, {.filters = 3, .kernel = 3, .stride = 0}); }, "conv2d", file,
                              "stride is {0, 0}, must be at least 1");
  expect_error<ArgumentError>([&] { conv2d(x, {.filters = 3, .kernel = 3, .groups = 0}); }, "conv2d", file,
                              "groups = 0, must be at least 1");
}

}  // namespace
}  // namespace loglik
