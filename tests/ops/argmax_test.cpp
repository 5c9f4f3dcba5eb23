#include "ops/argmax.h"

#include <limits>

#include "framework/error.h"
#include "framework/thread_pool.h"
#include "tests/ops/cases.h"
#include "tests/ops/derivatives.h"
#include "tests/ops/expect_error.h"

namespace loglik {
namespace {
constexpr double inf = std::numeric_limits<double>::infinity();
constexpr double nan = std::numeric_limits<double>::quiet_NaN();

using Arg = Node (*)(Operand x, std::int64_t axis, bool keep_dims);
Tensor along(Arg arg, const Tensor& x, std::int64_t axis, bool keep_dims = false) {
  return value_of([=](const std::vector<Node>& v) { return arg(v[0], axis, keep_dims); }, {x});
}
Tensor indices(const std::vector<std::int32_t>& values, Extents extents) { return Tensor::from(values, std::move(extents)); }

Build along_axis(Arg arg, std::int64_t axis, bool keep_dims) {
  return [=](const std::vector<Node>& x) { return arg(x[0], axis, keep_dims); };
}

const ConformanceCases conforming{
    {"argmax", along_axis(argmax, -1, false), {.shapes = {{3, 5}, {1, 1}, {7}, {0, 4}}, .large = {{301, 403}}}},
    {"argmax", along_axis(argmax, 0, true), {.shapes = {{3, 5}, {1, 1}, {3, 0}}, .large = {{40301, 3}}}},
    {"argmin", along_axis(argmin, -1, false), {.shapes = {{3, 5}, {1, 1}, {7}, {0, 4}}, .large = {{301, 403}}}},
    {"argmin", along_axis(argmin, 0, true), {.shapes = {{3, 5}, {1, 1}, {3, 0}}, .large = {{40301, 3}}}},
};
const References by_hand{"ArgMax.IsTheFirstOfTies", {"argmax", "argmin"}};

TEST(ArgMax, Conform) { conforming.check(); }

TEST(ArgMax, IsTheFirstOfTies) {
  const Tensor x = Tensor::from(std::vector<double>{3, 1, 3, 0, 0, 2, 5, 5, -inf, -inf, -inf, -inf}, {3, 4});
  EXPECT_TRUE(along(argmax, x, -1).same_bits(indices({0, 2, 0}, {3})));
  EXPECT_TRUE(along(argmin, x, -1).same_bits(indices({3, 0, 0}, {3})));
  EXPECT_TRUE(along(argmax, x, 0).same_bits(indices({0, 1, 1, 1}, {4})));
  EXPECT_TRUE(along(argmin, x, 0, true).same_bits(indices({2, 2, 2, 2}, {1, 4})));
}

TEST(ArgMax, IsTheFirstNaN) {  // as np.argmax and np.argmin
  EXPECT_EQ(along(argmax, row({1, nan, inf, nan}), 0).item(), 1);
  EXPECT_EQ(along(argmin, row({1, nan, -inf, nan}), 0).item(), 1);
}

TEST(ArgMax, FindsOneAmongManyWithAnyThreads) {
  const int threads = thread_count();
  for (const std::int64_t where : {0, 1, 15, 16, 17, 16383, 16384, 99999, 100000}) {
    Tensor x(DType::float32, {100001});
    x.mutable_values<float>()[static_cast<std::size_t>(where)] = 1;
    x.mutable_values<float>()[100000] = 1;
    for (const int count : {1, 2, 3, 8}) {
      set_thread_count(count);
      EXPECT_EQ(along(argmax, x, 0).item(), static_cast<double>(where));
      EXPECT_EQ(along(argmin, x, 0).item(), where == 0 ? 1 : 0);
    }
  }
  set_thread_count(threads);
}

TEST(ArgMax, OfAnAxisThatTurnsOutEmptyIsMinusOne) {
  Graph graph;
  const Node x = graph.input("x", {batch, 2}, DType::float64);
  EXPECT_TRUE(interpret(argmax(x, 0), {{"x", Tensor(DType::float64, {0, 2})}}).same_bits(indices({-1, -1}, {2})));
}

TEST(ArgMax, RefusesAnEmptyAxisAndHasNoGradient) {
  Graph graph;
  const Node x = graph.input("x", {2, 0}), y = graph.input("y", {3});
  expect_error<ShapeError>([&] { argmax(x); }, "argmax", "argmax_test.cpp", "axis -1 of {2, 0} is empty: nothing to choose from");
  EXPECT_THROW(argmax(y, 1), ShapeError);
  EXPECT_THROW(gradient(cast(argmin(y), DType::float32), y), GradientError);
}

}  // namespace
}  // namespace loglik
