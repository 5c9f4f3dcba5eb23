#include "ops/poisson_quantile.h"

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
      .large = {{{20, 41}, {41}}},
      .not_differentiable = "it is an integer"}},
};
const References by_scipy{"PoissonQuantile.IsRight", {"poisson_quantile"}};

TEST(PoissonQuantile, Conforms) { conforming.check(); }

// SciPy's poisson.ppf (1.17.1), checked against its cdf at the value and one below.
TEST(PoissonQuantile, IsRight) {
  expect_close(value_of(binary(poisson_quantile), {row({1e-300, 1e-12, 0.25, 0.5, 0.75, 0.9999, 0.9999999999990905, 0.03125, 0.875, 0.375}),
                                                   row({5, 3, -2, 0.5, 2, 6, 1, 9, -5, 13})}),
               {0, 0, 0, 1, 9, 480, 21, 7936, 0, 442201}, 0);
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
