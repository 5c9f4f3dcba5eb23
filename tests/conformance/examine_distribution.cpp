#include <fmt/format.h>

#include <algorithm>

#include "framework/error.h"
#include "ops/builtin.h"
#include "tests/conformance/study.h"

namespace loglik::conformance {

Report examine_distribution(const DistributionBuilder& build, const DistributionOptions& options) {
  register_builtin_ops();
  Study study{build, options, nullptr, {}, {}, {}};
  std::vector<Skipped> skip = options.skip;
  if (!options.not_a_density.empty())
    for (const Property property : {Property::mass, Property::score, Property::coherence, Property::sampler, Property::moments,
                                    Property::propriety, Property::recovery, Property::calibration, Property::identities})
      skip.push_back({property, options.not_a_density});
  const auto skips = [&](Property property) {
    return std::any_of(skip.begin(), skip.end(), [&](const Skipped& skipped) { return skipped.property == property; });
  };
  study.report.test(Property::builds);
  try {
    study.subject = std::make_shared<Subject>(build, options, DType::float64);
    Subject(build, options, DType::float32);
  } catch (const std::exception& error) {
    study.fail(Property::builds, study.subject ? study.subject->name + " of float32" : "the distribution of float64",
               fmt::format("throws {}", error.what()));
    return study.report;
  }
  for (const auto& [answer, text] : study.subject->broken)
    study.fail(Property::builds, study.subject->name, fmt::format("{} throws {}", answer, text));
  study.thetas = draw_parameters(options, study.subject->raw_outputs, options.parameters, 0);

  const auto run = [&](Property property, void (*check)(Study&)) {
    if (skips(property)) return;
    try {
      check(study);
    } catch (const std::exception& error) {
      study.fail(property, study.subject->name, fmt::format("throws {}", error.what()));
    }
  };
  try {
    make_rules(study);
  } catch (const std::exception& error) {
    study.fail(Property::mass, study.subject->name, fmt::format("throws {}", error.what()));
  }
  run(Property::contract, check_contract);
  run(Property::gradient, check_gradients);
  run(Property::mass, check_mass);
  run(Property::score, check_score);
  run(Property::coherence, check_coherence);
  run(Property::sampler, check_sampler);
  run(Property::moments, check_moments);
  run(Property::propriety, check_propriety);
  run(Property::float32, check_float32);
  if (!skips(Property::sampler)) run(Property::float32, check_float32_draws);
  run(Property::extremes, check_extremes);
  run(Property::validation, check_validation);
  run(Property::recovery, check_recovery);
  run(Property::calibration, check_calibration);
  run(Property::identities, check_identities);

  Report& report = study.report;
  for (const Skipped& skipped : skip) report.skip(skipped.property, skipped.why);
  std::erase_if(report.failures, [&](const Failure& failure) { return skips(failure.property); });
  std::erase_if(report.tested, [&](Property property) { return skips(property); });
  return std::move(report);
}

}  // namespace loglik::conformance
