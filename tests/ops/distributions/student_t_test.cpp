// What Student's t promises beside its recorded values (references_test.cpp): large ν, few ν, Cauchy, a predicted ν.
#include "ops/distributions/student_t.h"

#include <limits>
#include <numbers>

#include "framework/autodiff.h"
#include "framework/error.h"
#include "ops/ops.h"
#include "tests/ops/derivatives.h"
#include "tests/ops/distributions/samples.h"

namespace loglik {
namespace {
constexpr double inf = std::numeric_limits<double>::infinity();

TEST(StudentT, IsRightInFloat32ForLargeDegrees) {  // by lgamma(ν/2) − lgamma((ν + 1)/2) in float32 it is off by 0.29
  Graph graph;
  const Node loc = graph.constant(0.0, DType::float32);
  const Tensor value = interpret(StudentT{.loc = loc, .degrees = 1e7}.log_prob(graph.constant(row({0, 1, -3}).cast(DType::float32))));
  const std::vector<double> expected{-0.91893855820467274, -1.4189385832046719, -5.4189369832056852};               // at 40 digits
  for (std::int64_t i = 0; i < 3; ++i) EXPECT_NEAR(value.at(i), expected[static_cast<std::size_t>(i)], 4e-7) << i;  // an ulp of 5
}

TEST(StudentT, OfOneDegreeIsCauchy) {
  Graph graph;
  const Node y = graph.constant(row({-1e200, -3, 0.25, 0.5, 40})), loc = graph.constant(0.25, DType::float64);
  const StudentT cauchy{.loc = loc, .scale = 2, .degrees = 1};
  const double pi = std::numbers::pi;
  std::vector<double> log_prob, cdf;
  for (const double at : {-1e200, -3.0, 0.25, 0.5, 40.0}) {
    const double z = (at - 0.25) / 2;
    log_prob.push_back(-std::log(2 * pi) - 2 * std::log(std::hypot(1, z)));
    cdf.push_back(z < 0 ? std::atan(-1 / z) / pi : 0.5 + std::atan(z) / pi);
  }
  expect_close(interpret(cauchy.log_prob(y)), log_prob, 4);
  expect_close(interpret(cauchy.cdf(y)), cdf, 4);
  const Node p = graph.constant(row({1e-9, 0.25, 0.5, 0.75}));
  expect_close(interpret(cauchy.quantile(p)), {0.25 - 2 / std::tan(pi * 1e-9), -1.75, 0.25, 2.25}, 4);
  expect_close(interpret(cauchy.entropy()), {std::log(8 * pi)}, 4);
  for (const Node& moment : {cauchy.mean(), cauchy.variance(), cauchy.crps(y)}) EXPECT_EQ(interpret(moment).at(0), inf);
  EXPECT_EQ(interpret(cauchy.mode()).item(), 0.25);
  EXPECT_EQ(interpret(StudentT{.loc = loc, .degrees = 1.5}.mean()).item(), 0.25);
  EXPECT_EQ(interpret(StudentT{.loc = loc, .degrees = 2}.variance()).item(), inf);
  EXPECT_EQ(interpret(StudentT{.loc = loc, .degrees = 3}.variance()).item(), 3);
}

StudentT predicted(Node loc, Node log_scale, Node raw) { return {.loc = loc, .log_scale = log_scale, .degrees = 1, .raw_degrees = raw}; }

// Of all answers by all parameters, also where a moment does not exist. cdf and crps are differentiable by ν once.
TEST(StudentT, ApredictedNuIsLearned) {
  const std::vector<Tensor> at{spread({3, 1, 1}, -4, 4), spread({2, 1}, -0.7, 0.7, 2), spread({2}, -0.5, 0.5, 3),
                               spread({3, 1, 1}, -2, 3, 4)};
  using Answer = Node (*)(const StudentT&, Node);
  for (const auto& [answer, orders] :
       std::vector<std::pair<Answer, int>>{{[](const StudentT&d, Node y) { return d.log_prob(y); }, 3},
                                           {[](const StudentT&d, Node y) { return d.deviance(y); }, 2},
                                           {[](const StudentT&d, Node) { return d.entropy(); }, 2},
                                           {[](const StudentT&d, Node y) { return d.cdf(y); }, 1},
                                           {[](const StudentT&d, Node y) { return d.log_survival(y); }, 1},
                                           {[](const StudentT&d, Node y) { return d.crps(y); }, 1},
                                           {[](const StudentT&d, Node y) { return d.quantile(sigmoid(y)); }, 1}})
    expect_derivatives([answer = answer](const std::vector<Node>& x) { return answer(predicted(x[1], x[2], x[3]), x[0]); }, at, orders);
  Graph graph;
  const Node raw = graph.constant(row({-1e4, -200, 0, 1e4}));
  const StudentT d = predicted(graph.constant(row({0.5})), graph.constant(row({0})), raw);
  for (const Node& answer : {d.mean(), d.variance(), d.entropy(), d.crps(graph.constant(row({2}))), d.cdf(graph.constant(row({2})))}) {
    EXPECT_EQ(answer.shape(), raw.shape());
    const Tensor by = interpret(gradient(reduce_sum(answer), raw));
    for (std::int64_t i = 0; i < 4; ++i) EXPECT_FALSE(std::isnan(by.at(i)) || std::isnan(interpret(answer).at(i))) << i;
  }
}

// ∂draw/∂n at the same random number is −(∂F/∂n)/p; and draws of a predicted ν follow the cdf.
TEST(StudentT, DrawsMoveWithNu) {
  Graph graph;
  const Node raw = graph.constant(Tensor::from(std::vector<double>(ks_draws, 0.5)));
  const Node loc = graph.constant(0.0, DType::float64);
  const StudentT d = predicted(loc, loc, raw);
  const Node draws = d.sample("draws"), at = stop_gradient(draws);
  const std::vector<Tensor> values = interpret(
      std::vector<Node>{gradient(reduce_sum(draws), raw), -gradient(reduce_sum(d.cdf(at)), raw) / exp(d.log_prob(at)), d.cdf(draws)}, {});
  EXPECT_LT(ks_distance(values[2], [](double u) { return u; }), ks_bound);
  for (std::int64_t i = 0; i < 64; ++i) EXPECT_NEAR(values[0].at(i), values[1].at(i), 1e-11 * (1 + std::abs(values[1].at(i)))) << i;
}

// By the trapezoidal rule in the logit of the probability, which converges exponentially; information_test.cpp has the other entries.
TEST(StudentT, FisherOfScaleAndDegreesIsTheMeanProductOfScores) {
  std::vector<double> levels, weights;
  for (int i = -576; i <= 576; ++i) {
    levels.push_back(1 / (1 + std::exp(-0.0625 * i)));
    weights.push_back(0.0625 * levels.back() / (1 + std::exp(0.0625 * i)));
  }
  Graph graph;
  const Node zero = graph.constant(row({0}));
  const StudentT one = predicted(zero, zero, graph.constant(row({2})));
  const Node y = one.quantile(graph.constant(row(levels)));
  const auto wide = [&](double value) { return broadcast_to(graph.constant(row({value})), y.shape()); };
  const Node loc = wide(0), log_scale = wide(0), raw = wide(2);
  const std::vector<Node> scores =
      gradients(reduce_sum(predicted(loc, log_scale, raw).log_prob(y)), std::vector<Node>{loc, log_scale, raw});
  const FisherInformation fisher = one.fisher_information();
  ASSERT_EQ(fisher.entries.size(), 9U);
  for (std::size_t i = 0; i < 3; ++i)
    for (std::size_t j = 0; j < 3; ++j) {
      const double expected = interpret(reduce_sum(graph.constant(row(weights)) * scores[i] * scores[j])).item();
      EXPECT_NEAR(fisher.entries[3 * i + j] ? interpret(fisher.entries[3 * i + j]).at(0) : 0, expected, 1e-12) << i << ", " << j;
    }
}

TEST(StudentT, StatesItsCertificate) {
  Graph graph;
  const Node loc = graph.constant(0.0, DType::float64);
  EXPECT_EQ((StudentT{.loc = loc, .degrees = 4}.certificate()), "NLL = 2.5·log(1 + z²/4) + log σ + 0.980829");
  EXPECT_NEAR(interpret(-StudentT{.loc = loc, .degrees = 4}.log_prob(loc)).item(), 0.980829, 5e-7);
  EXPECT_EQ(predicted(loc, loc, loc).certificate(), "NLL = ½(ν + 1)·log(1 + z²/ν) + log σ + C(ν)");
  for (const double degrees : {0.0, -1.0, inf, std::numeric_limits<double>::quiet_NaN()})
    EXPECT_THROW((StudentT{.loc = loc, .degrees = degrees}.log_prob(loc)), ArgumentError) << degrees;
}

}  // namespace
}  // namespace loglik
