// Errors planted in every family, one at a time: the conformance kit finds at least 95 % of those that change a value.
#include <gtest/gtest.h>

#include "ops/ops.h"
#include "tests/conformance/check_distribution.h"
#include "tests/ops/distributions/conformance_options.h"

namespace loglik {
namespace {

class FamilyKillRate : public testing::TestWithParam<std::string> {};
INSTANTIATE_TEST_SUITE_P(Families, FamilyKillRate, testing::ValuesIn(builtin_family_names()), [](const auto& test) { return test.param; });
TEST_P(FamilyKillRate, IsHigh) {
  const conformance::DistributionOptions options = conformance_options(GetParam());
  if (!options.not_a_density.empty()) GTEST_SKIP() << options.not_a_density;
  const conformance::KillRate rate = conformance::kill_rate(family(GetParam()), options);
  EXPECT_TRUE(rate.before.empty()) << to_string(rate);
  EXPECT_GE(rate.rate(), 0.95);
  std::printf("%s: %s\n", GetParam().c_str(), to_string(rate).c_str());
}

}  // namespace
}  // namespace loglik
