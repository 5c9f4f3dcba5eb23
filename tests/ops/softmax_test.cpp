#include "ops/softmax.h"

#include <limits>

#include "framework/error.h"
#include "framework/thread_pool.h"
#include "tests/ops/cases.h"
#include "tests/ops/derivatives.h"

namespace loglik {
namespace {
constexpr double inf = std::numeric_limits<double>::infinity();
constexpr double nan = std::numeric_limits<double>::quiet_NaN();

using Over = Node (*)(Operand x, std::int64_t axis);
Build over(Over function, std::int64_t axis) {
  return [=](const std::vector<Node>& x) { return function(x[0], axis); };
}

const ConformanceCases conforming{
    {"softmax", over(softmax, -1), {.shapes = {{3, 5}, {1, 1}, {7}, {0, 3}, {3, 0}}, .large = {{301, 77}}, .orders = 3}},
    {"softmax", over(softmax, 1), {.shapes = {{2, 3, 3}, {2, 1, 3}, {2, 0}}, .large = {{2, 77, 301}}}},
    {"log_softmax", over(log_softmax, -1), {.shapes = {{3, 5}, {1, 1}, {7}, {0, 3}, {3, 0}}, .large = {{301, 77}}, .orders = 3}},
    {"log_softmax", over(log_softmax, 1), {.shapes = {{2, 3, 3}, {2, 1, 3}, {2, 0}}, .large = {{2, 77, 301}}}},
};
const References by_digits{"Softmax.IsRight", {"softmax", "log_softmax"}};

TEST(Softmax, Conforms) { conforming.check(); }

TEST(Softmax, IsRight) {  // from 40 digits; each result is an exp, a sum and a division: a few ulp
  expect_close(value_of(over(softmax, 0), {row({1, 2, 3})}), {0.090030573170380458, 0.24472847105479765, 0.66524095577482189}, 4);
  expect_close(value_of(over(log_softmax, 0), {row({1, 2, 3})}), {-2.4076059644443803, -1.4076059644443803, -0.4076059644443803}, 4);
  expect_close(value_of(over(softmax, 0), {row({-0.5, 0.25, 1.75})}), {0.079335260307281968, 0.1679527473884868, 0.75271199230423124}, 4);
  expect_close(value_of(over(log_softmax, 0), {row({-0.5, 0.25, 1.75})}), {-2.5340726046861715, -1.7840726046861715, -0.28407260468617147},
               4);
  expect_close(value_of(over(softmax, 0), {row({1000, 1000.5, -1000})}), {0.37754066879814544, 0.62245933120185456, 0}, 4);
  expect_close(value_of(over(log_softmax, 0), {row({1000, 1000.5, -1000})}),
               {-0.97407698418010668, -0.47407698418010668, -2000.9740769841801}, 4);
}

TEST(Softmax, OverAnotherAxisIsTheSameTransposed) {
  const Tensor x = spread({2, 5, 300}, -3, 3);  // 300 neighbouring columns: more than a block
  for (const Over function : {softmax, log_softmax}) {
    const Tensor y = value_of(over(function, 1), {x});
    for (const std::int64_t i : {0, 1})
      for (const std::int64_t j : {0, 127, 128, 299}) {
        std::vector<double> column, expected;
        for (std::int64_t r = 0; r < 5; ++r) {
          column.push_back(x.at((i * 5 + r) * 300 + j));
          expected.push_back(y.at((i * 5 + r) * 300 + j));
        }
        expect_close(value_of(over(function, 0), {row(column)}), expected, 2);  // sums are taken in another order
      }
  }
}

TEST(Softmax, AtInfinities) {
  for (const std::vector<double>& x : {std::vector<double>{-inf, -inf}, {inf, 0}, {nan, 0}}) {
    EXPECT_TRUE(std::isnan(value_of(over(softmax, 0), {row(x)}).at(0)));
    EXPECT_TRUE(std::isnan(value_of(over(log_softmax, 0), {row(x)}).at(0)));
  }
  expect_close(value_of(over(softmax, 0), {row({-inf, 1, 1})}), {0, 0.5, 0.5}, 0);
  expect_close(value_of(over(log_softmax, 0), {row({-inf, 1})}), {-inf, 0}, 0);
  expect_close(gradient_of([](const std::vector<Node>& v) { return where(greater(v[0], 0.0), log_softmax(v[0]), 0.0); }, row({-inf, 1, 1})),
               {0, 0, 0}, 0);
}

TEST(Softmax, RefusesAMissingAxis) {
  Graph graph;
  EXPECT_THROW(softmax(graph.input("x", {})), ShapeError);
  EXPECT_THROW(log_softmax(graph.input("y", {2}), 1), ShapeError);
  EXPECT_THROW(softmax(graph.input("n", {2}, DType::int32)), DtypeError);
}

}  // namespace
}  // namespace loglik
