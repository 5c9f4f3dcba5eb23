// Every family and every distribution of ops/distributions through the conformance kit. A new family is put through it by its name alone;
// what is known of it beyond that is said in conformance_options.h. What no family makes is a case below.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <limits>
#include <regex>
#include <set>

#include "tests/ops/distributions/censoring_schemes.h"
#include "tests/ops/distributions/conformance_options.h"

namespace loglik {
namespace {
using conformance::DistributionBuilder;
using conformance::DistributionOptions;

std::string test_name(std::string name) {
  for (char& c : name)
    if (!std::isalnum(static_cast<unsigned char>(c))) c = '_';
  return name;
}

class FamilyConformance : public testing::TestWithParam<std::string> {};
INSTANTIATE_TEST_SUITE_P(Families, FamilyConformance, testing::ValuesIn(builtin_family_names()),
                         [](const auto& test) { return test_name(test.param); });
TEST_P(FamilyConformance, Holds) { conformance::check_distribution(family(GetParam()), conformance_options(GetParam())); }

// Distributions that no family makes, or not with these fields.
struct Case {
  const char* name;
  DistributionBuilder build;
  DistributionOptions options = {};
};
void PrintTo(const Case& c, std::ostream* out) { *out << c.name; }

Gaussian gaussian(Node loc, Node raw_scale) { return {.loc = loc, .log_scale = bounded_log_scale(raw_scale)}; }

const std::vector<Case>& cases() {
  static const std::vector<Case> all{
      {"gaussian of a fixed scale", [](Node loc) { return Gaussian{.loc = loc, .scale = 0.2}; }, {.location = 0}},
      {"asymmetric_laplace",
       [](Node loc, Node raw_scale) { return AsymmetricLaplace{.loc = loc, .level = 0.9, .log_scale = bounded_log_scale(raw_scale)}; },
       {.kinks = "y = loc", .location = 0, .scale = 1}},
      {"binomial", [](Node logits) { return Binomial{.logits = logits, .trials = 7}; }},
      {"affine(gaussian)",
       [](Node loc, Node raw_scale) {
         return Affine{.base = gaussian(loc, raw_scale), .loc = loc.graph().constant(3.0, loc.dtype()), .scale = -2};
       },
       {.location = 0}},
      {"exp(gaussian)",
       [](Node loc, Node raw_scale) {
         return Transformed{gaussian(loc, raw_scale), Bijection::exp()};
       }},
      {"truncated gaussian", [](Node loc, Node raw_scale) { return Truncated{.base = gaussian(loc, raw_scale), .lower = 0}; }},
      {"censored gaussian",
       [](Node loc, Node raw_scale) { return Censored{.base = gaussian(loc, raw_scale), .lower = loc.graph().constant(0.0, loc.dtype())}; }},
      {"right-censored weibull",
       [](Node log_scale, Node raw_shape) {
         const Weibull times{.log_scale = bounded_log_scale(log_scale), .log_shape = 0.5 * bounded_log_scale(raw_shape)};
         return FollowedUntil{.base = times, .end = log_scale.graph().constant(1.5, log_scale.dtype()), .bound = 1.5};
       }},
      {"interval-censored log_normal",
       [](Node loc, Node raw_scale) {
         return Brackets{.base = LogNormal{.loc = loc, .log_scale = bounded_log_scale(raw_scale)}, .edges = {0.5, 1, 2.5, 7}};
       },
       // In float32 a narrow interval's probability is a difference: it has one digit where σ is 1e4 of its widths.
       {.extreme_tolerance = 0.1}},
      {"interval-censored logistic",
       [](Node loc, Node raw_scale) {
         const Logistic values{.loc = loc, .log_scale = bounded_log_scale(raw_scale)};
         return Detected{.base = values, .limit = loc.graph().constant(-0.5, loc.dtype()), .bound = -0.5};
       }},
      {"zero-inflated exponential",
       [](Node log_mean, Node logits) {
         return ZeroInflated{.base = Exponential{.log_mean = bounded_log_scale(log_mean)}, .logits = logits};
       }},
      {"hurdle poisson", [](Node log_rate, Node logits) { return Hurdle{.base = Poisson{.log_rate = log_rate}, .logits = logits}; }},
      {"discretised logistic",
       [](Node loc, Node raw_scale) {
         return Discretised{.base = Logistic{.loc = loc, .log_scale = bounded_log_scale(raw_scale)}, .lower = -6, .upper = 6};
       }},
      {"independent(gaussian)",
       [](std::vector<Node> raw) {
         return Independent{gaussian(concat({raw[0], raw[1]}, -1), concat({raw[2], raw[3]}, -1))};
       },
       {.raw_outputs = 4}},
  };
  return all;
}

class DistributionConformance : public testing::TestWithParam<Case> {};
INSTANTIATE_TEST_SUITE_P(Distributions, DistributionConformance, testing::ValuesIn(cases()),
                         [](const auto& test) { return test_name(test.param.name); });
TEST_P(DistributionConformance, Holds) {
  DistributionOptions options = GetParam().options;
  options.largest = std::numeric_limits<float>::max();
  conformance::check_distribution(GetParam().build, options);
}

std::string name_of(const DistributionBuilder& build, std::int64_t outputs) {
  Graph graph;
  return build(graph.input("raw", {batch, outputs}), outputs).name();
}

// Each header's `name = "…"` is that of a distribution that one of the tests above makes. Wrappers, whose names are made of others', are
// told by their headers, and each by what its name contains.
struct Wrapper {
  const char *header, *in_name;
};
const Wrapper wrappers[] = {{"affine.h", "affine("},
                            {"censored.h", "censored "},
                            {"discretised.h", "discretised "},
                            {"hurdle.h", "hurdle "},
                            {"independent.h", "independent("},
                            {"interval_censored.h", "interval-censored "},
                            {"mixture.h", "mixture of "},
                            {"right_censored.h", "right-censored "},
                            {"transformed.h", "exp("},
                            {"truncated.h", " truncated to "},
                            {"zero_inflated.h", "zero-inflated "}};

TEST(DistributionConformance, LeavesNoneOut) {
  std::set<std::string> covered;
  for (const std::string& name : builtin_family_names()) {
    const DistributionBuilder build(family(name));
    covered.insert(name_of(build, build.raw_outputs()));
  }
  for (const Case& c : cases()) covered.insert(name_of(c.build, std::max<std::int64_t>({1, c.build.raw_outputs(), c.options.raw_outputs})));
  for (const Wrapper& wrapper : wrappers) {
    const auto contains = [&](const std::string& name) {  // "censored " is no part of "right-censored " here
      const std::size_t at = name.find(wrapper.in_name);
      return at != std::string::npos && (at == 0 || wrapper.in_name[0] == ' ');
    };
    EXPECT_TRUE(std::any_of(covered.begin(), covered.end(), contains)) << wrapper.header << " is put through the kit by no test";
  }
  const std::filesystem::path folder = std::filesystem::path(LOGLIK_REFERENCES) / "../../../../ops/distributions";
  std::size_t names = 0, wrapping = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() != ".h") continue;
    const std::string header = entry.path().filename();
    std::ifstream file(entry.path());
    const std::string text((std::istreambuf_iterator<char>(file)), {});
    static const std::regex naming("string_view name = \"([a-z0-9_]+)\""), wraps("\n  (Distribution base;|std::vector<Distribution> components;)");
    for (std::sregex_iterator match(text.begin(), text.end(), naming), end; match != end; ++match, ++names)
      EXPECT_TRUE(covered.contains((*match)[1])) << (*match)[1] << " in " << header << " is put through the kit by no test";
    if (!std::regex_search(text, wraps)) continue;
    ++wrapping;
    const auto is_listed = [&](const Wrapper& wrapper) { return header == wrapper.header; };
    EXPECT_TRUE(std::any_of(std::begin(wrappers), std::end(wrappers), is_listed)) << header << " is a wrapper that is not in the list";
  }
  EXPECT_GT(names, 15U);
  EXPECT_EQ(wrapping, std::size(wrappers));
}

}  // namespace
}  // namespace loglik
