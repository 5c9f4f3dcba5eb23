// Does the kit see what a distribution computes? Two of them with errors planted; all families are in tests/slow/kill_rate_test.cpp.
#include <gtest/gtest.h>

#include "ops/ops.h"
#include "tests/conformance/check_distribution.h"

namespace loglik {
namespace {
using conformance::kill_rate;
using conformance::KillRate;

void expect_killed(const char* name, const conformance::DistributionOptions& options) {
  const KillRate rate = kill_rate(family(name), options);
  EXPECT_TRUE(rate.before.empty()) << to_string(rate);
  EXPECT_GT(rate.planted, 30);
  EXPECT_GE(rate.rate(), 0.95) << name << ": " << to_string(rate);
}

TEST(KillRate, IsHighForExponential) { expect_killed("exponential", {.parameters = 2}); }
TEST(KillRate, IsHighForGaussian) { expect_killed("gaussian_predicted_scale", {.parameters = 2}); }

struct Blind {  // says nothing but log_prob: errors that leave a density a density can't be seen
  Node loc;
  Node log_prob(Node y) const { return -0.5 * square(y - loc) - 0.91893853320467274178; }
  Support support() const { return Support::real; }
};

TEST(KillRate, NamesTheSurvivors) {
  const KillRate rate = kill_rate([](Node loc) { return Blind{loc}; });
  ASSERT_FALSE(rate.survivors.empty());  // y + loc for y − loc
  EXPECT_EQ(rate.planted, rate.killed + static_cast<int>(rate.survivors.size()));
  EXPECT_NE(rate.survivors[0].find("log_prob: sub at"), std::string::npos) << to_string(rate);
  EXPECT_NE(to_string(rate).find("planted errors found"), std::string::npos);
}

struct Unnormalised : Blind {
  Node log_prob(Node y) const { return Blind::log_prob(y) + 0.1; }
};

TEST(KillRate, PlantsNothingInWhatFailsAnyway) {
  const KillRate rate = kill_rate([](Node loc) { return Unnormalised{loc}; });
  EXPECT_EQ(rate.planted, 0);
  EXPECT_EQ(rate.rate(), 0);  // nothing was shown to be found
  EXPECT_FALSE(rate.before.empty());
}

}  // namespace
}  // namespace loglik
