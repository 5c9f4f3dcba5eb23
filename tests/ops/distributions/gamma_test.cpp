#include "ops/distributions/gamma.h"

#include "ops/ops.h"
#include "tests/ops/derivatives.h"

namespace loglik {
namespace {

Gamma of(Graph& graph, double log_mean, double log_shape, DType dtype = DType::float64) {
  return {.log_mean = graph.constant(log_mean, dtype), .log_shape = graph.constant(log_shape, dtype)};
}

// k·log k − log Γ(k) + … is some 2e7 here, of which a float32 has but two digits. From 50 digits (mpmath).
TEST(Gamma, KeepsItsPrecisionForLargeShapesInFloat32) {
  Graph graph;
  const Node y = graph.constant(row({1, 1.0009765625, 0.9990234375, 1.5}).cast(DType::float32));
  const Tensor log_prob = interpret(of(graph, 0, 14, DType::float32).log_prob(y));
  const std::vector<double> expected{-6.0810613975012673, -5.5070119665031292, -5.5082184166846454, 113682.39039588614};
  for (std::size_t i = 0; i < expected.size(); ++i)
    EXPECT_NEAR(log_prob.at(static_cast<std::int64_t>(i)), -expected[i], 1e-6 * std::max(1.0, std::abs(expected[i]))) << i;
  EXPECT_NEAR(interpret(of(graph, 0, 14, DType::float32).entropy()).item(), -5.5810617439716246, 1e-6);
  EXPECT_NEAR(interpret(of(graph, 0, 14).fisher_information().entries[3]).item(), 0.50000013858811985, 1e-14);
  EXPECT_NEAR(interpret(of(graph, 0, -14).fisher_information().entries[3]).item(), 0.99999916847241827, 1e-14);
}

TEST(Gamma, HasNoShapeTooSmall) {  // −log p is log y − log k, about; from 50 digits
  Graph graph;
  const Node y = graph.constant(row({3}));
  for (const auto& [log_shape, expected] :
       {std::pair{-29.0, 30.098612288675672}, {-31.0, 32.098612288669202}, {-100.0, 101.09861228866811}, {-200.0, 201.09861228866811}}) {
    EXPECT_NEAR(interpret(of(graph, 2, log_shape).log_prob(y)).at(0), -expected, 1e-12 * expected) << log_shape;
    EXPECT_NEAR(interpret(of(graph, 2, log_shape, DType::float32).log_prob(cast(y, DType::float32))).at(0), -expected, 1e-6 * expected);
  }
}

TEST(Gamma, OfShape1IsExponential) {
  Graph graph;
  const Node y = graph.constant(row({1e-6, 0.5, 3, 40})), p = graph.constant(row({1e-9, 0.25, 0.5, 0.999}));
  const Node log_mean = graph.constant(row({0.25}));
  const Distribution gamma = Gamma{.log_mean = log_mean, .log_shape = graph.constant(row({0}))}, exponential = Exponential{log_mean};
  const auto answers = [&](const Distribution& d) {
    return interpret(std::vector<Node>{d.log_prob(y), d.cdf(y), d.log_survival(y), d.quantile(p), d.crps(y), d.deviance(y), d.mean(),
                                       d.mode(), d.median(), d.variance(), d.entropy()},
                     {});
  };
  const std::vector<Tensor> a = answers(gamma), b = answers(exponential);
  for (std::size_t i = 0; i < a.size(); ++i)
    for (std::int64_t k = 0; k < b[i].count(); ++k) EXPECT_NEAR(a[i].at(k), b[i].at(k), 1e-14 * (1 + std::abs(b[i].at(k)))) << i;
}

TEST(Gamma, IsZeroBelowZero) {
  Graph graph;
  const Node y = graph.constant(row({-2, 0}));
  const Gamma d = of(graph, 0.5, -0.5);
  const double inf = std::numeric_limits<double>::infinity();
  expect_close(interpret(d.cdf(y)), {0, 0}, 0);
  expect_close(interpret(d.survival(y)), {1, 1}, 0);
  expect_close(interpret(d.log_cdf(y)), {-inf, -inf}, 0);
  expect_close(interpret(d.log_survival(y)), {0, 0}, 0);
  expect_close(gradient_of([&](const std::vector<Node>& x) { return of(x[0].graph(), 0.5, -0.5).cdf(x[0]); }, row({-2, 0})), {0, 0}, 0);
}

// It is 2F(y) − 1, also where the density is 1e25.
TEST(Gamma, KeepsThePrecisionOfTheGradientOfCrpsNearZero) {
  const Tensor y = row({1e-52, 1e-21, 1e-6, 0.5});
  const Tensor by_y = gradient_of([](const std::vector<Node>& x) { return of(x[0].graph(), 1.7, -1.5).crps(x[0]); }, y);
  Graph graph;
  const Tensor expected = interpret(2.0 * of(graph, 1.7, -1.5).cdf(graph.constant(y)) - 1.0);
  for (std::int64_t i = 0; i < y.count(); ++i) EXPECT_NEAR(by_y.at(i), expected.at(i), 1e-14) << i;
}

// Most draws of a shape of 0.01 are below 1e-38.
TEST(Gamma, DrawsStayWithinTheSupport) {
  Graph graph;
  const Gamma d{.log_mean = graph.constant(Tensor::from(std::vector<float>(1000, 0))),
                .log_shape = graph.constant(Tensor::from(std::vector<float>(1000, -4.6F)))};
  const Tensor draws = interpret(d.sample("draws"));
  for (std::int64_t i = 0; i < draws.count(); ++i) ASSERT_GT(draws.at(i), 0);
}

// The gradient of the cdf by the shape: central differences, across where expansions change (k = 16, 100).
TEST(Gamma, DistributionFunctionsAreDifferentiable) {
  for (const double log_shape : {-3.0, -0.5, 0.7, 2.7, 2.8, 4.6, 4.62, 7.0}) {
    const double width = std::exp(-log_shape / 2);
    const auto check = [&](Node (Gamma::*answer)(Node) const) {
      expect_derivatives([=](const std::vector<Node>& x) { return (Gamma{.log_mean = x[0], .log_shape = x[1]}.*answer)(x[2]); },
                         {spread({3, 1}, 0.1, 0.12), spread({1}, log_shape - 0.01, log_shape + 0.01, 2),
                          spread({3, 1}, 1.1 * std::exp(-0.5 * width), 1.1 * std::exp(0.5 * width), 3)},
                         1);
    };
    check(&Gamma::cdf);
    check(&Gamma::log_cdf);
    check(&Gamma::log_survival);
    check(&Gamma::crps);
  }
}

}  // namespace
}  // namespace loglik
