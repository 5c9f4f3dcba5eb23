// Elementary functions of vectors over all 2³² float32, and pow over 10⁹ pairs, against the C library in float64.
#include <gtest/gtest.h>

#include "tests/framework/simd/float_errors.h"

namespace loglik {
namespace {

class AllFloats : public testing::TestWithParam<SimdFunction> {};
INSTANTIATE_TEST_SUITE_P(Functions, AllFloats, testing::ValuesIn(simd_functions), [](const auto& test) { return test.param.name; });
TEST_P(AllFloats, AreAsExactAsPromised) {
  const WorstInput worst = worst_input(GetParam(), 1);
  EXPECT_LE(worst.ulps, GetParam().most_ulps) << "at " << worst.at;
  std::printf("%s: at most %.3f ulp, at %.9g\n", GetParam().name, worst.ulps, worst.at);
}

TEST(BillionPairs, OfPowAreAsExactAsPromised) {
  const WorstInput worst = worst_power(1'000'000'000);
  EXPECT_LE(worst.ulps, 1);
  std::printf("pow: at most %.3f ulp\n", worst.ulps);
}

}  // namespace
}  // namespace loglik
