// Mean, variance, median, mode, entropy and probabilities against integrals of the density.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "tests/conformance/study.h"

namespace loglik::conformance {
namespace {

// An answer that needs no target at one theta.
std::vector<double> answer(const Study& study, const Rule& rule, Answer which) {
  const std::vector<double> y(rule.y.begin(), rule.y.begin() + rule.elements);
  return study.subject->values(study.subject->node(which), {1, rule.theta, y});
}

// Which tails of ∫|y|ᵏ f do not converge? In s a power of y falls or grows exponentially: what converges has nothing left far out. Of
// counts the power law says it by which they were summed.
struct Divergence {
  bool left = false, right = false;
};

Divergence divergence(const Rule& rule, int power) {
  if (!rule.has_edges()) return {.right = rule.tail_power - power < 1 + 1e-4};
  double near = 0, left = 0, right = 0;
  for (std::size_t i = 0; i < rule.reach.size(); ++i) {
    if (!(rule.weight[i] > 0)) continue;
    const double part = std::exp(std::log(rule.weight[i]) + power * std::log(std::abs(rule.y[i]) + 1e-300));
    (rule.reach[i] <= 0.5 && std::isfinite(part) ? near : rule.y[i] < 0 ? left : right) += part;
  }
  const auto counts = [&](double far) { return std::isinf(far) || far > 1e-3 * (near + far); };
  return {counts(left), counts(right)};
}

class Moments {
 public:
  Moments(Study& study, const Rule& rule) : study_(study), rule_(rule), elements_(static_cast<std::size_t>(rule.elements)) {}

  void check() {
    study_.report.test(Property::moments);
    const bool numeric = elements_ == 1;
    if (study_.subject->has(Answer::mean)) numeric ? check_moment(Answer::mean, 1) : check_vector_mean();
    if (study_.subject->has(Answer::variance)) numeric ? check_moment(Answer::variance, 2) : check_vector_variance();
    if (study_.subject->has(Answer::entropy)) check_entropy();
    if (study_.subject->has(Answer::median) && numeric) check_median();
    if (study_.subject->has(Answer::mode)) check_mode();
    if (study_.subject->has(Answer::probabilities)) check_probabilities();
  }

 private:
  std::string where() const { return study_.subject->place(rule_.theta); }
  void compare(const std::string& what, double got, double expected, double tolerance) {
    if (got != expected && !(std::abs(got - expected) <= tolerance))
      study_.fail(Property::moments, where(), fmt::format("{} is {}", what, against(got, expected, tolerance)));
  }

  void check_moment(Answer which, int power) {
    const double got = answer(study_, rule_, which)[0];
    const auto y = [&](std::size_t i) { return rule_.y[i]; };
    if (const Divergence of = divergence(rule_, power); of.left || of.right) {
      const bool negative = power == 1 && !of.right;
      if (!(std::isinf(got) && (got < 0) == negative))
        study_.fail(Property::moments, where(),
                    fmt::format("{} is {:.6g}, but the integral is {}: say {}", name(which), got,
                                negative ? "−∞" : power == 1 && of.left ? "undefined" : "infinite", negative ? "−∞" : "+∞"));
      return;
    }
    const double mean = rule_.expect(y), spread = std::sqrt(rule_.expect([&](std::size_t i) { return std::pow(rule_.y[i] - mean, 2); }));
    if (power == 1)
      return compare("the mean", got, mean,
                     study_.options.tolerance * rule_.expect([&](std::size_t i) { return std::abs(rule_.y[i]); }) + rule_.error_of(y));
    compare("the variance", got, spread * spread,
            study_.options.tolerance * spread * spread + 1e-13 * mean * mean +
                rule_.error_of([&](std::size_t i) { return std::pow(rule_.y[i] - mean, 2); }));
  }

  double element(std::size_t i, std::size_t j) const { return rule_.y[i * elements_ + j]; }

