#include "ops/logical.h"

#include "framework/error.h"
#include "tests/conformance/check_op.h"
#include "tests/ops/derivatives.h"
#include "tests/ops/expect_error.h"

namespace loglik {
namespace {

Tensor bools(const std::vector<bool>& values) { return Tensor::from(values); }

TEST(Logical, Conforms) {
  const conformance::InputOptions boolean{.dtype = DType::boolean};
  for (const auto function : {logical_and, logical_or, logical_xor})
    conformance::check_op(function, {.shapes = {{{3, 1}, {5}}, {{1}, {0, 1}}, {{}, {7}}}, .inputs = {boolean, boolean}});
  conformance::check_op(logical_not, {.shapes = {{3, 5}, {0, 4}, {}}, .inputs = {boolean}, .large = {{20000}}});
}

TEST(Logical, IsRight) {
  const Tensor a = bools({false, false, true, true}), b = bools({false, true, false, true});
  EXPECT_TRUE(value_of(binary(logical_and), {a, b}).same_bits(bools({false, false, false, true})));
  EXPECT_TRUE(value_of(binary(logical_or), {a, b}).same_bits(bools({false, true, true, true})));
  EXPECT_TRUE(value_of(binary(logical_xor), {a, b}).same_bits(bools({false, true, true, false})));
  EXPECT_TRUE(value_of(unary(logical_not), {a}).same_bits(bools({true, true, false, false})));
  EXPECT_TRUE(value_of(binary(logical_or), {a, bools({true})}).same_bits(bools({true, true, true, true})));  // broadcast
}

TEST(Logical, IsConstantWhereDifferentiable) {
  Graph graph;
  const Node x = graph.constant(row({-1, 2}));
  const Node positive = logical_not(logical_or(less(x, 0.0), logical_xor(greater(x, 1.0), logical_and(less(x, 1.0), less(x, 3.0)))));
  expect_close(interpret(gradient(reduce_sum(cast(positive, DType::float64) * x), x)), {0, 0}, 0);
}

TEST(Logical, SimplifiesDoubleNegation) {
  Graph graph;
  const Node x = graph.input("x", {3}, DType::boolean), twice = logical_not(logical_not(x));
  EXPECT_EQ(twice.op().simplify(SimplifyArgs(twice.inputs(), std::vector<TensorType>{twice.type()})), std::vector<Node>{x});
}

TEST(Logical, RefusesNumbers) {
  Graph graph;
  const Node x = graph.input("x", {3}, DType::boolean), n = graph.input("n", {3});
  expect_error<DtypeError>([&] { logical_and(x, n); }, "logical_and", "logical_test.cpp", "an operand is float32 {3}, needs bool: cast it");
}

}  // namespace
}  // namespace loglik
