// Distribution function, survival function, their logarithms and the quantile against the density and each other.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "framework/error.h"
#include "tests/conformance/study.h"

namespace loglik::conformance {
namespace {

constexpr Answer tails[] = {Answer::cdf, Answer::survival, Answer::log_cdf, Answer::log_survival};
constexpr double smallest = 1e-240;  // below, float64 has no precision left

bool is_log(Answer answer) { return answer == Answer::log_cdf || answer == Answer::log_survival; }
bool is_upper(Answer answer) { return answer == Answer::survival || answer == Answer::log_survival; }

// The next smaller number that runs see: they take a denormal for 0.
double next_below(double y) {
  const double next = std::nextafter(y, -1e300);
  return std::fpclassify(next) != FP_SUBNORMAL ? next : y > 0 ? 0 : -std::numeric_limits<double>::min();
}

class Coherence {
 public:
  Coherence(Study& study, const Rule& rule) : study_(study), subject_(*study.subject), rule_(rule) {
    for (std::size_t i = 0; i < rule.points(); ++i) order_.push_back(i);
    std::sort(order_.begin(), order_.end(), [&](std::size_t a, std::size_t b) { return rule.y[a] < rule.y[b]; });
  }

  void check() {
    const Points points = rule_.points_at();
    for (const Answer answer : tails)
      if (subject_.has(answer)) values_[static_cast<std::size_t>(answer)] = subject_.values(subject_.node(answer), points);
    for (const Answer answer : tails)
      if (subject_.has(answer)) {
        study_.report.test(Property::coherence);
        compare_with_integral(answer);
        check_order(answer);
        if (!rule_.discrete && subject_.atoms.empty()) check_slope(answer);
      }
    check_complement();
    check_outside();
    for (const Answer answer : {Answer::log_cdf, Answer::log_survival})
      if (subject_.has(answer)) check_far(answer);
    if (subject_.has(Answer::quantile)) {
      study_.report.test(Property::coherence);
      check_quantile();
      check_ends();
    }
  }

 private:
  const std::vector<double>& values(Answer answer) const { return values_[static_cast<std::size_t>(answer)]; }
  std::string where() const { return subject_.place(rule_.theta); }
  void report(const Worst& worst) {
    if (worst.failed()) study_.fail(Property::coherence, where(), worst.text());
  }

  // Against what the density adds up to on that side, relative as far as the integral is precise.
  void compare_with_integral(Answer answer) {
    const std::vector<double>& got = values(answer);
    const std::vector<double>& expected = is_upper(answer) ? rule_.survival : rule_.cdf;
    Worst worst;
    for (std::size_t i = 0; i < rule_.points(); ++i) {
      const double probability = expected[i];
      if (rule_.discrete && !(rule_.weight[i] > 0)) continue;
      const double absolute = 1e-12 + 3e-10 * std::min(1.0, std::sqrt(probability)) + rule_.error;
      const auto text = [&](const std::string& what, double tolerance) {
        return fmt::format("{} at y = {:.9g} is {}", what, rule_.y[i],
                           against(got[i], is_log(answer) ? std::log(probability) : probability, tolerance));
      };
      if (!is_log(answer))
        worst.compare(got[i], probability, absolute, [&] { return text(std::string(name(answer)), absolute); });
      else if (probability > smallest && absolute < 0.5 * probability)
        worst.compare(got[i], std::log(probability), 2 * absolute / probability,
                      [&] { return text(std::string(name(answer)), 2 * absolute / probability); });
    }
    report(worst);
  }

  void check_order(Answer answer) {
    const std::vector<double>& got = values(answer);
    Worst worst;
    for (std::size_t k = 1; k < order_.size(); ++k) {
      const double a = got[order_[k - 1]], b = got[order_[k]], step = is_upper(answer) ? a - b : b - a;
      if (a == b) continue;
      const double slack = 64 * 0x1p-52 * std::max(std::abs(a), is_log(answer) ? 1.0 : 0);
      worst.see(step >= 0          ? 0
                : std::isnan(step) ? step
                                   : -step,
                slack, [&] {
                  return fmt::format("{} goes from {:.17g} at y = {:.9g} to {:.17g} at y = {:.9g}: it must {}", name(answer), a,
                                     rule_.y[order_[k - 1]], b, rule_.y[order_[k]], is_upper(answer) ? "not rise" : "not fall");
                });
    }
    report(worst);
  }

