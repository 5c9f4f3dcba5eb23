// Proper scores: the negative log-likelihood and the continuous ranked probability score.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "framework/error.h"
#include "tests/conformance/study.h"

namespace loglik::conformance {
namespace {

class Scores {
 public:
  Scores(Study& study, const Rule& rule) : study_(study), subject_(*study.subject), rule_(rule) {}

  void check() {
    study_.report.test(Property::propriety);
    check_propriety("−log_prob", subject_.node(Answer::log_prob), -1);
    if (!subject_.has(Answer::crps)) return;
    const double mean = subject_.values(subject_.node(Answer::crps), {1, rule_.theta, {rule_.y[rule_.points() / 2]}})[0];
    if (!std::isfinite(mean)) return check_that_crps_is_infinite(mean);
    check_integral();
    check_propriety("crps", subject_.node(Answer::crps), 1);
    if (!rule_.discrete && subject_.atoms.empty()) check_slope();
  }

 private:
  // E S(θ′, Y) ≥ E S(θ, Y) for θ′ near and far.
  void check_propriety(const std::string& what, Node score, double sign) {
    const std::vector<double> own = subject_.values(score, rule_.points_at());
    std::vector<std::vector<double>> others;
    for (std::size_t j = 0; j < rule_.theta.size(); ++j)
      for (const double step : rule_.theta.size() > 2 ? std::vector<double>{-0.1, 0.1} : std::vector<double>{-0.3, -0.02, 0.02, 0.3}) {
        others.push_back(rule_.theta);
        others.back()[j] += step;
      }
    for (const std::vector<double>& theta : others) {
      const std::vector<double> other = subject_.values(score, rule_.at(theta));
      const auto worse = [&](std::size_t i) {  // so far out that one overflows and the other does not, there is next to nothing
        return other[i] == own[i] || (std::isinf(other[i]) && rule_.weight[i] < 1e-30) ? 0 : sign * (other[i] - own[i]);
      };
      const double difference = rule_.expect(worse);
      const double size = rule_.expect([&](std::size_t i) { return std::abs(own[i]); });
      if (!std::isfinite(size) || difference == std::numeric_limits<double>::infinity()) continue;
      const double tolerance = 0.1 * study_.options.tolerance * std::max(size, 1e-3) + rule_.error_of(worse);
      if (!(difference >= -tolerance))
        return study_.fail(
            Property::propriety, subject_.place(rule_.theta),
            fmt::format("{} is not proper: its expectation is lower by {:.3g} for {}", what, -difference, subject_.place(theta)));
    }
  }

  void check_that_crps_is_infinite(double got) {
    // E|Y − y| diverges where the mean does.
    double all = 0, far = 0;
    for (std::size_t i = 0; i < rule_.reach.size(); ++i) {
      const double part = rule_.weight[i] > 0 ? rule_.weight[i] * std::abs(rule_.y[i]) : 0;
      all += part;
      if (rule_.reach[i] > 0.5) far += part;
    }
    if (std::isnan(got) || got < 0 || (rule_.has_edges() && far < 1e-3 * all))
      study_.fail(Property::propriety, subject_.place(rule_.theta), fmt::format("crps is {}, though E|Y| is {:.6g}", got, all));
  }

  // Where the sums of `check_integral` are as precise: up to a finite edge, else as far out as 1e-12, or on the real line 1,500 widths.
  bool is_within_reach(std::size_t k) const {
    const bool lower = std::isfinite(subject_.support->lower()), upper = std::isfinite(subject_.support->upper());
    if (!lower && !upper && std::abs(rule_.coordinate->s(rule_.edges[k])) < 8) return true;
    return subject_.support->contains(rule_.edges[k]) && (lower || rule_.below[k] > 1e-12) && (upper || rule_.above[k] > 1e-12);
  }

  // ∫(F(t) − 1{t ≥ y})² dt at targets where the panels of the quadrature meet, or sums of it.
  void check_integral() {
    std::vector<double> ys, sums;
    if (rule_.discrete) {
      for (const double y : typical_targets(rule_, 5)) {
        ys.push_back(y);
        sums.push_back(0);
        for (std::size_t i = 0; i < rule_.points(); ++i) sums.back() += term(i, rule_.y[i] < y);
      }
    } else if (rule_.has_edges() && subject_.atoms.empty()) {
      std::vector<double> above(rule_.edges.size());  // from each edge on
      for (std::size_t k = rule_.edges.size() - 1; k-- > 0;) {
        above[k] = above[k + 1];
        for (std::size_t i = 15 * k; i < 15 * (k + 1); ++i) above[k] += term(i, false);
      }
      double below = 0;
      for (std::size_t k = 0; k < rule_.edges.size(); ++k) {
        if (is_within_reach(k)) {
          ys.push_back(rule_.edges[k]);
          sums.push_back(below + above[k]);
        }
        for (std::size_t i = 15 * k; i < 15 * (k + 1) && k + 1 < rule_.edges.size(); ++i) below += term(i, true);
      }
    }
    if (ys.empty())
      return study_.report.skip(Property::propriety, "the integral of crps is not computed where there are atoms besides a density");
    const std::vector<double> got = subject_.values(subject_.node(Answer::crps), {static_cast<std::int64_t>(ys.size()), rule_.theta, ys});
    Worst worst;
    for (std::size_t k = 0; k < ys.size(); ++k) {
      const double tolerance = 1e-8 * std::max(sums[k], 1e-3 * std::abs(ys[k])) + 10 * rule_.error;
      worst.compare(got[k], sums[k], tolerance,
                    [&] { return fmt::format("crps at y = {:.9g} is {}", ys[k], against(got[k], sums[k], tolerance)); });
    }
    if (worst.failed()) study_.fail(Property::propriety, subject_.place(rule_.theta), worst.text());
  }

  double term(std::size_t i, bool is_below) const {
    const double part = is_below ? rule_.cdf[i] : rule_.survival[i], product = part * part * rule_.measure[i];
    return std::isfinite(product) ? product : 0;
  }

  // ∂crps/∂y = 2F(y) − 1.
  void check_slope() {
    Node slope;
    try {
      slope = subject_.derivative(subject_.node(Answer::crps), subject_.y);
    } catch (const GradientError& error) {
      return study_.report.skip(Property::propriety, error.what());
    }
    const std::vector<double> y = typical_targets(rule_, 100);
    const auto rows = static_cast<std::int64_t>(y.size());
    const std::vector<double> got = slope ? subject_.values(slope, {rows, rule_.theta, y}) : std::vector<double>(y.size());
    const std::vector<double> below = quadrature_cdf(subject_, rule_, y);
    Worst worst;
    for (std::size_t i = 0; i < y.size(); ++i) {
      const double expected = 2 * below[i] - 1, tolerance = 1e-7 + 10 * rule_.error;
      worst.compare(got[i], expected, tolerance, [&] {
        return fmt::format("∂crps/∂y at y = {:.9g} is {}: it must be 2F(y) − 1", y[i], against(got[i], expected, tolerance));
      });
    }
    if (worst.failed()) study_.fail(Property::propriety, subject_.place(rule_.theta), worst.text());
  }

  Study& study_;
  Subject& subject_;
  const Rule& rule_;
};

}  // namespace

void check_propriety(Study& study) {
  study.needs(Property::propriety, Answer::crps, "the test of crps");
  if (study.subject->event_rank > 0 && study.subject->has(Answer::crps))
    return study.report.skip(Property::propriety, "scores of vectors are not tested where there is a crps");
  for (const auto& rule : study.rules)
    if (rule) Scores(study, *rule).check();
}

}  // namespace loglik::conformance
