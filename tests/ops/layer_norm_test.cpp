#include "ops/layer_norm.h"

#include <cmath>

#include "framework/error.h"
#include "ops/arithmetic.h"
#include "ops/reductions.h"
#include "tests/ops/cases.h"
#include "tests/ops/derivatives.h"
#include "tests/ops/expect_error.h"

namespace loglik {
namespace {

using Nodes = std::span<const Node>;

const ConformanceCases conforming{
    {"layer_norm",
     [](Node x) { return layer_norm(x); },
     {.shapes = {{3, 5}, {2, 1}, {7}, {0, 3}, {2, 3, 4}}, .large = {{301, 77}}, .orders = 3}},
    {"layer_norm",
     [](Node x) { return layer_norm(x, {.axes = 2, .epsilon = 0.1}); },
     {.shapes = {{3, 5}, {2, 3, 4}, {0, 2, 2}}, .large = {{301, 7, 11}}}},
    {"layer_norm",
     [](Nodes x) { return layer_norm(x[0], x[1], x[2]); },
     {.shapes = {{{3, 5}, {5}, {5}}, {{2, 2, 3}, {3}, {3}}, {{0, 3}, {3}, {3}}, {{1, 1}, {1}, {1}}}, .large = {{{301, 77}, {77}, {77}}}}},
    {"layer_norm_gradient",
     [](Node x, Node scale) {
       const Node y = layer_norm(x, scale, {.epsilon = 0.1});
       return gradients(reduce_sum(y * y * y), std::vector{x, scale});
     },
     {.shapes = {{{3, 5}, {5}}, {{0, 3}, {3}}, {{2, 2, 3}, {3}}}, .large = {{{301, 77}, {77}}}}},
};
const References by_pytorch{"LayerNorm.AgreesWithPyTorch", {"layer_norm", "layer_norm_gradient"}};

TEST(LayerNorm, Conforms) { conforming.check(); }

// torch 1.13, nn.functional.layer_norm in float64.
TEST(LayerNorm, AgreesWithPyTorch) {
  Graph graph;
  const Node x = graph.constant(Tensor::from<double>({1, 2, 4, -3, 0.5, 0.25, 0.125, 1000}).reshape({2, 4}));
  const Node scale = graph.constant(Tensor::from<double>({1, -2, 0.5, 3})),
             shift = graph.constant(Tensor::from<double>({0.1, 0.2, -0.3, 0}));
  const Node g = graph.constant(Tensor::from<double>({1, 2, 3, 4, -1, 0.5, 2, 0.25}).reshape({2, 4}));
  const Node y = layer_norm(x, scale, shift, {.epsilon = 1e-3});
  expect_close(interpret(y),
               {0.10000000000000001, -0.58440420408835037, 0.28830315306626281, -4.7064252245301024, -0.47686897399834849,
                1.3548929853617293, -0.58886762601106135, 5.1961521561040076},
               8);
  const std::vector<Node> ys{y}, seeds{g}, xs{x, scale, shift};
  const std::vector<Tensor> gradients = interpret(vector_jacobian_product(ys, seeds, xs));
  const std::vector<double> dx{-0.63732841582178468,   -1.881926072362522,     1.7080111962407187,    0.81124329194358857,
                               -0.0015408279431426272, -0.0015402023722590899, 0.0030802598733121116, 7.7044208960611472e-07};
  for (std::size_t i = 0; i < dx.size(); ++i)
    EXPECT_NEAR(gradients[0].at(static_cast<std::int64_t>(i)), dx[i], 1e-14);  // terms of size 2 cancel
  expect_close(gradients[1], {0.57686897399834847, 0.49568095774791804, 2.3743484143533315, -5.8422209530314682}, 8);
  expect_close(gradients[2], {0, 2.5, 5, 4.25}, 0);

  const Node images = graph.constant(Tensor::from<double>({1, 2, 4, -3, 0.5, -1, 2, 0}).reshape({2, 2, 2}));
  expect_close(interpret(layer_norm(images, {.axes = 2})),
               {0, 0.39223196855958525, 1.1766959056787558, -1.568927874238341, 0.11546956116884859, -1.2701651728573338,
                1.5011042951950309, -0.34640868350654552},
               8);
}

TEST(LayerNorm, StandsALargeMean) {  // where a mean of squares minus a squared mean has no digit left
  Graph graph;
  const Tensor y = interpret(layer_norm(graph.constant(Tensor::from<float>({100001, 100002, 100003, 100004})), {.epsilon = 0}));
  for (std::int64_t i = 0; i < 4; ++i) EXPECT_NEAR(y.at(i), (static_cast<double>(i) - 1.5) / std::sqrt(1.25), 1e-6);
}

TEST(LayerNorm, OfEqualElementsIsZero) {
  Graph graph;
  const Node x = graph.constant(Tensor::from<float>({3, 3, 3}));
  for (std::int64_t i = 0; i < 3; ++i) {
    EXPECT_EQ(interpret(layer_norm(x)).at(i), 0);
    EXPECT_EQ(interpret(gradient(reduce_sum(square(layer_norm(x))), x)).at(i), 0);
    EXPECT_TRUE(std::isnan(interpret(layer_norm(x, {.epsilon = 0})).at(i)));
  }
}

TEST(LayerNorm, RefusesWhatDoesNotFit) {
  Graph graph;
  const Node x = graph.input("x", {2, 3}), row = graph.input("row", {3}), column = graph.input("column", {2});
  const char* file = "layer_norm_test.cpp";
  expect_error<ShapeError>([&] { layer_norm(x, column); }, "layer_norm", file, "scale is {2}, needs {3}");
  expect_error<ShapeError>([&] { layer_norm(x, row, column); }, "layer_norm", file, "shift is {2}, needs {3}");
  expect_error<ShapeError>([&] { layer_norm(row, {.axes = 2}); }, "layer_norm", file, "x {3} has fewer than the 2 axes to normalise");
  expect_error<ArgumentError>([&] { layer_norm(row, {.axes = 0}); }, "layer_norm", file, "axes = 0, must be at least 1");
  expect_error<ArgumentError>([&] { layer_norm(row, {.epsilon = -1}); }, "layer_norm", file, "epsilon = -1, must be at least 0");
  EXPECT_THROW(layer_norm(x, graph.input("double", {3}, DType::float64)), DtypeError);
  EXPECT_THROW(gradient(reduce_sum(layer_norm(x).output(1)), x), GradientError);
}

}  // namespace
}  // namespace loglik