  // F' = f, (log F)' = f/F: relative, as far out as there is a number.
  void check_slope(Answer answer) {
    Node slope;
    try {
      slope = subject_.derivative(subject_.node(answer), subject_.y);
    } catch (const GradientError& error) {
      return study_.report.skip(Property::coherence, error.what());
    }
    if (!slope) return study_.fail(Property::coherence, where(), fmt::format("{} does not depend on y", name(answer)));
    const std::vector<double> got = subject_.values(slope, rule_.points_at());
    const std::vector<double>& log_tail = values(is_upper(answer) ? Answer::log_survival : Answer::log_cdf);
    Worst worst;
    for (std::size_t i = 0; i < rule_.points(); ++i) {
      const double log_f = rule_.log_density[i];
      if (!(log_f > std::log(smallest)) || log_f > 600 || !(rule_.weight[i] > smallest)) continue;
      double expected = std::exp(log_f);
      if (is_log(answer)) expected = std::exp(log_f - log_tail[i]);
      if (is_upper(answer)) expected = -expected;
      if (!std::isfinite(expected)) continue;
      // The logarithms are off by some ulp of their own size.
      double relative = 1e-7 + 1e-14 * std::abs(log_f);
      if (is_log(answer)) relative += 1e-14 * std::abs(log_tail[i]);
      // A cdf near 1 has no digits left to tell how it grows; nor has a survival near 1.
      if (!is_log(answer)) relative += 4 * 0x1p-52 / (is_upper(answer) ? rule_.cdf[i] : rule_.survival[i]);
      const double tolerance = std::abs(expected) * relative;
      worst.compare(got[i], expected, tolerance, [&] {
        return fmt::format("∂{}/∂y at y = {:.9g} is {}, which {} says", name(answer), rule_.y[i], against(got[i], expected, tolerance),
                           is_log(answer) ? "log_prob less it" : "log_prob");
      });
    }
    report(worst);
  }

  void check_complement() {
    const auto compare = [&](Answer a, Answer b, std::string_view what, const auto& sum) {
      if (!subject_.has(a) || !subject_.has(b)) return;
      Worst worst;
      for (std::size_t i = 0; i < rule_.points(); ++i) {
        const double x = values(a)[i], y = values(b)[i], total = sum(x, y);
        worst.compare(total, 1, 1e-12, [&] {
          return fmt::format("{} at y = {:.9g} is {}; {} = {:.9g}, {} = {:.9g}", what, rule_.y[i], against(total, 1, 1e-12), name(a), x,
                             name(b), y);
        });
      }
      report(worst);
    };
    compare(Answer::cdf, Answer::survival, "cdf + survival", [](double a, double b) { return a + b; });
    compare(Answer::log_cdf, Answer::cdf, "1 + exp(log_cdf) − cdf", [](double a, double b) { return 1 + std::exp(a) - b; });
    compare(Answer::log_survival, Answer::survival, "1 + exp(log_survival) − survival",
            [](double a, double b) { return 1 + std::exp(a) - b; });
  }