  void check_vector_mean() {
    const std::vector<double> got = answer(study_, rule_, Answer::mean);
    if (got.size() != elements_)
      return study_.fail(Property::moments, where(), fmt::format("the mean has {} elements, not {}", got.size(), elements_));
    for (std::size_t j = 0; j < elements_; ++j) {
      const auto y = [&](std::size_t i) { return element(i, j); };
      const double size = rule_.expect([&](std::size_t i) { return std::abs(element(i, j)); });
      compare(fmt::format("mean {}", j), got[j], rule_.expect(y),
              study_.options.tolerance * std::max(1.0, size) + rule_.error_of([&](std::size_t i) { return y(i) - got[j]; }));
    }
  }

  void check_vector_variance() {
    const std::vector<double> got = answer(study_, rule_, Answer::variance);
    if (got.size() != elements_) return study_.report.skip(Property::moments, "the variance is not one number an element");
    for (std::size_t j = 0; j < elements_; ++j) {
      const double mean = rule_.expect([&](std::size_t i) { return element(i, j); });
      const auto square = [&](std::size_t i) { return std::pow(element(i, j) - mean, 2); };
      const double expected = rule_.expect(square);
      compare(fmt::format("variance {}", j), got[j], expected,
              10 * study_.options.tolerance * expected + rule_.error_of([&](std::size_t i) { return square(i) - got[j]; }));
    }
  }

  void check_entropy() {
    const auto surprise = [&](std::size_t i) { return -rule_.log_density[i]; };
    const double expected = rule_.expect(surprise), got = answer(study_, rule_, Answer::entropy)[0];
    compare("the entropy", got, expected, study_.options.tolerance * std::max(1.0, std::abs(expected)) + rule_.error_of([&](std::size_t i) {
      return surprise(i) - expected;
    }));
  }

  void check_median() {
    const double median = answer(study_, rule_, Answer::median)[0];
    if (!std::isfinite(median)) return study_.fail(Property::moments, where(), fmt::format("the median is {}", median));
    const double at = quadrature_cdf(*study_.subject, rule_, {median})[0];
    if (!rule_.discrete && study_.subject->atoms.empty())
      return compare(fmt::format("P(Y ≤ median = {:.9g})", median), at, 0.5, 1e-8 + 10 * rule_.error);
    const double before = quadrature_cdf(*study_.subject, rule_, {std::nextafter(median, -1e300)})[0];
    if (!(at >= 0.5 - 1e-9 && before <= 0.5 + 1e-9))
      study_.fail(Property::moments, where(),
                  fmt::format("P(Y < {:.9g}) = {:.9g} and P(Y ≤ {:.9g}) = {:.9g}: that is not the median", median, before, median, at));
  }

