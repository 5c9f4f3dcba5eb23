#include "ops/distributions/inverse_gaussian.h"

#include <limits>
#include <numbers>

#include "ops/ops.h"
#include "tests/ops/derivatives.h"

namespace loglik {
namespace {

InverseGaussian of(Graph& graph, double log_mean, double log_concentration, DType dtype = DType::float64) {
  return {.log_mean = graph.constant(log_mean, dtype), .log_concentration = graph.constant(log_concentration, dtype)};
}

TEST(InverseGaussian, HasTheMode) {  // from 50 digits (mpmath), where √(1 + q²) − q has none left of 16
  Graph graph;
  EXPECT_NEAR(interpret(of(graph, 0.3, -0.25).mode()).item(), 0.25064945847270404, 1e-15);
  EXPECT_NEAR(interpret(of(graph, 2, -30).mode()).item(), 3.1192076562800582e-14, 1e-15 * 3.1192076562800582e-14);
  EXPECT_NEAR(interpret(of(graph, 0, 30).mode()).item(), 0.99999999999985964, 1e-15);
}

// log p from the definition, of numbers that it does not overflow for, in float32: at log λ = 14 the quadratic form is of 1e6·(u − 1)².
TEST(InverseGaussian, KeepsItsPrecisionInFloat32) {
  Graph graph;
  for (const double y : {1.0, 1.0009765625, 0.9990234375, 1.5, 1e-20, 1e20})
    for (const double c : {14.0, 0.0, -20.0}) {
      const double actual = interpret(of(graph, 0, c, DType::float32).log_prob(graph.constant(y, DType::float32))).item();
      const double wide = double{static_cast<float>(y)};
      const double expected = 0.5 * (c - std::log(2 * std::acos(-1)) - 3 * std::log(wide) - std::exp(c) * (wide - 1) * (wide - 1) / wide);
      EXPECT_NEAR(actual, expected, 3e-7 * std::max(1.0, std::abs(expected))) << y << ", " << c;
    }
}

TEST(InverseGaussian, IsZeroBelowZero) {
  Graph graph;
  const Node y = graph.constant(row({-2, 0}));
  const InverseGaussian d = of(graph, 0.5, -0.5);
  const double inf = std::numeric_limits<double>::infinity();
  expect_close(interpret(d.cdf(y)), {0, 0}, 0);
  expect_close(interpret(d.survival(y)), {1, 1}, 0);
  expect_close(interpret(d.log_cdf(y)), {-inf, -inf}, 0);
  expect_close(interpret(d.log_survival(y)), {0, 0}, 0);
  expect_close(gradient_of([&](const std::vector<Node>& x) { return of(x[0].graph(), 0.5, -0.5).log_survival(x[0]); }, row({-2, 0})),
               {0, 0}, 0);
}

// ½·(log 2π + 1) − ½·log λ + (3/2)·(log 2λ + γ) as λ/μ goes to 0: finite though λ/μ is no float, with the gradient 1 by log λ.
TEST(InverseGaussian, EntropyIsFiniteForAnyConcentration) {
  const double constant = 0.5 * (std::log(2 * std::numbers::pi) + 1) + 1.5 * (std::numbers::ln2 + std::numbers::egamma);
  for (const double c : {-100.0, -590.0, -610.0, -750.0, -1e5}) {
    Graph graph;
    const InverseGaussian d = of(graph, 0.5, c);
    EXPECT_NEAR(interpret(d.entropy()).item(), c + constant, 1e-15 * -c);
    const std::vector<Node> by = gradients(d.entropy(), std::vector<Node>{d.log_mean, d.log_concentration});
    EXPECT_NEAR(interpret(by[0]).item(), 0, 1e-12);
    EXPECT_NEAR(interpret(by[1]).item(), 1, 1e-12);
  }
}

TEST(InverseGaussian, DistributionFunctionsAreDifferentiable) {
  for (const double log_concentration : {-4.0, 0.0, 3.0}) {
    const auto check = [&](Node (InverseGaussian::*answer)(Node) const) {
      expect_derivatives(
          [=](const std::vector<Node>& x) { return (InverseGaussian{.log_mean = x[0], .log_concentration = x[1]}.*answer)(x[2]); },
          {spread({3, 1}, 0.1, 0.3), spread({2}, log_concentration - 0.1, log_concentration + 0.1, 2), spread({3, 1}, 0.5, 2, 3)}, 2);
    };
    check(&InverseGaussian::cdf);
    check(&InverseGaussian::log_cdf);
    check(&InverseGaussian::log_survival);
  }
}

}  // namespace
}  // namespace loglik
