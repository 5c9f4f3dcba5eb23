// KL divergence, special cases that must agree, moving and stretching.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "tests/conformance/study.h"

namespace loglik::conformance {
namespace {

void check_kl(Study& study) {
  const Subject& subject = *study.subject;
  const Node kl = subject.node(Answer::kl);
  for (const auto& rule : study.rules) {
    if (!rule) continue;
    study.report.test(Property::identities);
    const std::vector<double> y(rule->y.begin(), rule->y.begin() + rule->elements);
    for (const std::vector<double>& other : study.thetas) {
      const double got = subject.values(kl, {1, rule->theta, y, {}, other})[0];
      const std::string where = subject.place(rule->theta) + " to " + subject.place(other);
      Points points = rule->points_at();
      points.other = other;
      const std::vector<double> logs = subject.values(subject.other_log_prob, points);
      const auto ratio = [&](std::size_t i) { return rule->log_density[i] - logs[i]; };
      const double expected = rule->expect(ratio), size = rule->expect([&](std::size_t i) { return std::abs(ratio(i)); });
      const double tolerance = study.options.tolerance * std::max(1.0, size) + rule->error_of(ratio);
      if (&other != &rule->theta && other == rule->theta && !(std::abs(got) <= 1e-12))
        study.fail(Property::identities, where, fmt::format("KL of a distribution to itself is {:.6g}", got));
      else if (!(got >= -1e-12))
        study.fail(Property::identities, where, fmt::format("KL is {:.6g}, below 0", got));
      else if (got != expected && !(std::abs(got - expected) <= tolerance))
        study.fail(Property::identities, where, fmt::format("KL is {}", against(got, expected, tolerance)));
    }
  }
}

// The least deviance of each target over raw output j: it is 0 where the parameters fit it best.
std::vector<double> least_deviances(const Subject& subject, const std::vector<double>& theta, std::size_t j,
                                    const std::vector<double>& ys) {
  constexpr int steps = 40;
  std::vector<double> least(ys.size(), 1e300), at(ys.size(), 0.0);
  double reach = 1;
  for (int zoom = 0; zoom < 9; ++zoom, reach /= 12) {
    Points points{static_cast<std::int64_t>(ys.size()) * (steps + 1), {}};
    for (std::size_t k = 0; k < ys.size(); ++k)
      for (int i = 0; i <= steps; ++i) {
        points.raw.insert(points.raw.end(), theta.begin(), theta.end());
        points.raw[points.raw.size() - theta.size() + j] = at[k] + reach * (15 + 2 * std::abs(ys[k])) * (2.0 * i / steps - 1);
        points.y.push_back(ys[k]);
      }
    const std::vector<double> values = subject.values(subject.node(Answer::deviance), points);
    for (std::size_t row = 0; row < values.size(); ++row)
      if (const std::size_t k = row / (steps + 1); values[row] < least[k]) {
        least[k] = values[row];
        at[k] = points.raw[row * theta.size() + j];
      }
  }
  return least;
}

// There is a raw output that changes the deviance by twice what it takes from log_prob, and that makes it 0 for any one target.
void check_deviance_of_fit(Study& study, const Rule& rule) {
  const Subject& subject = *study.subject;
  if (subject.event_rank > 0) return study.report.skip(Property::identities, "deviances of vectors are only held to be at least 0");
  const std::vector<double> spread = typical_targets(rule, 16);  // the middle half: links may hold the best fit of others out of reach
  const std::vector<double> ys(spread.begin() + 4, spread.begin() + 12);
  const auto rows = static_cast<std::int64_t>(ys.size());
  const std::vector<Node> nodes{subject.node(Answer::deviance), subject.node(Answer::log_prob)};
  const auto here = subject.values(nodes, {rows, rule.theta, ys});
  std::string wrong;
  for (std::size_t j = 0; j < rule.theta.size(); ++j) {
    std::vector<double> theta = rule.theta;
    theta[j] += 0.4;
    const auto there = subject.values(nodes, {rows, theta, ys});
    Worst worst;
    for (std::size_t i = 0; i < ys.size(); ++i) {
      const double got = there[0][i] - here[0][i], expected = 2 * (here[1][i] - there[1][i]);
      worst.compare(got, expected, 1e-9 * std::max({1.0, std::abs(here[0][i]), std::abs(there[0][i])}), [&] {
        return fmt::format("raw output {} changes the deviance at y = {:.9g} by {:.9g}, twice log_prob by {:.9g}", j, ys[i], got, expected);
      });
    }
    const std::vector<double> least = least_deviances(subject, rule.theta, j, ys);
    for (std::size_t i = 0; i < ys.size(); ++i)
      worst.compare(least[i], 0, 1e-6, [&] {
        return fmt::format("over raw output {} the least deviance at y = {:.9g} is {:.6g}, not 0", j, ys[i], least[i]);
      });
    if (!worst.failed()) return;
    wrong += (wrong.empty() ? "" : "; ") + worst.text();
  }
  study.fail(Property::identities, subject.place(rule.theta), wrong);
}

void check_deviance(Study& study) {
  const Subject& subject = *study.subject;
  for (const auto& rule : study.rules) {
    if (!rule) continue;
    study.report.test(Property::identities);
    const std::vector<double> got = subject.values(subject.node(Answer::deviance), rule->points_at());
    Worst worst;
    for (std::size_t i = 0; i < got.size(); ++i)
      if (rule->weight[i] > 0)
        worst.see(got[i] >= 0          ? 0
                  : std::isnan(got[i]) ? got[i]
                                       : -got[i],
                  1e-10, [&] {
                    return fmt::format("the deviance at y = {:.9g} is {:.6g}, below 0",
                                       rule->y[i * static_cast<std::size_t>(rule->elements)], got[i]);
                  });
    if (worst.failed()) study.fail(Property::identities, subject.place(rule->theta), worst.text());
    check_deviance_of_fit(study, *rule);
  }
}

void check_special_case(Study& study, const Identity& identity) {
  DistributionOptions options = study.options;
  options.raw_outputs = identity.raw_outputs;
  Subject one(identity.one, options, DType::float64), other(identity.other, options, DType::float64);
  study.report.test(Property::identities);
  for (const std::vector<double>& theta : draw_parameters(options, identity.raw_outputs, options.parameters, 2)) {
    const Rule rule = make_rule(one, theta);
    if (!rule.trouble.empty()) return study.report.skip(Property::identities, fmt::format("{}: {}", identity.text, rule.trouble));
    const std::vector<double> y = typical_targets(rule, 40);
    std::vector<double> p;
    for (int i = 0; i < 40; ++i) p.push_back((i + 0.5) / 40);
    const Points points{40, theta, y, p};
    for (std::size_t a = 0; a < answer_count; ++a) {
      const auto answer = static_cast<Answer>(a);
      if (!one.has(answer) || !other.has(answer) || answer == Answer::sample || answer == Answer::kl || answer == Answer::deviance)
        continue;
      const std::vector<double> x = one.values(one.node(answer), points), z = other.values(other.node(answer), points);
      if (x.size() != z.size()) continue;
      Worst worst;
      for (std::size_t i = 0; i < x.size(); ++i)
        worst.compare(x[i], z[i], identity.tolerance * std::max(1.0, std::abs(z[i])), [&] {
          return fmt::format("{}: {} of {} is {}", identity.text, name(answer), one.place(theta),
                             against(x[i], z[i], identity.tolerance * std::max(1.0, std::abs(z[i]))));
        });
      if (worst.failed()) study.fail(Property::identities, other.place(theta), worst.text());
    }
  }
}

double quantile_of(const Study& study, const Rule& rule, double p) {
  if (study.subject->has(Answer::quantile))
    return study.subject->values(study.subject->node(Answer::quantile), {1, rule.theta, {rule.y[0]}, {p}})[0];
  const auto edge = std::lower_bound(rule.below.begin(), rule.below.end(), p);  // the panel that holds it, halved until it is found
  double low = edge == rule.below.begin() ? rule.edges.front() : rule.edges[static_cast<std::size_t>(edge - rule.below.begin()) - 1];
  double high = edge == rule.below.end() ? rule.edges.back() : rule.edges[static_cast<std::size_t>(edge - rule.below.begin())];
  for (int i = 0; i < 60 && low < high; ++i) {
    const double middle = 0.5 * (low + high);
    (quadrature_cdf(*study.subject, rule, {middle})[0] < p ? low : high) = middle;
  }
  return 0.5 * (low + high);
}

// With Y = μ + σ·Z: log p(y; θ) = log p(Q′ + r·(y − Q); θ′) + log r for θ′ with another location, then another scale. Q are medians, r is
// the ratio of the distances between quartiles.
void check_equivariance(Study& study, std::size_t moved, const std::string& what, bool stretches) {
  const Subject& subject = *study.subject;
  for (const auto& rule : study.rules) {
    if (!rule || !rule->has_edges()) continue;
    study.report.test(Property::identities);
    std::vector<double> theta = rule->theta;
    theta.at(moved) += 0.75;
    const Rule other = make_rule(subject, theta);
    if (!other.trouble.empty()) return study.report.skip(Property::identities, other.trouble);
    const double low = quantile_of(study, *rule, 0.25), middle = quantile_of(study, *rule, 0.5), high = quantile_of(study, *rule, 0.75);
    const double other_low = quantile_of(study, other, 0.25), other_middle = quantile_of(study, other, 0.5),
                 other_high = quantile_of(study, other, 0.75);
    const double r = (other_high - other_low) / (high - low);
    std::vector<double> y = typical_targets(*rule, 40), there;
    for (const double one : y) there.push_back(other_middle + r * (one - middle));
    const std::vector<double> a = subject.values(subject.node(Answer::log_prob), {40, rule->theta, y}),
                              b = subject.values(subject.node(Answer::log_prob), {40, theta, there});
    Worst worst;
    for (std::size_t i = 0; i < 40; ++i)
      worst.compare(b[i] + std::log(r), a[i], 1e-6 * std::max(1.0, std::abs(a[i])), [&] {
        return fmt::format("raw output {} {}: log_prob at y = {:.9g} is {}", moved, what, y[i], against(b[i] + std::log(r), a[i], 1e-6));
      });
    if (stretches ? !(std::abs(r - 1) > 1e-6) : !(std::abs(other_middle - middle) > 1e-6 * (high - low)))
      study.fail(Property::identities, subject.place(rule->theta),
                 fmt::format("raw output {} {}, but 0.75 more of it {}", moved, what,
                             stretches ? "leaves the quartiles as far apart" : "leaves the median where it is"));
    if (!stretches && std::abs(r - 1) > 1e-8)
      study.fail(Property::identities, subject.place(rule->theta),
                 fmt::format("raw output {} {}, but the quartiles' distance changes by {:.9g}", moved, what, r));
    if (worst.failed()) study.fail(Property::identities, subject.place(rule->theta), worst.text());
  }
}

}  // namespace

void check_identities(Study& study) {
  if (study.needs(Property::identities, Answer::kl, "the test of KL")) check_kl(study);
  if (study.needs(Property::identities, Answer::deviance, "the test of the deviance")) check_deviance(study);
  if (study.options.identities.empty()) study.report.skip(Property::identities, "no special cases given in the options");
  for (const Identity& identity : study.options.identities) check_special_case(study, identity);
  if (study.options.location) check_equivariance(study, *study.options.location, "is a location", false);
  if (study.options.scale) check_equivariance(study, *study.options.scale, "is a scale", true);
  if (!study.options.location && !study.options.scale)
    study.report.skip(Property::identities, "neither location nor scale named in the options");
}

}  // namespace loglik::conformance
