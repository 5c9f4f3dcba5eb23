// Every family and every distribution of ops/distributions through the conformance kit. A new family is put through it by its name alone;
// what is known of it beyond that (location, scale, kinks) is said in `known`.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <limits>
#include <map>
#include <regex>
#include <set>

#include "ops/ops.h"
#include "tests/conformance/check_distribution.h"

namespace loglik {
static void PrintTo(const Family& family, std::ostream* out) { *out << family.name; }
namespace {
using conformance::DistributionBuilder;
using conformance::DistributionOptions;

std::vector<Family> builtin() {
  std::vector<Family> all = families();
  std::erase_if(all, [](const Family& family) { return family.name.starts_with("test_"); });  // of other tests in this process
  return all;
}

std::string test_name(std::string name) {
  for (char& c : name)
    if (!std::isalnum(static_cast<unsigned char>(c))) c = '_';
  return name;
}

constexpr double largest = std::numeric_limits<float>::max();

DistributionOptions options_of(const std::string& family) {
  static const std::map<std::string, DistributionOptions> known{
      {"bernoulli_soft_targets", {.not_a_density = "a cross-entropy to soft targets, not a likelihood"}},
      {"gaussian", {.location = 0}},
      {"gaussian_learned_scale", {.location = 0}},
      {"gaussian_predicted_scale", {.location = 0, .scale = 1}},
      {"gaussian_mixture", {.draw_gradient = "a draw's gradient is that of its component alone", .exchangeable = true, .parameters = 2}},
      {"gumbel", {.location = 0, .scale = 1}},
      {"laplace", {.kinks = "y = loc", .location = 0, .scale = 1}},
      {"logistic", {.location = 0, .scale = 1}},
      {"von_mises", {.tolerance = 2e-7}},  // its support reaches to float32's π, a little more than a full turn
      {"weibull",
       {.identities = {{"shape 1 is Exponential",
                        [](Node raw) { return Weibull{.log_scale = raw, .log_shape = raw.graph().constant(0.0, raw.dtype())}; },
                        [](Node raw) { return Exponential{.log_mean = raw}; }}}}},
  };
  const auto found = known.find(family);
  DistributionOptions options = found == known.end() ? DistributionOptions{} : found->second;
  options.largest = largest;
  return options;
}

class FamilyConformance : public testing::TestWithParam<Family> {};
INSTANTIATE_TEST_SUITE_P(Families, FamilyConformance, testing::ValuesIn(builtin()),
                         [](const auto& test) { return test_name(test.param.name); });
TEST_P(FamilyConformance, Holds) { conformance::check_distribution(GetParam(), options_of(GetParam().name)); }

// Distributions that no family makes, or not with these fields.
struct Case {
  const char* name;
  DistributionBuilder build;
  DistributionOptions options = {};
};

void PrintTo(const Case& c, std::ostream* out) { *out << c.name; }

const std::vector<Case>& cases() {
  static const std::vector<Case> all{
      {"gaussian of a fixed scale", [](Node loc) { return Gaussian{.loc = loc, .scale = 0.2}; }, {.location = 0}},
      {"asymmetric_laplace",
       [](Node loc, Node log_scale) { return AsymmetricLaplace{.loc = loc, .level = 0.9, .log_scale = bounded_log_scale(log_scale)}; },
       {.kinks = "y = loc", .location = 0, .scale = 1}},
  };
  return all;
}

class DistributionConformance : public testing::TestWithParam<Case> {};
INSTANTIATE_TEST_SUITE_P(Distributions, DistributionConformance, testing::ValuesIn(cases()),
                         [](const auto& test) { return test_name(test.param.name); });
TEST_P(DistributionConformance, Holds) {
  DistributionOptions options = GetParam().options;
  options.largest = largest;
  conformance::check_distribution(GetParam().build, options);
}

std::string name_of(const DistributionBuilder& build, std::int64_t outputs) {
  Graph graph;
  return build(graph.input("raw", {batch, outputs}), outputs).name();
}

// Each header's `name = "…"` is that of a distribution that one of the tests above makes.
TEST(DistributionConformance, LeavesNoneOut) {
  std::set<std::string> covered;
  for (const Family& family : builtin()) {
    const DistributionBuilder build(family);
    covered.insert(name_of(build, build.raw_outputs()));
  }
  for (const Case& c : cases()) covered.insert(name_of(c.build, std::max<std::int64_t>({1, c.build.raw_outputs(), c.options.raw_outputs})));
  const std::filesystem::path folder = std::filesystem::path(LOGLIK_REFERENCES) / "../../../../ops/distributions";
  int found = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() != ".h") continue;
    std::ifstream file(entry.path());
    const std::string text((std::istreambuf_iterator<char>(file)), {});
    static const std::regex naming("std::string_view name = \"([a-z0-9_]+)\"");
    for (std::sregex_iterator match(text.begin(), text.end(), naming), end; match != end; ++match, ++found)
      EXPECT_TRUE(covered.contains((*match)[1]))
          << (*match)[1] << " in " << entry.path().filename() << " is put through the kit by no test";
  }
  EXPECT_GT(found, 8);
}

}  // namespace
}  // namespace loglik
