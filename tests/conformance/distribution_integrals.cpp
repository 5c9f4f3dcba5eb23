// Mass and score: what the density adds up to, and what its logarithm's gradient does.
#include <fmt/format.h>

#include <cmath>

#include "framework/error.h"
#include "tests/conformance/study.h"

namespace loglik::conformance {
namespace {

// The gradient's elements by raw outputs at a rule's points; an empty vector for zero.
std::vector<double> score_of(Study& study, const Rule& rule, Node by) {
  const Node score = study.subject->derivative(study.subject->node(Answer::log_prob), by);
  return score ? study.subject->values(score, rule.points_at()) : std::vector<double>();
}

void check_mean_of_score(Study& study, const Rule& rule) {
  const Subject& subject = *study.subject;
  const std::vector<double> g = score_of(study, rule, subject.raw);
  if (g.empty()) return study.report.skip(Property::score, "log_prob does not depend on the raw outputs");
  const auto n = static_cast<std::size_t>(subject.raw_outputs);
  for (std::size_t j = 0; j < n; ++j) {
    const auto element = [&](std::size_t i) { return g[i * n + j]; };
    const double mean = rule.expect(element), size = rule.expect([&](std::size_t i) { return std::abs(element(i)); });
    const double tolerance = study.options.tolerance * std::max(1.0, size) + rule.error_of(element);
    if (!(std::abs(mean) <= tolerance))
      study.fail(Property::score, subject.place(rule.theta),
                 fmt::format("the expectation of ∂log p/∂raw {} is {:.3g}, not 0 (tolerance {:.2g})", j, mean, tolerance));
  }
}

void check_fisher_information(Study& study, const Rule& rule) {
  Subject& subject = *study.subject;
  const std::size_t k = subject.fisher_parameters.size();
  std::vector<std::vector<double>> g;
  for (const Node parameter : subject.fisher_parameters) {
    if (parameter.shape().rank() == 0 || parameter.shape()[0] != batch)
      return study.report.skip(Property::score, "the Fisher information is of a parameter that all rows share");
    g.push_back(score_of(study, rule, parameter));
    if (!g.back().empty() && g.back().size() != rule.points())
      return study.report.skip(Property::score, "the Fisher information is of a parameter of several values");
  }
  for (std::size_t a = 0; a < k; ++a)
    for (std::size_t b = 0; b < k; ++b) {
      const Node entry = subject.fisher_entries.at(a * k + b);
      const double given =
          entry ? subject.values(entry, {1, rule.theta, std::vector<double>(rule.y.begin(), rule.y.begin() + rule.elements)})[0] : 0;
      if (g[a].empty() || g[b].empty()) continue;
      const auto product = [&](std::size_t i) { return g[a][i] * g[b][i]; };
      const double expected = rule.expect(product);
      const double size = std::sqrt(rule.expect([&](std::size_t i) { return g[a][i] * g[a][i]; }) *
                                    rule.expect([&](std::size_t i) { return g[b][i] * g[b][i]; }));
      const double tolerance = study.options.tolerance * std::max(1.0, size) + rule.error_of(product);
      if (!(std::abs(given - expected) <= tolerance))
        study.fail(Property::score, subject.place(rule.theta),
                   fmt::format("Fisher information ({}, {}) is {}", a, b, against(given, expected, tolerance)));
    }
}

}  // namespace

void check_mass(Study& study) {
  for (const auto& rule : study.rules) {
    if (!rule) continue;
    study.report.test(Property::mass);
    const std::string where = study.subject->place(rule->theta);
    if (!(rule->error < 1e-6)) {
      study.fail(Property::mass, where, fmt::format("its quadrature is off by {:.2g}: is the density bounded by anything?", rule->error));
      continue;
    }
    const auto one = [](std::size_t) { return 1.0; };
    const double tolerance = study.options.tolerance + rule->error_of(one);
    if (!(std::abs(rule->mass - 1) <= tolerance))
      study.fail(Property::mass, where, fmt::format("the density adds up to {}", against(rule->mass, 1, tolerance)));
  }
}

void check_score(Study& study) {
  try {
    for (const auto& rule : study.rules) {
      if (!rule) continue;
      study.report.test(Property::score);
      check_mean_of_score(study, *rule);
      if (!study.subject->fisher_parameters.empty()) check_fisher_information(study, *rule);
    }
    if (study.subject->fisher_parameters.empty()) study.report.skip(Property::score, "it states no Fisher information");
  } catch (const GradientError& error) {
    study.report.skip(Property::score, error.what());
  }
}

}  // namespace loglik::conformance
