#include "ops/distributions/links.h"

#include <limits>

#include "framework/autodiff.h"
#include "framework/error.h"
#include "tests/ops/cases.h"
#include "tests/ops/derivatives.h"
#include "tests/ops/expect_error.h"

namespace loglik {
namespace {
constexpr double inf = std::numeric_limits<double>::infinity();

const ConformanceCases conformance_cases{{"soft_clamp",
                                          [](Node x) { return soft_clamp(x, -1, 2); },
                                          {.shapes = {{3, 5}, {0, 4}, {}}, .domain = {-6, 6}, .large = {{300, 401}}}}};
TEST(Links, Conforms) { conformance_cases.check(); }

const References references{"Links.SoftClampIsRight", {"soft_clamp"}};
TEST(Links, SoftClampIsRight) {  // from 40-digit decimals
  const Build clamped = [](const std::vector<Node>& x) { return soft_clamp(x[0], -1, 2); };
  expect_close(
      value_of(clamped, {row({-1e4, -3, 0, 0.5, 7, 1e4})}),
      {-1.0, -0.87387011476154251484, 0.22208420572521388897, 0.53989801867440465071, 2.0421915050582878883, 2.0485873515737420588}, 4);
}

// A gradient that a density made infinite stays that: 0·∞ would be NaN.
TEST(Links, GradientsAreNeverNan) {
  for (const DType dtype : {DType::float32, DType::float64})
    for (const double raw : {-3e38, -1e4, -104.0, 0.0, 104.0, 1e4, 3e38}) {
      Graph graph;
      const Node x = graph.constant(raw, dtype);
      const Node y = bounded_log_scale(x), infinite = graph.constant(inf, dtype);
      EXPECT_EQ(interpret(vector_jacobian_product(std::vector<Node>{y}, std::vector<Node>{infinite}, std::vector<Node>{x})[0]).item(), inf)
          << raw;
    }
}

// Far below, where sigmoid alone is 0 in float32: e^−95.2 of it.
TEST(Links, GradientsFarOutKeepTheirSize) {
  Graph graph;
  const Node x = graph.constant(-100.0, DType::float32);
  const Node seed = graph.constant(1e30, DType::float32), y = bounded_log_scale(x);
  const double got = interpret(vector_jacobian_product(std::vector<Node>{y}, std::vector<Node>{seed}, std::vector<Node>{x})[0]).item();
  EXPECT_NEAR(got / (1e30 * std::exp(-100 - std::log(1e-4))), 1, 2e-5);  // an exponent of 90 is off by 2⁻¹⁸ of itself
}

TEST(Links, RefuseBoundsOutOfOrder) {
  Graph graph;
  const Node x = graph.input("x", {3});
  expect_error<ArgumentError>([&] { soft_clamp(x, 1, 1); }, "soft_clamp", "links_test.cpp", "low = 1 is not below high = 1");
}

}  // namespace
}  // namespace loglik
