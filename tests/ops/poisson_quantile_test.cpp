#include "ops/poisson_quantile.h"

#include <limits>

#include "framework/autodiff.h"
#include "ops/exponential.h"
#include "ops/incomplete_gamma.h"
#include "tests/ops/cases.h"
#include "tests/ops/derivatives.h"

namespace loglik {
namespace {

const ConformanceCases conforming{
    {"poisson_quantile",
     poisson_quantile,
     {.shapes = {{{3, 5}, {3, 5}}, {{3, 1}, {1, 4}}, {{0, 4}, {4}}},
      .domain = {-1, 3},
      .inputs = {{.domain = conformance::Domain{0.05, 0.95}}},
      .large = {{{20, 41}, {41}}}}},
};
const References by_scipy{"PoissonQuantile.IsRight", {"poisson_quantile"}};

TEST(PoissonQuantile, Conforms) { conforming.check(); }

// SciPy's poisson.ppf (1.17.1), checked against its cdf at the value and one below.
TEST(PoissonQuantile, IsRight) {
  expect_close(value_of(binary(poisson_quantile), {row({1e-300, 1e-12, 0.25, 0.5, 0.75, 0.9999, 0.9999999999990905, 0.03125, 0.875, 0.375}),
                                                   row({5, 3, -2, 0.5, 2, 6, 1, 9, -5, 13})}),
               {0, 0, 0, 1, 9, 480, 21, 7936, 0, 442201}, 0);
}

TEST(PoissonQuantile, HasTheLimits) {
  const double inf = std::numeric_limits<double>::infinity(), nan = std::numeric_limits<double>::quiet_NaN();
  for (const DType dtype : {DType::float64, DType::float32}) {
    const auto at = [&](const std::vector<double>& p, const std::vector<double>& x) {
      return value_of(binary(poisson_quantile), {row(p).cast(dtype), row(x).cast(dtype)});
    };
    expect_close(at({0, 1, 0, 1, -0.5, 1.5, nan, 0.5}, {2, 2, 700, -1e4, 2, 2, 2, nan}), {0, inf, 0, inf, nan, nan, nan, nan}, 0);
    expect_close(at({0.5, 1 - 0x1p-20, 0.5, 0.5}, {-1e4, -inf, 1e4, inf}), {0, 0, inf, inf}, 0);
    expect_close(value_of([](const std::vector<Node>& v) { return gradient(reduce_sum(poisson_quantile(v[0], v[1])), v[1]); },
                          {row({0.5, 0.9}).cast(dtype), row({1, 2}).cast(dtype)}),
                 {0, 0}, 0);
  }
}

TEST(PoissonQuantile, OfTheCdfOfAnIntegerIsIt) {
  for (const DType dtype : {DType::float64, DType::float32})
    for (const double x : {-1.0, 2.0, 9.0, 16.0}) {
      const double rate = std::exp(x), last = std::floor(rate + 3 * std::sqrt(rate));
      std::vector<double> n;
      for (double k = std::max(0.0, std::floor(rate - 3 * std::sqrt(rate))); k <= last;
           k += std::max(1.0, std::floor(std::sqrt(rate) / 16)))
        n.push_back(k);
      Graph graph;
      const Node log_rate = graph.constant(row({x}).cast(dtype));
      const Node f = cast(gamma_q(graph.constant(row(n)) + 1.0, exp(cast(log_rate, DType::float64))), dtype);
      expect_close(interpret(poisson_quantile(f, log_rate)), n, 0);
    }
  // From 2²⁴ on a float32 is the next even number, or farther.
  const Tensor large = value_of(binary(poisson_quantile), {row({0.5}).cast(DType::float32), row({20}).cast(DType::float32)});
  EXPECT_NEAR(large.at(0), std::exp(20.0), 0x1p28 * 0x1p-24 + 1);
}

// Median and λ are within 1 (Choi 1994); a deviation below and above.
TEST(PoissonQuantile, IsFastForLargeRates) {
  const double x = std::log(1e14), big = std::log(1e30), half = 0.15865525393145705;
  const Tensor n = value_of(binary(poisson_quantile), {row({0.5, half, 0.5, half}), row({x, x, big, big})});
  EXPECT_NEAR(n.at(0), std::exp(x), 1);
  EXPECT_NEAR(n.at(1), std::exp(x) - 1e7, 2);
  EXPECT_NEAR(n.at(2), std::exp(big), 1e30 * 0x1p-51);
  EXPECT_NEAR(n.at(3), std::exp(big) - 1e15, 1e30 * 0x1p-51);
}

}  // namespace
}  // namespace loglik
