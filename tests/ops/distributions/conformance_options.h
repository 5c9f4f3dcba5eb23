#pragma once
#include <limits>
#include <map>
#include <numbers>
#include <string>
#include <vector>

#include "ops/ops.h"
#include "tests/conformance/check_distribution.h"

namespace loglik {

/// The families there are but those that other tests of this process add.
inline std::vector<std::string> builtin_family_names() {
  std::vector<std::string> names;
  for (const Family& family : families())
    if (!family.name.starts_with("test_")) names.push_back(family.name);
  return names;
}

/// What is known of a family beyond its name. One that is not here is put through the kit without it.
inline conformance::DistributionOptions conformance_options(const std::string& family) {
  using conformance::Property;
  static const std::map<std::string, conformance::DistributionOptions> known{
      {"bernoulli_soft_targets", {.not_a_density = "a cross-entropy to soft targets, not a likelihood"}},
      // Where half of the mass is nearer to 1 than float64's numbers, no sum of points has it: both shapes above 1.
      {"beta", {.domains = {{-1, 1}, {1.5, 3}}}},
      {"dirichlet", {.domain = {-0.5, 2}}},  // below, densities grow towards the edges faster than a grid can follow
      {"gaussian", {.location = 0}},
      {"gaussian_learned_scale", {.location = 0}},
      {"gaussian_mixture", {.draw_gradient = "a draw's gradient is that of its component alone", .exchangeable = true, .parameters = 2}},
      {"gaussian_predicted_scale", {.location = 0, .scale = 1}},
      {"gumbel", {.location = 0, .scale = 1}},
      {"laplace", {.kinks = "y = loc", .location = 0, .scale = 1}},
      {"logistic", {.location = 0, .scale = 1}},
      // Its targets may be float32's π, a little more than half a turn.
      {"von_mises", {.support = Support(-std::numbers::pi, std::numbers::pi, false, false, false), .tolerance = 1e-8}},
      {"weibull",
       {.identities = {{"shape 1 is Exponential",
                        [](Node raw) { return Weibull{.log_scale = raw, .log_shape = raw.graph().constant(0.0, raw.dtype())}; },
                        [](Node raw) { return Exponential{.log_mean = raw}; }}}}},
  };
  const auto found = known.find(family);
  conformance::DistributionOptions options = found == known.end() ? conformance::DistributionOptions{} : found->second;
  options.largest = std::numeric_limits<float>::max();
  return options;
}

}  // namespace loglik