  // Where no mass is, P(Y ≤ y) stays what it was: 0 below the support, 1 above it, between counts that of the count before.
  void check_outside() {
    const Support& support = *subject_.support;
    std::vector<double> ys, before;  // before: a y of the support with the same answers; NaN below and above it
    const double nan = std::numeric_limits<double>::quiet_NaN(), lower = support.lower(), upper = support.upper();
    for (const double far : {0.0, 1e-3, 1.0, 1e3})
      for (const double y : {lower - far * std::max(1.0, std::abs(lower)), upper + far * std::max(1.0, std::abs(upper))})
        if (std::isfinite(y) && !support.contains(y) && (!subject_.integer_target || y == std::floor(y))) {
          ys.push_back(y);
          before.push_back(nan);
        }
    if (rule_.discrete && !subject_.integer_target)
      for (const double y : typical_targets(rule_, 5))
        for (const double further : {1e-6, 0.5, 1 - 1e-6})
          if (y + further < upper) {
            ys.push_back(y + further);
            before.push_back(y);
          }
    if (ys.empty()) return;
    const auto rows = static_cast<std::int64_t>(ys.size());
    std::vector<double> asked = before;
    for (double& y : asked) y = std::isnan(y) ? support.inside() : y;
    for (const Answer answer : tails) {
      if (!subject_.has(answer)) continue;
      const std::vector<double> got = subject_.values(subject_.node(answer), {rows, rule_.theta, ys}),
                                there = subject_.values(subject_.node(answer), {rows, rule_.theta, asked});
      Worst worst;
      for (std::size_t i = 0; i < ys.size(); ++i) {
        const double probability = (ys[i] <= lower) == is_upper(answer) ? 1 : 0;
        const double expected = !std::isnan(before[i]) ? there[i] : is_log(answer) ? std::log(probability) : probability;
        worst.compare(got[i], expected, 1e-12, [&] {
          return fmt::format("{} at y = {:.9g}, {} {}, is {}", name(answer), ys[i], std::isnan(before[i]) ? "outside" : "between values of",
                             support.text(), against(got[i], expected, 1e-12));
        });
      }
      report(worst);
    }
  }

  // 40 widths out the logs are still numbers, where log_prob is one there and farther out.
  void check_far(Answer answer) {
    if (!rule_.coordinate) return;
    const Coordinate& x = *rule_.coordinate;
    const double sign = is_upper(answer) ? 1 : -1;
    for (const double widths : {10.0, 40.0}) {
      const double near = x.y(x.middle + sign * widths * x.width), far = x.y(x.middle + 2 * sign * widths * x.width);
      if (!subject_.support->contains(near) || !subject_.support->contains(far)) continue;
      if (near == far) continue;  // at a closed edge: nothing is farther out
      const std::vector<double> logs = subject_.values(subject_.node(Answer::log_prob), {2, rule_.theta, {near, far}});
      const double got = subject_.values(subject_.node(answer), {1, rule_.theta, {near}})[0];
      if (std::isfinite(logs[0]) && std::isfinite(logs[1]) && !(std::isfinite(got) && got <= 0))
        study_.fail(Property::coherence, subject_.place(rule_.theta, std::span(&near, 1)),
                    fmt::format("{} is {}, but log_prob is {:.6g} there and {:.6g} farther out", name(answer), got, logs[0], logs[1]));
    }
  }

