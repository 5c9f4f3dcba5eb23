#include "ops/count_mean_difference.h"

#include <limits>

#include "framework/autodiff.h"
#include "tests/ops/cases.h"
#include "tests/ops/derivatives.h"

namespace loglik {
namespace {
constexpr double inf = std::numeric_limits<double>::infinity();
constexpr double nan = std::numeric_limits<double>::quiet_NaN();

const Build difference = [](const std::vector<Node>& v) { return count_mean_difference(v[0], v[1]); };
Build slope(std::size_t by) {
  return [=](const std::vector<Node>& v) { return gradient(reduce_sum(difference(v)), v[by]); };
}

conformance::OpOptions options(int orders, std::string not_differentiable = {}) {
  return {.shapes = {conformance::InputShapes{{3, 5}, {3, 5}}, conformance::InputShapes{{3, 1}, {1, 4}}, conformance::InputShapes{{0, 4}, {0, 4}}},
          .domain = {0.5, 3},
          .inputs = {{.domain = conformance::Domain{-1, 2}}},
          .large = conformance::InputShapes{{40, 41}, {41}},
          .orders = orders,
          .not_differentiable = std::move(not_differentiable)};
}

const ConformanceCases conforming{
    {"count_mean_difference", difference, options(1)},
    {"count_mean_difference_slope", slope(0), options(0, "the mean difference of counts can be differentiated once")},
};
const References by_digits{"CountMeanDifference.IsRight", {"count_mean_difference", "count_mean_difference_slope"}};

TEST(CountMeanDifference, Conforms) { conforming.check(); }

TEST(CountMeanDifference, IsRight) {  // v·₂F₁(r + 1, ½; 2; −4v/r) at 40 digits (mpmath), and its differences
  const Tensor log_variance = row({0, 1.5, -20, 3, 14, 2, 0, 1.25, -30}), size = row({1, 0.5, 3, 2.5, 0.125, 1000, -7, -20, -3});
  expect_close(value_of(difference, {log_variance, size}),
               {0.44721359549995794, 0.91770683792151947, 2.0611536167740855e-9, 2.3964953946514075, 333.20110643376471, 1.5202851543480402,
                0.53714863704748872, 1.0416173006176348, 9.3576229688395908e-14},
               16);
  expect_close(value_of(slope(0), {log_variance, size}),
               {0.26832815729997476, 0.48727314465907735, 2.0611536111096132e-9, 1.2078471279449984, 166.60486916127876, 0.77347273197742739,
                0.31147736062354971, 0.54040062635854421, 9.3576229688390071e-14},
               64);
  const Tensor by_size = value_of(slope(1), {log_variance, size});
  const std::vector<double> expected{0.060352256860323632, 0.38283221631657423, 4.7203935748296769e-19, 0.048050756248664526, 978.2829234612446,
                                     1.9689412955897251e-7, 0.0018959130597336061, 0.00035068277678113034, 9.7294564029946098e-28};
  for (std::int64_t i = 0; i < by_size.count(); ++i)  // relative to the two terms that cancel, of up to v/r
    EXPECT_NEAR(by_size.at(i), expected[std::size_t(i)], 1e-14 * (expected[std::size_t(i)] + std::exp(log_variance.at(i)) / std::abs(size.at(i))));
}

// π(1 − π) of one trial; at π = ½ nothing is left where sin θ is 1.
TEST(CountMeanDifference, OfOneTrialIsItsVariance) {
  expect_close(value_of(difference, {row({std::log(0.25), std::log(0.21), -40, -1e4}), row({-1})}), {0.25, 0.21, std::exp(-40), std::exp(-300)}, 64);
}

TEST(CountMeanDifference, IsNanWhereThereAreNoCounts) {
  expect_close(value_of(difference, {row({nan, 0, 0, 0, 0}), row({1, nan, 0, -0.5, inf})}), {nan, nan, nan, nan, nan}, 0);
}

}  // namespace
}  // namespace loglik