  // No target is more probable than the mode. At an edge that the support leaves out, what lies nearest counts.
  void check_mode() {
    std::vector<double> mode = answer(study_, rule_, Answer::mode);
    if (mode.size() != elements_) return study_.report.skip(Property::moments, "the mode has another shape than a target");
    for (const double m : mode)
      if (std::isnan(m)) return study_.fail(Property::moments, where(), "the mode is NaN");
    const Subject& subject = *study_.subject;
    std::vector<double> candidates;
    for (std::size_t i = 0; i < rule_.points(); ++i)
      if (rule_.weight[i] > 0)
        candidates.insert(candidates.end(), rule_.y.begin() + static_cast<std::ptrdiff_t>(i * elements_),
                          rule_.y.begin() + static_cast<std::ptrdiff_t>((i + 1) * elements_));
    if (elements_ > 1) {
      const double sum = std::accumulate(mode.begin(), mode.end(), 0.0);
      if (subject.support->is_simplex()) compare("the sum of the mode's shares", sum, 1, 1e-12);
      for (const double m : mode) {
        if (!subject.support->contains(m) && m != subject.support->lower() && m != subject.support->upper())
          return study_.fail(Property::moments, where(), fmt::format("the mode has an element {:.9g}", m));
        if (!subject.support->contains(m)) return study_.report.skip(Property::moments, "a mode at the edge of the support");
      }
      add_neighbours(mode, candidates);
    }
    if (const Support& support = *subject.support;
        elements_ == 1 && !support.contains(mode[0]) && (rule_.discrete || (mode[0] != support.lower() && mode[0] != support.upper())))
      return study_.fail(Property::moments, where(), fmt::format("the mode is {:.9g}, outside {}", mode[0], support.text()));
    if (elements_ == 1 && !rule_.discrete) {
      const Support& support = *subject.support;
      const double m = mode[0];
      if (!support.contains(m)) {
        const auto [first, last] = std::minmax_element(candidates.begin(), candidates.end());
        mode[0] = m <= support.lower() ? *first : m >= support.upper() ? *last : m;
      }
      const double step = rule_.coordinate ? rule_.coordinate->width : 1;
      for (int k = -12; k <= 12; ++k)  // near it too, where the points may be far apart
        if (const double near = rule_.coordinate->y(rule_.coordinate->t(mode[0]) + step * std::copysign(std::exp(-std::abs(k)), k));
            k != 0 && support.contains(m) && support.contains(near))
          candidates.push_back(near);
    }
    candidates.insert(candidates.end(), mode.begin(), mode.end());
    const auto rows = static_cast<std::int64_t>(candidates.size() / elements_);
    const std::vector<double> values = subject.values(subject.node(Answer::log_prob), {rows, rule_.theta, candidates});
    const double at = values.back();
    const auto best = std::max_element(values.begin(), values.end() - 1);
    const auto found = static_cast<std::size_t>(best - values.begin());
    if (!(at >= *best - study_.options.tolerance * std::max(1.0, std::abs(at))))
      study_.fail(
          Property::moments, where(),
          fmt::format("log_prob at the mode {:.9g} is {:.12g}, but {:.12g} at {:.9g}", mode[0], at, *best, candidates[found * elements_]));
  }

  // Of vectors: each element moved to both sides, shares at the cost of the others.
  void add_neighbours(const std::vector<double>& mode, std::vector<double>& candidates) const {
    if (rule_.discrete) return;
    for (std::size_t j = 0; j < elements_; ++j)
      for (const double step : {-1e-2, -1e-3, 1e-3, 1e-2}) {
        const bool is_share = study_.subject->support->is_simplex();
        const double moved = mode[j] + step * (is_share ? std::min(mode[j], 1 - mode[j]) : std::max(1.0, std::abs(mode[j])));
        if (!study_.subject->support->contains(moved)) continue;
        for (std::size_t i = 0; i < elements_; ++i)
          candidates.push_back(i == j ? moved : is_share ? mode[i] * (1 - moved) / (1 - mode[j]) : mode[i]);
      }
  }

  void check_probabilities() {
    const std::vector<double> got = answer(study_, rule_, Answer::probabilities);
    if (!rule_.discrete || elements_ != 1) return study_.report.skip(Property::moments, "probabilities of what is not one label a sample");
    if (got.size() != rule_.points())
      return study_.fail(Property::moments, where(), fmt::format("there are {} probabilities for {} values", got.size(), rule_.points()));
    for (std::size_t i = 0; i < got.size(); ++i) compare(fmt::format("probability {}", i), got[i], rule_.weight[i], 1e-12);
  }

  Study& study_;
  const Rule& rule_;
  std::size_t elements_;
};

}  // namespace

void check_moments(Study& study) {
  bool any = false;
  for (const Answer answer : {Answer::mean, Answer::variance, Answer::entropy, Answer::median, Answer::mode, Answer::probabilities})
    any |= study.subject->has(answer);
  if (!any) return study.report.skip(Property::moments, "it has no mean, variance, entropy, median, mode or probabilities");
  for (const Answer answer : {Answer::mean, Answer::variance, Answer::entropy, Answer::median, Answer::mode})
    study.needs(Property::moments, answer, fmt::format("the test of the {}", name(answer)));
  for (const auto& rule : study.rules)
    if (rule) Moments(study, *rule).check();
}

}  // namespace loglik::conformance
