#include "tests/conformance/report.h"

#include <fmt/format.h>

#include <algorithm>

namespace loglik::conformance {

std::string_view name(Property property) {
  switch (property) {
    case Property::builds:
      return "builds";
    case Property::state:
      return "no hidden state";
    case Property::written:
      return "every element written";
    case Property::bounds:
      return "nothing else written";
    case Property::epilogue:
      return "epilogue";
    case Property::in_place:
      return "in place";
    case Property::attributes:
      return "attributes";
    case Property::inference:
      return "inference";
    case Property::compiled:
      return "compiled as interpreted";
    case Property::allocation:
      return "no allocation";
    case Property::threads:
      return "same bits by threads";
    case Property::dtypes:
      return "dtypes";
    case Property::gradient:
      return "gradient";
    case Property::second_order:
      return "second order";
    case Property::float32:
      return "float32";
    case Property::contract:
      return "contract";
    case Property::mass:
      return "mass";
    case Property::score:
      return "score";
    case Property::coherence:
      return "coherence";
    case Property::sampler:
      return "sampler";
    case Property::moments:
      return "moments";
    case Property::propriety:
      return "propriety";
    case Property::extremes:
      return "extremes";
    case Property::validation:
      return "validation";
    case Property::recovery:
      return "recovery";
    case Property::calibration:
      return "calibration";
    case Property::identities:
      return "identities";
    default:
      return "mutation";
  }
}

bool Report::failed(Property property) const {
  return std::any_of(failures.begin(), failures.end(), [&](const Failure& failure) { return failure.property == property; });
}

bool Report::was_tested(Property property) const { return std::find(tested.begin(), tested.end(), property) != tested.end(); }

void Report::test(Property property) {
  if (!was_tested(property)) tested.push_back(property);
}

void Report::skip(Property property, std::string why) {
  const auto same = [&](const Skipped& known) { return known.property == property && known.why == why; };
  if (std::none_of(skipped.begin(), skipped.end(), same)) skipped.push_back({property, std::move(why)});
}

std::string to_string(const Failure& failure) { return fmt::format("{}: {}: {}", name(failure.property), failure.where, failure.text); }

std::string to_string(const Report& report) {
  std::string text = "tested:";
  for (const Property property : report.tested) text += fmt::format("\n  {}", name(property));
  if (!report.skipped.empty()) text += "\nskipped:";
  for (const Skipped& skipped : report.skipped) text += fmt::format("\n  {}: {}", name(skipped.property), skipped.why);
  if (!report.failures.empty()) text += "\nfailed:";
  for (const Failure& failure : report.failures) text += fmt::format("\n  {}", to_string(failure));
  return text;
}

}  // namespace loglik::conformance
