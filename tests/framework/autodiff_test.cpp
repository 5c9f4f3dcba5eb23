#include "framework/autodiff.h"

#include <gtest/gtest.h>

#include "framework/error.h"
#include "framework/graph.h"
#include "framework/initializer.h"
#include "framework/interpret.h"
#include "framework/primitives.h"
#include "tests/framework/expect_throw.h"
#include "tests/framework/small_ops.h"

namespace loglik {
namespace {

using test::expect_throw;

Tensor row(const std::vector<double>& values) { return Tensor::from(values); }

TEST(Autodiff, DifferentiatesByIntermediateNodes) {  // y = Σ h², h = 3x: ∂y/∂h = 2h, ∂y/∂x = 18x
  Graph graph;
  const Node x = graph.constant(row({1, 2})), h = 3.0 * x;
  const std::vector<Node> both = gradients(reduce_sum(h * h), std::vector<Node>{h, x});
  EXPECT_TRUE(interpret(both[0]).same_bits(row({6, 12})));
  EXPECT_TRUE(interpret(both[1]).same_bits(row({18, 36})));
}

TEST(Autodiff, AddsWhatASharedNodeGets) {  // y = Σ (x·x + x/2 + x): ∂y/∂x = 2x + 1.5
  Graph graph;
  const Node x = graph.constant(row({1, 2}));
  EXPECT_TRUE(interpret(gradient(reduce_sum(x * x + x / 2.0 + x), x)).same_bits(row({3.5, 5.5})));
}

TEST(Autodiff, GivesZerosWithoutDependence) {
  Graph graph;
  const Node x = graph.constant(row({1, 2})), other = graph.constant(row({3}));
  EXPECT_TRUE(interpret(gradient(reduce_sum(x), other)).same_bits(row({0})));
  EXPECT_FALSE(vector_jacobian_product(std::vector<Node>{x}, std::vector<Node>{x}, std::vector<Node>{other})[0]);
}

TEST(Autodiff, SumsOverWhatWasStretched) {
  Graph graph;
  const Node a = graph.constant(Tensor::from<double>({1, 2}, {2, 1})), b = graph.constant(row({1, 10, 100})),
             c = graph.constant(2.0, DType::float64);
  const std::vector<Node> all = gradients(reduce_sum(a * b * c), std::vector<Node>{a, b, c});
  EXPECT_TRUE(interpret(all[0]).same_bits(Tensor::from<double>({222, 222}, {2, 1})));
  EXPECT_TRUE(interpret(all[1]).same_bits(row({6, 6, 6})));
  EXPECT_TRUE(interpret(all[2]).same_bits(Tensor::scalar(333.0)));
}

TEST(Autodiff, TakesSeveralOutputs) {  // of an op and of a product
  Graph graph;
  const Node a = graph.constant(Tensor::from<float>({5, 7})), b = graph.constant(Tensor::from<float>({1, 2}));
  const Node s = test::sum_and_difference(a, b);
  const std::vector<Node> both = gradients(reduce_sum(s * s.output(1)), std::vector<Node>{a, b});  // Σ a² − b²
  EXPECT_TRUE(interpret(both[0]).same_bits(Tensor::from<float>({10, 14})));
  EXPECT_TRUE(interpret(both[1]).same_bits(Tensor::from<float>({-2, -4})));
  const std::vector<Node> product =
      vector_jacobian_product(std::vector<Node>{a * 2.0, a * b}, std::vector<Node>{b, a}, std::vector<Node>{a});
  EXPECT_TRUE(interpret(product[0]).same_bits(Tensor::from<float>({7, 18})));  // 2b + ab
}

TEST(Autodiff, GoesToTheThirdOrder) {  // y = x⁴: 4x³, 12x², 24x
  Graph graph;
  const Node x = graph.constant(1.5, DType::float64);
  Node y = x * x * x * x;
  for (const double expected : {13.5, 27.0, 36.0}) {
    y = gradient(y, x);
    EXPECT_DOUBLE_EQ(interpret(y).item(), expected);
  }
}

// H·v by differentiating ⟨∇f, v⟩ against (∇f(x + εv) − ∇f(x − εv)) / 2ε.
TEST(Autodiff, GivesHessianVectorProducts) {
  Graph graph;
  const Node x = graph.input("x", {3, 2}, DType::float64);
  const Node s = sqrt(reduce_sum(x * x, {1}, true) + 1.0);
  const Node f = reduce_sum(where(greater(x, 0.0), x / s, x * x * s) * graph.constant(Tensor::from<double>({1, 2, 3, 4, 5, 6}, {3, 2})));
  const Tensor at = Tensor::from<double>({0.3, -0.7, 1.1, 0.4, -0.2, 0.9}, {3, 2});
  const Tensor v = Tensor::from<double>({1, -2, 0.5, 0.25, 1.5, -1}, {3, 2});
  const Node g = gradient(f, x);
  const Tensor product = interpret(gradient(reduce_sum(g * graph.constant(v)), x), {{"x", at}});
  const double step = 1e-5;
  const auto moved = [&](double by) {
    Tensor point = at.clone();
    for (std::size_t i = 0; i < 6; ++i) point.mutable_values<double>()[i] += by * v.values<double>()[i];
    return interpret(g, {{"x", point}});
  };
  const Tensor above = moved(step), below = moved(-step);
  // The difference is off by ε²·f⁗/6 ≈ 1e-9 and by rounding, 1e-16·|∇f|/ε ≈ 1e-10.
  for (std::int64_t i = 0; i < 6; ++i) EXPECT_NEAR(product.at(i), (above.at(i) - below.at(i)) / (2 * step), 1e-7) << i;
}

TEST(Autodiff, NamesWhoNeedsAGradientThatThereIsNot) {
  Graph graph;
  Node w;
  {
    const Scope scope = graph.scope("encoder");
    w = graph.parameter("weight", {2}, {});
  }
  const Node y = reduce_sum(test::opaque(w * 2.0));
  expect_throw<GradientError>([&] { gradient(y, w); },
                              "opaque at autodiff_test.cpp:{line} has no gradient, the loss needs one for encoder/weight");
  const Node x = graph.input("x", {2});
  EXPECT_NO_THROW(gradient(reduce_sum(test::opaque(x) * w), w));  // asked only where it matters
}

TEST(Autodiff, PassesNothingThroughSteps) {
  Graph graph;
  const Node x = graph.constant(Tensor::from<float>({1.5F, -2.5F}));
  const Node steps = cast(cast(x, DType::int32) * 3 + 1, DType::float32) + where(greater(x, 0.0), 1.0, 2.0);
  EXPECT_TRUE(interpret(gradient(reduce_sum(steps), x)).same_bits(Tensor::from<float>({0, 0})));
  EXPECT_TRUE(interpret(gradient(reduce_sum(cast(cast(x, DType::float64), DType::float32)), x)).same_bits(Tensor::from<float>({1, 1})));
}

TEST(Autodiff, RefusesWhatHasNoDerivative) {
  Graph graph, other;
  const Node x = graph.constant(row({1, 2})), i = graph.input("i", {2}, DType::int32);
  expect_throw<ShapeError>([&] { gradient(x * x, x); },
                           "gradients of mul at autodiff_test.cpp:{line}: needs a float scalar, got float64 {2}");
  expect_throw<DtypeError>([&] { gradient(reduce_sum(x), i); },
                           "a derivative with respect to input at autodiff_test.cpp:{line}: it is int32 {2}, needs a float");
  expect_throw<ArgumentError>([&] { gradient(reduce_sum(x), other.input("x", {2})); },
                              "a derivative with respect to input at autodiff_test.cpp:{line}: it is of another graph");
}

}  // namespace
}  // namespace loglik
