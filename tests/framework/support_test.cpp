#include "framework/support.h"

#include <gtest/gtest.h>

#include <limits>

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

}  // namespace
}  // namespace loglik
