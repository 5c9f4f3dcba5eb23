#include "tests/conformance/study.h"

#include <fmt/format.h>

#include <algorithm>

namespace loglik::conformance {

bool Study::needs(Property property, Answer answer, std::string_view what) {
  if (subject->has(answer)) return true;
  report.skip(property, fmt::format("{} needs {}, which it does not have", what, name(answer)));
  return false;
}

std::string Worst::text() const {
  return failed_ == 0 ? "" : seen_ == 1 ? text_ : fmt::format("{}; wrong in {} of {} places", text_, failed_, seen_);
}

std::string against(double got, double expected, double tolerance) {
  return fmt::format("{:.10g}, not {:.10g} (off by {:.2g}, tolerance {:.2g})", got, expected, std::abs(got - expected), tolerance);
}

void make_rules(Study& study) {
  for (const std::vector<double>& theta : study.thetas) {
    auto rule = std::make_shared<Rule>(
        make_rule(*study.subject, theta, study.subject->has(Answer::kl) ? study.thetas : std::vector<std::vector<double>>()));
    if (!rule->trouble.empty()) {
      if (rule->trouble.starts_with("log_prob"))
        study.fail(Property::mass, study.subject->place(theta), rule->trouble);
      else
        study.report.skip(Property::mass, rule->trouble);
      rule = nullptr;
    }
    study.rules.push_back(std::move(rule));
  }
}

std::vector<double> typical_targets(const Rule& rule, std::size_t count) {
  std::vector<double> result;
  double sum = 0;
  const auto elements = static_cast<std::size_t>(rule.elements);
  std::size_t i = 0;
  for (std::size_t k = 0; k < count; ++k) {
    const double wanted = rule.mass * (static_cast<double>(k) + 0.5) / static_cast<double>(count);
    while (i + 1 < rule.points() && sum + rule.weight[i] < wanted) sum += rule.weight[i++];
    for (std::size_t j = 0; j < elements; ++j) result.push_back(rule.y[i * elements + j]);
  }
  return result;
}

}  // namespace loglik::conformance
