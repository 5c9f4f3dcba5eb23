#include "ops/distributions/poisson.h"

#include <limits>

#include "ops/ops.h"
#include "tests/ops/derivatives.h"

namespace loglik {
namespace {

Poisson of(Graph& graph, double log_rate, DType dtype = DType::float64) { return {.log_rate = graph.constant(log_rate, dtype)}; }

// y·log λ and log y! are 1.3e7 here, of which a float32 has but one digit. From 50 digits (mpmath).
TEST(Poisson, KeepsItsPrecisionForLargeCountsInFloat32) {
  Graph graph;
  const Node y = graph.constant(row({1000000, 999000, 1048576, 3}).cast(DType::float32));
  const Tensor log_prob = interpret(of(graph, 13.8125, DType::float32).log_prob(y));
  const std::vector<double> expected{12.35387926610835, 9.8429878018009038, 1319.7796880190164, 996954.32348056571};
  for (std::size_t i = 0; i < expected.size(); ++i)
    EXPECT_NEAR(log_prob.at(static_cast<std::int64_t>(i)), -expected[i], 2e-7 * std::max(1.0, expected[i])) << i;
}

TEST(Poisson, HasNoCountTooLargeInFloat32) {  // 2π·y would be; from 50 digits
  Graph graph;
  const Tensor log_prob = interpret(of(graph, 88, DType::float32).log_prob(graph.constant(row({1e38}).cast(DType::float32))));
  EXPECT_NEAR(log_prob.at(0), -1.4986980480993019e37, 1e-6 * 1.4986980480993019e37);
}

TEST(Poisson, AnswersForRatesBeyondFloats) {
  Graph graph;
  const Node y = graph.constant(row({2, 2}));
  const Poisson rare{graph.constant(row({-720, -2000}))};
  expect_close(interpret(rare.log_survival(y)), {-2161.7917594692281, -6001.7917594692281}, 4);
  expect_close(interpret(rare.cdf(y)), {1, 1}, 0);
  const Poisson frequent{graph.constant(row({800, 1e6}))};
  const double inf = std::numeric_limits<double>::infinity();
  expect_close(interpret(frequent.log_prob(y)), {-inf, -inf}, 0);
  expect_close(interpret(frequent.survival(y)), {1, 1}, 0);
  expect_close(interpret(frequent.quantile(graph.constant(row({0.5, 0.5})))), {inf, inf}, 0);
}

TEST(Poisson, HasTheModeThatIsLargest) {
  for (const double log_rate : {-1.0, 0.1, 1.25, 3.0}) {
    Graph graph;
    const Poisson d = of(graph, log_rate);
    const Node mode = d.mode();
    const Tensor p = interpret(d.log_prob(mode + graph.constant(row({-1, 0, 1}))));
    EXPECT_TRUE(!(p.at(0) > p.at(1)) && p.at(2) <= p.at(1)) << log_rate;
  }
}

}  // namespace
}  // namespace loglik
