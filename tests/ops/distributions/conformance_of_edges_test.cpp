// Distributions that end where their density is positive, and their mirror images, through the conformance kit.
#include <gtest/gtest.h>

#include "ops/ops.h"
#include "tests/conformance/check_distribution.h"

namespace loglik {
namespace {
using Family2 = Distribution (*)(Node loc, Node log_scale);

struct Case {
  const char* name;
  Family2 base;
  double lower, upper;
  conformance::DistributionOptions options = {};
};
void PrintTo(const Case& c, std::ostream* out) { *out << c.name; }

const Case cases[] = {
    {"gaussian", [](Node loc, Node log_scale) -> Distribution { return Gaussian{.loc = loc, .log_scale = log_scale}; }, -1, 2},
    {"logistic", [](Node loc, Node log_scale) -> Distribution { return Logistic{.loc = loc, .log_scale = log_scale}; }, -1.25, 2.5},
    {"gumbel",
     [](Node loc, Node log_scale) -> Distribution { return Gumbel{.loc = loc, .log_scale = log_scale}; },
     -2,
     3,
     {.skip = {{conformance::Property::extremes, "log F = −e^−z: cut 88 scales below the location, its logs leave float32"}}}},
    {"laplace",
     [](Node loc, Node log_scale) -> Distribution { return Laplace{.loc = loc, .log_scale = log_scale}; },
     -1,
     2,
     {.kinks = "y = loc"}},
    {"asymmetric_laplace",
     [](Node loc, Node log_scale) -> Distribution { return AsymmetricLaplace{.loc = loc, .level = 0.3, .log_scale = log_scale}; },
     -2,
     1,
     {.kinks = "y = loc"}},
    {"weibull",
     [](Node log_scale, Node raw_shape) -> Distribution {
       return Weibull{.log_scale = bounded_log_scale(log_scale), .log_shape = 0.5 * raw_shape};
     },
     0.5,
     3},
};

class Edges : public testing::TestWithParam<Case> {};
INSTANTIATE_TEST_SUITE_P(All, Edges, testing::ValuesIn(cases), [](const auto& test) { return std::string(test.param.name); });

Truncated between(const Case& c, Node first, Node raw_second) {
  return {.base = c.base(first, bounded_log_scale(raw_second)), .lower = c.lower, .upper = c.upper};
}

TEST_P(Edges, TruncatedAtBothEnds) {
  conformance::check_distribution([c = GetParam()](Node first, Node raw_second) { return between(c, first, raw_second); }, GetParam().options);
}

TEST_P(Edges, MirrorImages) {
  conformance::check_distribution(
      [c = GetParam()](Node first, Node raw_second) { return Affine{.base = between(c, first, raw_second), .scale = -1}; }, GetParam().options);
}

}  // namespace
}  // namespace loglik
