// Errors planted in every family, one at a time: the conformance kit finds at least 95 % of those that change a value.
//
// Families of which one pass of the kit takes seconds are left out, as hundreds of passes take many minutes: LOGLIK_ALL_KILL_RATES=1 in the
// environment runs them too.
#include <gtest/gtest.h>

#include <cstdlib>
#include <set>
#include <string>

#include "ops/ops.h"
#include "tests/conformance/check_distribution.h"
#include "tests/ops/distributions/conformance_options.h"

namespace loglik {
namespace {

const std::set<std::string> dear{"beta", "dirichlet", "gaussian_mixture", "hurdle_poisson", "student_t"};

class FamilyKillRate : public testing::TestWithParam<std::string> {};
INSTANTIATE_TEST_SUITE_P(Families, FamilyKillRate, testing::ValuesIn(builtin_family_names()), [](const auto& test) { return test.param; });
TEST_P(FamilyKillRate, IsHigh) {
  if (dear.contains(GetParam()) && std::getenv("LOGLIK_ALL_KILL_RATES") == nullptr) GTEST_SKIP() << "takes many minutes";
  const conformance::DistributionOptions options = conformance_options(GetParam());
  if (!options.not_a_density.empty()) GTEST_SKIP() << options.not_a_density;
  const conformance::KillRate rate = conformance::kill_rate(family(GetParam()), options);
  EXPECT_TRUE(rate.before.empty()) << to_string(rate);
  EXPECT_GE(rate.rate(), 0.95);
  std::printf("%s: %s\n", GetParam().c_str(), to_string(rate).c_str());
}

}  // namespace
}  // namespace loglik