  void check_quantile() {
    std::vector<double> ps;
    for (const double p : {1e-12, 1e-9, 1e-6, 1e-3, 0.03, 0.1, 0.25, 0.4, 0.5, 0.6, 0.75, 0.9, 0.97, 0.999, 1 - 1e-6, 1 - 1e-9})
      ps.push_back(p);
    const std::vector<double> q =
        subject_.values(subject_.node(Answer::quantile), {static_cast<std::int64_t>(ps.size()), rule_.theta, {rule_.y[0]}, ps});
    std::vector<double> inside, wanted;
    for (std::size_t i = 0; i < q.size(); ++i) {
      const bool edge =
          q[i] == subject_.support->lower() || q[i] == subject_.support->upper();  // as near as a number can be to an open one
      if (!std::isfinite(q[i]) || !(subject_.support->contains(q[i]) || edge)) {
        study_.fail(Property::coherence, where(),
                    fmt::format("quantile({:.9g}) is {:.9g}, outside {}", ps[i], q[i], subject_.support->text()));
        return;
      }
      inside.push_back(q[i]);
    }
    const bool own = subject_.has(Answer::cdf);
    const auto below = [&](const std::vector<double>& y) {
      return own ? subject_.values(subject_.node(Answer::cdf), {static_cast<std::int64_t>(y.size()), rule_.theta, y})
                 : quadrature_cdf(subject_, rule_, y);
    };
    const std::vector<double> at = below(inside);
    std::vector<double> before = at;
    const bool steps = rule_.discrete || !subject_.atoms.empty();
    if (steps) {
      std::vector<double> lower = inside;
      for (double& y : lower) y = rule_.discrete ? y - 1 : next_below(y);
      before = below(lower);
      for (std::size_t i = 0; i < lower.size(); ++i)
        if (lower[i] < subject_.support->lower()) before[i] = 0;
    }
    const std::vector<double> logs =
        subject_.values(subject_.node(Answer::log_prob), {static_cast<std::int64_t>(inside.size()), rule_.theta, inside});
    Worst worst;
    for (std::size_t i = 0; i < ps.size(); ++i) {
      // y is off by an ulp of its own, which moves F by f times that; the cdf by 1e-10 of its tail, the quadrature by its error.
      double tolerance = (own ? 1e-9 : 1e-8) * std::min(ps[i], 1 - ps[i]) + (own ? 2e-15 + 2e-14 * ps[i] : 1e-10 + rule_.error);
      const double ulp = std::exp(std::min(logs[i], 300.0)) * std::abs(inside[i]) * 8 * 0x1p-52;
      if (!steps && std::isfinite(ulp)) tolerance += ulp;
      if (steps) {
        const double slack = std::max(tolerance, 1e-12);
        worst.see(at[i] >= ps[i] - slack && before[i] <= ps[i] + slack ? 0 : std::max(ps[i] - at[i], before[i] - ps[i]), slack, [&] {
          return fmt::format("quantile({:.9g}) = {:.9g}, but P(Y < it) = {:.9g} and P(Y ≤ it) = {:.9g}", ps[i], q[i], before[i], at[i]);
        });
      } else if (const bool at_lower = inside[i] == subject_.support->lower(); at_lower || inside[i] == subject_.support->upper()) {
        // Right only if no number lies between the edge and where the distribution function is p.
        const double next = below({at_lower ? -next_below(-inside[i]) : next_below(inside[i])})[0];
        worst.see(at_lower ? ps[i] - next : next - ps[i], 1e-6, [&] {
          return fmt::format("quantile({:.9g}) = {:.9g} is the edge, but the cdf of the number next to it is {:.9g}", ps[i], q[i], next);
        });
      } else {
        worst.compare(at[i], ps[i], tolerance,
                      [&] { return fmt::format("cdf(quantile({:.9g}) = {:.9g}) is {}", ps[i], q[i], against(at[i], ps[i], tolerance)); });
      }
    }
    report(worst);
  }

  // All of the mass lies between the quantiles of 0 and 1, and next to none beyond any number between them.
  void check_ends() {
    const std::vector<double> q = subject_.values(subject_.node(Answer::quantile), {2, rule_.theta, {rule_.y[0]}, {0, 1}});
    for (const bool is_upper : {false, true}) {
      const double got = q[is_upper ? 1 : 0], expected = is_upper ? subject_.support->upper() : subject_.support->lower();
      if (got != expected)
        study_.fail(Property::coherence, where(),
                    fmt::format("quantile({}) is {:.9g}, not {:.9g}, the end of {}", is_upper ? 1 : 0, got, expected, subject_.support->text()));
    }
  }

  Study& study_;
  Subject& subject_;
  const Rule& rule_;
  std::vector<std::size_t> order_;
  std::array<std::vector<double>, answer_count> values_;
};

}  // namespace

void check_coherence(Study& study) {
  const Subject& subject = *study.subject;
  if (subject.event_rank > 0) return study.report.skip(Property::coherence, "vectors have no distribution function here");
  for (const Answer answer : {Answer::cdf, Answer::survival, Answer::log_cdf, Answer::log_survival, Answer::quantile})
    study.needs(Property::coherence, answer, fmt::format("the test of {}", name(answer)));
  for (const auto& rule : study.rules)
    if (rule) Coherence(study, *rule).check();
}

}  // namespace loglik::conformance
