#include "tests/conformance/check_distribution.h"

#include <gtest/gtest.h>

#include <numbers>

#include "framework/primitives.h"
#include "ops/activations.h"
#include "ops/arithmetic.h"
#include "ops/exponential.h"
#include "ops/slice.h"

namespace loglik {
namespace {
using conformance::check_distribution;
using conformance::Property;
using conformance::Report;

struct Cauchy {  // of the README: nothing but what a head needs
  Node loc, scale;
  Node log_prob(Node y) const { return -log1p(square((y - loc) / scale)) - log(std::numbers::pi * scale); }
};

bool is_skipped(const Report& report, Property property, const std::string& why) {
  for (const auto& skipped : report.skipped)
    if (skipped.property == property && skipped.why.find(why) != std::string::npos) return true;
  return false;
}

TEST(CheckDistribution, PassesAHeadOfOneFormula) {
  const Report report = check_distribution(
      [](Node loc, Node raw) {
        return Cauchy{loc, softplus(raw) + 1e-3};
      },
      {.support = Support::real});
  for (const Property property : {Property::contract, Property::gradient, Property::mass, Property::score, Property::propriety,
                                  Property::float32, Property::extremes})
    EXPECT_TRUE(report.was_tested(property)) << to_string(report);
  EXPECT_TRUE(is_skipped(report, Property::coherence, "needs cdf, which it does not have")) << to_string(report);
  EXPECT_TRUE(is_skipped(report, Property::sampler, "needs sample"));
  EXPECT_TRUE(is_skipped(report, Property::moments, "it has no mean"));
  EXPECT_TRUE(is_skipped(report, Property::validation, "it has no support()"));
}

TEST(CheckDistribution, SaysThatItDoesNotKnowTheSupport) {
  const Report report = check_distribution([](Node loc, Node raw) { return Cauchy{loc, softplus(raw) + 1e-3}; });
  EXPECT_TRUE(is_skipped(report, Property::mass, "the support is not known")) << to_string(report);
  EXPECT_FALSE(report.was_tested(Property::mass));
  EXPECT_TRUE(report.was_tested(Property::gradient));
}

TEST(CheckDistribution, TakesAllRawOutputsInOneNode) {
  const auto cauchy = [](Node raw) {
    const std::vector<Node> parts = split(raw, 2, -1);
    return Cauchy{parts[0], softplus(parts[1]) + 1e-3};
  };
  EXPECT_TRUE(check_distribution(cauchy, {.raw_outputs = 2, .support = Support::real}).was_tested(Property::mass));
  const auto parts = [](std::vector<Node> raw) { return Cauchy{raw[0], softplus(raw[1]) + 1e-3}; };
  EXPECT_TRUE(check_distribution(parts, {.raw_outputs = 2, .support = Support::real}).was_tested(Property::mass));
}

TEST(CheckDistribution, SkipsWhatTheOptionsSay) {
  const Report report = check_distribution(family("gaussian"), {.skip = {{Property::recovery, "takes long"}}});
  EXPECT_TRUE(is_skipped(report, Property::recovery, "takes long"));
  EXPECT_FALSE(report.was_tested(Property::recovery));
}

}  // namespace
}  // namespace loglik
