#include "ops/logical.h"

#include "framework/error.h"
#include "tests/ops/cases.h"
#include "tests/ops/derivatives.h"
#include "tests/ops/expect_error.h"

namespace loglik {
namespace {

Tensor bools(const std::vector<bool>& values) { return Tensor::from(values); }

const ConformanceCases conforming{
    {"logical_and",
     logical_and,
     {.shapes = {{{3, 1}, {5}}, {{2, 3}, {1, 3}}, {{}, {}}, {{7}, {}}, {{0, 2}, {2}}},
      .inputs = {{.dtype = DType::boolean}, {.dtype = DType::boolean}},
      .large = {{{300, 401}, {401}}}}},
    {"logical_or",
     logical_or,
     {.shapes = {{{3, 1}, {5}}, {{2, 3}, {1, 3}}, {{}, {}}, {{7}, {}}, {{0, 2}, {2}}},
      .inputs = {{.dtype = DType::boolean}, {.dtype = DType::boolean}},
      .large = {{{300, 401}, {401}}}}},
    {"logical_xor",
     logical_xor,
     {.shapes = {{{3, 1}, {5}}, {{2, 3}, {1, 3}}, {{}, {}}, {{7}, {}}, {{0, 2}, {2}}},
      .inputs = {{.dtype = DType::boolean}, {.dtype = DType::boolean}},
      .large = {{{300, 401}, {401}}}}},
    {"logical_not",
     logical_not,
     {.shapes = {{3, 5}, {1, 1}, {7}, {0, 4}, {}}, .inputs = {{.dtype = DType::boolean}}, .large = {{300, 401}}}},
};
const References truth_tables{"Logical.IsRight", {"logical_and", "logical_or", "logical_xor", "logical_not"}};

TEST(Logical, Conforms) { conforming.check(); }

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
