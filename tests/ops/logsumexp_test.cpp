#include "ops/logsumexp.h"

#include <limits>

#include "ops/exponential.h"
#include "tests/ops/derivatives.h"

// Over any axes, in segments and its derivatives: tests/ops/reductions_test.cpp.
namespace loglik {
namespace {
constexpr double inf = std::numeric_limits<double>::infinity();
constexpr double nan = std::numeric_limits<double>::quiet_NaN();

double log_sum_exp(const std::vector<double>& x) {
  return value_of([](const std::vector<Node>& v) { return logsumexp(v[0]); }, {row(x)}).item();
}

TEST(LogSumExp, IsRight) {  // from 40 digits
  EXPECT_DOUBLE_EQ(log_sum_exp({1, 2, 3}), 3.4076059644443803);
  EXPECT_DOUBLE_EQ(log_sum_exp({1000, 1000.5}), 1000.9740769841801);
  EXPECT_DOUBLE_EQ(log_sum_exp({-1000, -1001, -999.25}), -998.75156654525685);
  EXPECT_EQ(log_sum_exp({-inf, -inf}), -inf);
  EXPECT_EQ(log_sum_exp({-inf, 2}), 2);
  EXPECT_EQ(log_sum_exp({inf, 2}), inf);
  EXPECT_TRUE(std::isnan(log_sum_exp({nan, -inf})));
  EXPECT_TRUE(std::isnan(log_sum_exp({-inf, inf, nan})));
}

TEST(LogSumExp, HasNoNaNGradientWhereItIsMinusInfinity) {
  Graph graph;
  const Node x = graph.constant(Tensor::from(std::vector<double>{-inf, -inf, -inf, 1}, {2, 2}));
  Node y = reduce_sum(where(greater(logsumexp(x, {1}), -inf), logsumexp(x, {1}), 0.0)) + reduce_sum(exp(logsumexp(x, {1})));
  for (int order = 1; order <= 3; ++order) {
    const Node g = gradient(y, x);
    const Tensor value = interpret(g);
    for (std::int64_t i = 0; i < 3; ++i) EXPECT_EQ(value.at(i), 0) << "order " << order << ", element " << i;
    y = reduce_sum(g);
  }
  expect_close(gradient_of([](const std::vector<Node>& v) { return logsumexp(v[0]); }, row({-inf, -inf})), {0, 0}, 0);
}

}  // namespace
}  // namespace loglik
