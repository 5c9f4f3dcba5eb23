#include "framework/support.h"

#include <gtest/gtest.h>

#include <limits>
#include <vector>

#include "framework/floating_point_guard.h"

namespace loglik {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

Support integers(double lower, double upper) { return {lower, upper, false, false, true}; }

TEST(Support, IsReadable) {
  EXPECT_EQ(Support::real.text(), "the finite numbers");
  EXPECT_EQ(Support::positive.text(), "(0, ∞)");
  EXPECT_EQ(Support::unit.text(), "[0, 1]");
  EXPECT_EQ(Support::counts.text(), "{0, 1, …}");
  EXPECT_EQ(Support::binary.text(), "{0, 1}");
  EXPECT_EQ(Support::below(10).text(), "{0, …, 9}");
  EXPECT_EQ(Support::below(1).text(), "{0}");
  EXPECT_EQ(integers(-infinity, infinity).text(), "the integers");
  EXPECT_EQ(integers(-infinity, 3).text(), "{…, 2, 3}");
  EXPECT_EQ(integers(1, 1).text(), "{1}");
}

TEST(Support, TellsOfManyWhatItTellsOfEach) {
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  const std::vector<double> values{nan, infinity, -infinity, 0, -0.0, 1, -1, 0.5, 2, 3, 1e-300, -1e-300, 1 - 1e-16, 1 + 3e-16, 1.7e308, -1.7e308};
  const Support below_zero{-infinity, 0, true, true, false};
  for (const Support& support : {Support::real, Support::positive, Support::nonnegative, Support::open_unit, Support::unit, Support::binary,
                                 Support::counts, Support::below(3), integers(-infinity, 2), below_zero})
    for (const double value : values) {
      const std::vector<double> many{support.inside(), value, support.inside()};
      EXPECT_EQ(support.contains_all<double>(many), support.contains(value)) << value << " in " << support.text();
      const std::vector<float> floats(37, static_cast<float>(value));
      EXPECT_EQ(support.contains_all<float>(floats), support.contains(floats[0])) << floats[0] << " in " << support.text();
    }
  EXPECT_TRUE(Support::positive.contains_all(std::span<const float>()));
  EXPECT_FALSE(Support::binary.contains_all<std::int32_t>(std::vector<std::int32_t>{0, 1, 2}));
}

TEST(Support, CountsADenormalNumberAsZeroInAStep) {
  const FloatingPointGuard guard;
  const std::vector<float> denormal{1e-40f};
  EXPECT_FALSE(Support::positive.contains_all<float>(denormal));
  EXPECT_TRUE(Support::nonnegative.contains_all<float>(denormal));
  EXPECT_TRUE(Support::positive.contains_all<float>(std::vector<float>{0x1p-126f}));
}

}  // namespace
}  // namespace loglik
