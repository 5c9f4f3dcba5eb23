#include "ops/size_information.h"

#include <limits>

#include "framework/autodiff.h"
#include "framework/error.h"
#include "tests/ops/cases.h"
#include "tests/ops/derivatives.h"

namespace loglik {
namespace {
constexpr double inf = std::numeric_limits<double>::infinity();
constexpr double nan = std::numeric_limits<double>::quiet_NaN();

const Build information = [](const std::vector<Node>& v) { return negative_binomial_size_information(v[0], v[1]); };

const ConformanceCases conforming{
    {"negative_binomial_size_information",
     information,
     {.shapes = {conformance::InputShapes{{3, 5}, {3, 5}}, conformance::InputShapes{{3, 1}, {1, 4}}, conformance::InputShapes{{0, 4}, {0, 4}}},
      .domain = {-1, 2},
      .large = conformance::InputShapes{{40, 41}, {41}},
      .not_differentiable = "it is what gradients are divided by"}},
};
const References by_digits{"SizeInformation.IsRight", {"negative_binomial_size_information"}};

TEST(SizeInformation, Conforms) { conforming.check(); }

TEST(SizeInformation, IsRight) {  // from the integral at 60 digits (mpmath); e^3 … e^6 are on both sides of where the method changes
  const Tensor actual = value_of(information, {row({0, 1, -10, 3, 4, 6, 12, 1, 20, -5}), row({0, -1, 0.5, 6, 4.75, 6, -2, 10, 5, -5})});
  const std::vector<double> expected{0.082240526465012506, 0.26099554491295126, 2.3598115292673061e-10, 0.0011220010112171453,
                                     0.05120848151391251, 0.1248965273518794, 0.73476959797718446, 7.6127651292695569e-9,
                                     0.50112267299278655, 0.0012905910763659607};
  for (std::int64_t i = 0; i < actual.count(); ++i) EXPECT_NEAR(actual.at(i) / expected[std::size_t(i)], 1, 1e-12) << i;
}

// Where one method hands over to another, they agree: steps of the parameters of 1e-9 change the value by about as much.
TEST(SizeInformation, IsContinuousWhereTheMethodChanges) {
  const double c = std::log(128.0);
  for (const double m : {-3.0, 2.0, 6.0, 20.0}) {
    const Tensor v = value_of(information, {row({m, m}), row({c - 1e-9, c + 1e-9})});
    EXPECT_NEAR(v.at(0) / v.at(1), 1, 5e-9) << m;
  }
  for (const double m : {-3.0, 0.0, 4.0}) {  // μ = r
    const Tensor v = value_of(information, {row({m - 1e-9, m + 1e-9}), row({m, m})});
    EXPECT_NEAR(v.at(0) / v.at(1), 1, 5e-9) << m;
  }
}

TEST(SizeInformation, IsFiniteEverywhere) {
  std::vector<double> raws{nan};
  for (const double magnitude : {0.0, 1e-8, 1.0, 20.0, 79.0, 104.0, 710.0, 1e4, 1e300, inf}) raws.push_back(magnitude), raws.push_back(-magnitude);
  const auto n = static_cast<std::int64_t>(raws.size());
  const Tensor v = value_of(information, {row(raws).reshape({n, 1}), row(raws).reshape({1, n})});
  for (std::int64_t i = 0; i < v.count(); ++i) {
    if (i < n || i % n == 0) {
      EXPECT_TRUE(std::isnan(v.at(i))) << i;
    } else {
      EXPECT_TRUE(v.at(i) >= 0 && v.at(i) < 1.01) << raws[std::size_t(i / n)] << ", " << raws[std::size_t(i % n)] << ": " << v.at(i);
    }
  }
}

TEST(SizeInformation, HasNoGradient) {
  Graph graph;
  const Node c = graph.input("c", {});
  EXPECT_THROW(gradient(negative_binomial_size_information(c, c), c), GradientError);
}

}  // namespace
}  // namespace loglik
