#include "ops/arithmetic.h"

#include <limits>

#include "framework/error.h"
#include "tests/ops/cases.h"
#include "tests/ops/derivatives.h"
#include "tests/ops/expect_error.h"

namespace loglik {
namespace {
constexpr double inf = std::numeric_limits<double>::infinity();
constexpr double nan = std::numeric_limits<double>::quiet_NaN();

const ConformanceCases conforming{
    {"abs", abs, {.shapes = {{3, 5}, {1, 1}, {7}, {0, 4}, {}}, .domain = {-2, 2, {0}}, .large = {{300, 401}}, .orders = 3}},
    {"sign", sign, {.shapes = {{3, 5}, {1, 1}, {7}, {0, 4}, {}}, .domain = {-2, 2, {0}}, .large = {{300, 401}}, .orders = 3}},
    {"square", square, {.shapes = {{3, 5}, {1, 1}, {7}, {0, 4}, {}}, .large = {{300, 401}}, .orders = 3}},
    {"rsqrt", rsqrt, {.shapes = {{3, 5}, {1, 1}, {7}, {0, 4}, {}}, .domain = {0.5, 3}, .large = {{300, 401}}, .orders = 3}},
    {"reciprocal", reciprocal, {.shapes = {{3, 5}, {1, 1}, {7}, {0, 4}, {}}, .domain = {0.5, 3}, .large = {{300, 401}}, .orders = 3}},
    {"floor", floor, {.shapes = {{3, 5}, {1, 1}, {7}, {0, 4}, {}}, .domain = {-2, 2, {-1, 0, 1}}, .large = {{300, 401}}, .orders = 3}},
    {"pow",
     pow,
     {.shapes = {{{3, 1}, {5}}, {{2, 3}, {1, 3}}, {{}, {}}, {{7}, {}}, {{0, 2}, {2}}},
      .domain = {0.5, 2},
      .large = {{{300, 401}, {401}}},
      .orders = 3}},
    {"minimum",
     minimum,
     {.shapes = {{{3, 1}, {5}}, {{2, 3}, {1, 3}}, {{}, {}}, {{7}, {}}, {{0, 2}, {2}}}, .large = {{{300, 401}, {401}}}, .orders = 3}},
    {"maximum",
     maximum,
     {.shapes = {{{3, 1}, {5}}, {{2, 3}, {1, 3}}, {{}, {}}, {{7}, {}}, {{0, 2}, {2}}}, .large = {{{300, 401}, {401}}}, .orders = 3}},
    {"clamp",
     [](Node x) { return clamp(x, -0.5, 1); },
     {.shapes = {{3, 5}, {1, 1}, {7}, {0, 4}, {}}, .domain = {-2, 2, {-0.5, 1}}, .large = {{300, 401}}, .orders = 3}},
};
const References by_digits{"Arithmetic.IsRight", {"abs", "sign", "square", "rsqrt", "reciprocal", "floor", "clamp"}};
const References power{"Arithmetic.PowIsRight", {"pow"}};
const References extremes{"Arithmetic.MinimumAndMaximumPassNaNOn", {"minimum", "maximum"}};

TEST(Arithmetic, Conforms) { conforming.check(); }

TEST(Arithmetic, IsRight) {
  const std::vector<double> x{-inf, -2.5, -1, -0.0, 0, 0.25, 4, inf, nan};
  expect_close(value_of(unary(abs), {row(x)}), {inf, 2.5, 1, 0, 0, 0.25, 4, inf, nan}, 0);
  expect_close(value_of(unary(sign), {row(x)}), {-1, -1, -1, 0, 0, 1, 1, 1, nan}, 0);
  expect_close(value_of(unary(square), {row(x)}), {inf, 6.25, 1, 0, 0, 0.0625, 16, inf, nan}, 0);
  expect_close(value_of(unary(rsqrt), {row(x)}), {nan, nan, nan, -inf, inf, 2, 0.5, 0, nan}, 0);
  expect_close(value_of(unary(reciprocal), {row(x)}), {0, -0.4, -1, -inf, inf, 4, 0.25, 0, nan}, 0);
  expect_close(value_of(unary(floor), {row(x)}), {-inf, -3, -1, 0, 0, 0, 4, inf, nan}, 0);
  const Build clamped = [](const std::vector<Node>& node) { return clamp(node[0], -1, 0.5); };
  expect_close(value_of(clamped, {row(x)}), {-1, -1, -1, 0, 0, 0.25, 0.5, 0.5, nan}, 0);
}

TEST(Arithmetic, PowIsRight) {  // from 40 digits; glibc is within an ulp
  expect_close(value_of(binary(pow), {row({1.5, 0.0625, -1.5, 7.25, 2.5, -1.5, 0, 0, nan}), row({2.25, -0.75, 3, -2, 0.5, 0.5, 0, -1, 0})}),
               {2.4900343193257236, 8, -3.375, 0.019024970273483948, 1.5811388300841897, nan, 1, inf, 1}, 1);
}

TEST(Arithmetic, MinimumAndMaximumPassNaNOn) {
  const Tensor a = row({1, nan, 2, nan, inf, -inf}), b = row({2, 1, nan, nan, 0, 0});
  expect_close(value_of(binary(minimum), {a, b}), {1, nan, nan, nan, 0, -inf}, 0);
  expect_close(value_of(binary(maximum), {a, b}), {2, nan, nan, nan, inf, 0}, 0);
}

TEST(Arithmetic, HasTheStatedGradientAtKinks) {
  expect_close(gradient_of(unary(abs), row({-1, 0, 1})), {-1, 0, 1}, 0);
  const Build clamped = [](const std::vector<Node>& x) { return clamp(x[0], -1, 1); };
  expect_close(gradient_of(clamped, row({-2, -1, 0, 1, 2})), {0, 1, 1, 1, 0}, 0);
  for (const auto function : {minimum, maximum}) {
    Graph graph;
    const Node a = graph.constant(row({1, 1})), b = graph.constant(row({1, 1}));
    const Node y = reduce_sum(function(a, b));
    expect_close(interpret(gradient(y, a)), {0.5, 0.5}, 0);
    expect_close(interpret(gradient(y, b)), {0.5, 0.5}, 0);
  }
}

TEST(Arithmetic, PowHasFiniteDerivativesAtZero) {
  for (const double exponent : {0.0, 1.0, 2.0, 3.0}) {  // as a number, and as a node of which only the data are known
    Graph graph;
    const Node x = graph.constant(row({0})), b = graph.input("b", {1}, DType::float64);
    Node number = reduce_sum(pow(x, exponent)), node = reduce_sum(pow(x, b));
    double expected = 1;
    for (int order = 1; order <= 4; ++order) {
      expected *= exponent - (order - 1);  // the order-th derivative of x^n is n·(n − 1)⋯x^(n − order)
      const double at_zero = order == static_cast<int>(exponent) ? expected : 0;
      const Node by_number = gradient(number, x), by_node = gradient(node, x);
      EXPECT_EQ(interpret(by_number).item(), at_zero) << "x^" << exponent << ", order " << order;
      EXPECT_EQ(interpret(by_node, {{"b", row({exponent})}}).item(), at_zero) << "x^b, b = " << exponent << ", order " << order;
      number = reduce_sum(by_number);
      node = reduce_sum(by_node);
    }
    const Node by_exponent = gradient(reduce_sum(pow(x, b)), b);
    EXPECT_EQ(interpret(by_exponent, {{"b", row({exponent})}}).item(), 0) << "exponent " << exponent;
  }
}

TEST(Arithmetic, PowHasTheMixedDerivativeAtExponentZero) {  // ∂²aᵇ/∂a∂b = 1/a at b = 0, in either order
  Graph graph;
  const Node a = graph.constant(row({4})), b = graph.input("b", {1}, DType::float64);
  const Node y = reduce_sum(pow(a, b));
  const Tensor zero = row({0});
  EXPECT_EQ(interpret(gradient(reduce_sum(gradient(y, a)), b), {{"b", zero}}).item(), 0.25);
  EXPECT_EQ(interpret(gradient(reduce_sum(gradient(y, b)), a), {{"b", zero}}).item(), 0.25);
}

TEST(Arithmetic, SimplifiesWithoutChangingValues) {
  Graph graph;
  const Node x = graph.input("x", {3});
  const auto simplified = [](Node node) { return node.op().simplify(SimplifyArgs(node.inputs(), std::vector<TensorType>{node.type()})); };
  const Node absolute = abs(x), below = floor(x), held = clamp(x, 0, 1);
  EXPECT_EQ(simplified(abs(absolute)), std::vector<Node>{absolute});
  EXPECT_EQ(simplified(floor(below)), std::vector<Node>{below});
  EXPECT_EQ(simplified(clamp(held, 0, 1)), std::vector<Node>{held});
  EXPECT_TRUE(simplified(clamp(held, 0, 2)).empty());
  EXPECT_EQ(simplified(pow(x, 1)), std::vector<Node>{x});
  EXPECT_EQ(simplified(pow(x, 2))[0].op().name(), "square");
  EXPECT_EQ(simplified(pow(x, -1))[0].op().name(), "reciprocal");
  EXPECT_TRUE(simplified(pow(x, 3)).empty());
  EXPECT_TRUE(simplified(pow(x, graph.constant(Tensor::from(std::vector<float>{1, 1}, {2, 1})))).empty());  // of a larger shape
  EXPECT_EQ(simplified(square(-x))[0].inputs()[0], x);
}

TEST(Arithmetic, ClampRefusesCrossedBounds) {
  Graph graph;
  const Node x = graph.input("x", {});
  expect_error<ArgumentError>([&] { clamp(x, 1, 0); }, "clamp", "arithmetic_test.cpp", "needs low ≤ high, got [1, 0]");
  EXPECT_THROW(clamp(x, nan, 0), ArgumentError);
  EXPECT_THROW(abs(graph.input("n", {}, DType::int32)), DtypeError);
}

}  // namespace
}  // namespace loglik
