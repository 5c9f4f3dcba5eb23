// Which loss is which distribution: each line of the table in ops/distributions/README.md. The loss is written here in plain doubles; what the
// head's NLL has beyond it is the offset that the table states, for every target and prediction.
#include <cmath>
#include <functional>
#include <numbers>

#include "framework/distribution.h"
#include "ops/ops.h"
#include "tests/ops/derivatives.h"

namespace loglik {
namespace {
using std::numbers::ln2;
using std::numbers::pi;

using Loss = std::function<double(double y, double x)>;  // x: the head's raw output

void expect_loss(const std::function<Distribution(Node x)>& head, const Loss& loss, const Loss& offset, const std::vector<double>& targets) {
  for (const double y : targets)
    for (const double x : {-1.75, -0.25, 0.0, 0.5, 2.0}) {
      Graph graph;
      const Node at = graph.constant(y, DType::float64), raw = graph.constant(x, DType::float64);
      const double nll = -interpret(head(raw).log_prob(at)).item(), expected = loss(y, x) + offset(y, x);
      EXPECT_NEAR(nll, expected, 1e-13 * std::max(1.0, std::abs(expected))) << "y = " << y << ", x = " << x;
    }
}

Loss constant(double value) {
  return [value](double, double) { return value; };
}

const std::vector<double> reals{-2.5, -0.25, 0.5, 3}, positives{0.125, 0.5, 1, 7.25}, counts{0, 1, 2, 9, 10, 40}, bits{0, 1};

double squared(double y, double x) { return (y - x) * (y - x); }

TEST(Losses, OfGaussian) {
  expect_loss([](Node x) { return Gaussian{.loc = x}; }, [](double y, double x) { return 0.5 * squared(y, x); },
              constant(0.5 * std::log(2 * pi)), reals);
  expect_loss([](Node x) { return Gaussian{.loc = x, .scale = std::sqrt(0.5)}; }, squared, constant(0.5 * std::log(pi)), reals);
}

TEST(Losses, OfLaplaceAndAsymmetricLaplace) {
  expect_loss([](Node x) { return Laplace{.loc = x}; }, [](double y, double x) { return std::abs(y - x); }, constant(ln2), reals);
  for (const double level : {0.1, 0.5, 0.9})
    expect_loss([=](Node x) { return AsymmetricLaplace{.loc = x, .level = level}; },
                [=](double y, double x) { return (y - x) * (level - (y < x ? 1 : 0)); }, constant(-std::log(level * (1 - level))), reals);
}

TEST(Losses, OfLogNormal) {
  expect_loss([](Node x) { return LogNormal{.loc = x}; }, [](double y, double x) { return 0.5 * squared(std::log(y), x); },
              [](double y, double) { return 0.5 * std::log(2 * pi) + std::log(y); }, positives);
}

TEST(Losses, OfBernoulli) {
  expect_loss([](Node x) { return Bernoulli{.logits = x}; },
              [](double y, double x) { return -y * std::log(1 / (1 + std::exp(-x))) - (1 - y) * std::log(1 / (1 + std::exp(x))); },
              constant(0), bits);
}

TEST(Losses, OfLogistic) {  // its CRPS at a fixed scale, by the integral's closed form in plain doubles
  const double s = 0.75;
  const auto crps = [=](double y, double x) {
    const double z = (y - x) / s;
    return s * (z + 2 * std::log1p(std::exp(-z)) - 1);
  };
  expect_loss([=](Node x) { return Logistic{.loc = x, .scale = s}; }, [=](double y, double x) { return crps(y, x) / s; },
              constant(std::log(s) + 1), reals);
}

TEST(Losses, OfPoisson) {
  const auto log_factorial = [](double y, double) { return std::lgamma(y + 1); };
  expect_loss([](Node x) { return Poisson{.log_rate = x}; }, [](double y, double x) { return std::exp(x) - y * x; }, log_factorial, counts);
  const auto half_deviance = [](double y, double x) { return (y == 0 ? 0 : y * (std::log(y) - x)) - y + std::exp(x); };
  expect_loss([](Node x) { return Poisson{.log_rate = x}; }, half_deviance,
              [](double y, double) { return y == 0 ? 0 : y - y * std::log(y) + std::lgamma(y + 1); }, counts);
}

TEST(Losses, OfGammaAndInverseGaussian) {
  const double k = 3.5, stirling = std::lgamma(k) - (k - 0.5) * std::log(k) + k - 0.5 * std::log(2 * pi);
  expect_loss([=](Node x) { return Gamma{.log_mean = x, .log_shape = x.graph().constant(std::log(k), DType::float64)}; },
              [=](double y, double x) { return k * (y * std::exp(-x) - 1 - std::log(y) + x); },
              [=](double y, double) { return 0.5 * std::log(2 * pi / k) + stirling + std::log(y); }, positives);
  const double lambda = 2.25;
  const auto deviance = [](double y, double x) { return squared(y, std::exp(x)) / (std::exp(2 * x) * y); };
  expect_loss([=](Node x) { return InverseGaussian{.log_mean = x, .log_concentration = x.graph().constant(std::log(lambda), DType::float64)}; },
              [=](double y, double x) { return 0.5 * lambda * deviance(y, x); },
              [=](double y, double) { return 0.5 * std::log(2 * pi / lambda) + 1.5 * std::log(y); }, positives);
}

TEST(Losses, OfVonMises) {
  const double kappa = 1.75, i0 = std::cyl_bessel_i(0.0, kappa) * std::exp(-kappa);
  expect_loss([=](Node x) { return VonMises{kappa * cos(x), kappa * sin(x)}; },
              [=](double y, double x) { return kappa * (1 - std::cos(y - x)); }, constant(std::log(2 * pi * i0)), reals);
}

TEST(Losses, OfOrdinal) {  // −log of a difference of sigmoids; its raw output is moved against cut points −1 and 1
  const auto sigmoid = [](double x) { return 1 / (1 + std::exp(-x)); };
  const auto loss = [=](double y, double x) {
    const double above = y == 2 ? 1 : sigmoid((y == 0 ? -1 : 1) - x), below = y == 0 ? 0 : sigmoid((y == 1 ? -1 : 1) - x);
    return -std::log(above - below);
  };
  for (const double y : {0.0, 1.0, 2.0})
    for (const double x : {-1.75, 0.0, 2.0}) {
      Graph graph;
      const Ordinal head{.eta = graph.constant(row({x})), .cut_points = graph.constant(row({-1, 1}))};
      EXPECT_NEAR(-interpret(head.log_prob(graph.constant(row({y}).cast(DType::int32)))).item(), loss(y, x), 1e-13);
    }
}

TEST(Losses, OfCategorical) {
  Graph graph;
  const std::vector<double> logits{0.5, -1, 2};
  const Categorical head{.logits = graph.constant(row(logits))};
  double total = 0;
  for (const double logit : logits) total += std::exp(logit);
  for (const int y : {0, 1, 2})
    EXPECT_NEAR(-interpret(head.log_prob(graph.constant(Tensor::from(std::vector<std::int32_t>{y}).reshape({})))).item(),
                -std::log(std::exp(logits[static_cast<std::size_t>(y)]) / total), 1e-14);
}

}  // namespace
}  // namespace loglik
