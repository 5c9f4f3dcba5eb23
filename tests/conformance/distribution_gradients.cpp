// Gradients of every answer against central differences in float64. Rows do not know of each other, so that all are moved at once.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "framework/error.h"
#include "tests/conformance/study.h"

namespace loglik::conformance {
namespace {

constexpr double epsilon = 0x1p-52;

class Gradients {
 public:
  Gradients(Study& study, Points points) : study_(study), subject_(*study.subject), points_(std::move(points)) {}

  void check() {
    check(true);
    check(false);
  }

 private:
  // An answer, its gradient by what is moved, and how the comparison stands.
  struct Candidate {
    Answer answer;
    std::vector<double> got;
    std::vector<char> done;
    std::vector<double> off, tolerance, slope;
  };

  void check(bool by_raw) {
    if (!by_raw && (subject_.integer_target || subject_.is_discrete())) return;
    if (!by_raw && subject_.support && subject_.support->is_simplex())
      return study_.report.skip(Property::gradient, "shares are not moved alone: no gradient by y");
    const auto rows = static_cast<std::size_t>(points_.rows);
    const std::size_t width = static_cast<std::size_t>(by_raw ? subject_.raw_outputs : subject_.elements);
    std::vector<Candidate> candidates;
    for (std::size_t a = 0; a < answer_count; ++a) {
      const auto answer = static_cast<Answer>(a);
      // These jump and bend where the density does not.
      if (answer == Answer::mode) continue;
      const bool jumps = subject_.is_discrete() || !subject_.atoms.empty();
      if (jumps && (answer == Answer::quantile || answer == Answer::median || answer == Answer::sample)) continue;
      if (!subject_.has(answer) || !is_float(subject_.node(answer).dtype()) || (!by_raw && !takes_y(answer))) continue;
      Candidate candidate{answer, std::vector<double>(rows * width), {}, {}, {}, {}};
      try {
        if (const Node gradient = subject_.derivative(subject_.node(answer), by_raw ? subject_.raw : subject_.y))
          candidate.got = subject_.values(gradient, points_);
      } catch (const GradientError& error) {
        if (answer == Answer::log_prob && by_raw)
          study_.fail(Property::gradient, subject_.name, error.what());
        else
          study_.report.skip(Property::gradient, fmt::format("{}: {}", name(answer), error.what()));
        continue;
      }
      candidates.push_back(std::move(candidate));
    }
    for (std::size_t j = 0; j < width; ++j) compare(candidates, by_raw, j);
  }

  static bool takes_y(Answer answer) {
    switch (answer) {
      case Answer::log_prob:
      case Answer::cdf:
      case Answer::survival:
      case Answer::log_cdf:
      case Answer::log_survival:
      case Answer::crps:
      case Answer::deviance:
        return true;
      default:
        return false;
    }
  }

  // Σ of each answer in each row, with the column moved by `steps` of each row's h.
  std::vector<std::vector<double>> moved(const std::vector<Node>& nodes, bool by_raw, std::size_t element, const std::vector<double>& h,
                                         double steps) {
    std::vector<double>& x = by_raw ? points_.raw : points_.y;
    const std::vector<double> from = x;
    const std::size_t width = x.size() / h.size();
    for (std::size_t row = 0; row < h.size(); ++row) x[row * width + element] += steps * h[row];
    std::vector<std::vector<double>> sums;
    for (const std::vector<double>& values : subject_.values(nodes, points_)) {
      sums.emplace_back(h.size());
      for (std::size_t i = 0; i < values.size(); ++i) sums.back()[i / (values.size() / h.size())] += values[i];
    }
    x = from;
    return sums;
  }

  void compare(std::vector<Candidate>& candidates, bool by_raw, std::size_t element) {
    const auto rows = static_cast<std::size_t>(points_.rows);
    const std::vector<double>& from = by_raw ? points_.raw : points_.y;
    const std::size_t width = from.size() / rows;
    for (Candidate& candidate : candidates) {
      candidate.done.assign(rows, 0);
      candidate.off = candidate.tolerance = candidate.slope = std::vector<double>(rows);
    }
    if (!by_raw && !subject_.atoms.empty())  // at an atom answers jump
      for (const std::vector<double>& atom : subject_.values(subject_.atoms, points_))
        for (std::size_t row = 0; row < rows; ++row)
          if (points_.y[row] == atom[row])
            for (Candidate& candidate : candidates) candidate.done[row] = 1;
    for (int attempt = 0; attempt < 5; ++attempt) {
      std::vector<Candidate*> open;
      std::vector<Node> nodes;
      for (Candidate& candidate : candidates)
        if (std::find(candidate.done.begin(), candidate.done.end(), 0) != candidate.done.end()) {
          open.push_back(&candidate);
          nodes.push_back(subject_.node(candidate.answer));
        }
      if (open.empty()) break;
      std::vector<double> h(rows);
      for (std::size_t row = 0; row < rows; ++row) {
        const double x = from[row * width + element];
        double room = std::max(1.0, std::abs(x));  // targets stay away from the edges of the support
        if (!by_raw && subject_.support) room = std::min({room, x - subject_.support->lower(), subject_.support->upper() - x});
        h[row] = std::pow(epsilon, 0.2) * room * std::pow(6.0, 1 - attempt);
      }
      const auto up = moved(nodes, by_raw, element, h, 1), down = moved(nodes, by_raw, element, h, -1),
                 up2 = moved(nodes, by_raw, element, h, 2), down2 = moved(nodes, by_raw, element, h, -2),
                 here = moved(nodes, by_raw, element, h, 0);
      for (std::size_t k = 0; k < open.size(); ++k)
        for (std::size_t row = 0; row < rows; ++row)
          if (!open[k]->done[row])
            judge(*open[k], row, open[k]->got[row * width + element], h[row],
                  {down2[k][row], down[k][row], here[k][row], up[k][row], up2[k][row]}, attempt);
    }
    const auto raws = static_cast<std::size_t>(subject_.raw_outputs), elements = static_cast<std::size_t>(subject_.elements);
    for (const Candidate& candidate : candidates) {
      Worst worst;
      for (std::size_t row = 0; row < rows; ++row)
        worst.see(candidate.done[row] ? 0 : candidate.off[row], candidate.tolerance[row], [&] {
          return fmt::format(
              "∂{}/∂{} {} is {}, which differences say, for {}", name(candidate.answer), by_raw ? "raw output" : "y", element,
              against(candidate.got[row * width + element], candidate.slope[row], candidate.tolerance[row]),
              subject_.place(std::span(points_.raw).subspan(row * raws, raws), std::span(points_.y).subspan(row * elements, elements)));
        });
      if (worst.failed()) study_.fail(Property::gradient, subject_.name, worst.text());
    }
  }

  // Is the gradient g what the values at −2h, −h, 0, h, 2h say? Keeps the best of several attempts.
  void judge(Candidate& candidate, std::size_t row, double g, double h, const std::array<double, 5>& f, int attempt) const {
    const double slope = (8 * (f[3] - f[1]) - (f[4] - f[0])) / (12 * h);
    if (!std::isfinite(slope)) {  // an infinite answer, or one outside the support, has no difference
      candidate.done[row] = 1;
      return;
    }
    // Answers may be small differences of larger numbers. Of log_prob that is believed as far as its values are seen to be rough: their
    // fourth difference is h⁴ times a derivative, which is nothing, and up to 16 times what they are off.
    const double ulp = epsilon * std::max(1.0, std::abs(f[3])), fourth = std::abs(f[0] - 4 * f[1] + 6 * f[2] - 4 * f[3] + f[4]);
    const double rounding = (candidate.answer == Answer::log_prob ? std::clamp(fourth, 64 * ulp, 4096 * ulp) : 4096 * ulp) / h;
    const double difference = std::abs(g - slope), allowed = 1e-7 * std::max(std::abs(slope), std::abs(g)) + rounding;
    bool agrees = difference <= allowed;
    if (!agrees && !study_.options.kinks.empty()) {  // between the slopes of both sides
      const double right = (4 * (f[3] - f[2]) - (f[4] - f[2])) / (2 * h), left = (4 * (f[2] - f[1]) - (f[2] - f[0])) / (2 * h);
      const double slack = 1e-4 * std::max({std::abs(left), std::abs(right), 1e-3}) + rounding;
      agrees = std::abs(left - right) > slack && g >= std::min(left, right) - slack && g <= std::max(left, right) + slack;
    }
    if (agrees) candidate.done[row] = 1;
    if (attempt > 0 && !(difference / allowed < candidate.off[row] / candidate.tolerance[row])) return;
    candidate.off[row] = difference;
    candidate.tolerance[row] = allowed;
    candidate.slope[row] = slope;
  }

  Study& study_;
  Subject& subject_;
  Points points_;
};

}  // namespace

void check_gradients(Study& study) {
  const Subject& subject = *study.subject;
  Points points{0, {}};
  const auto add = [&](const std::vector<double>& theta, const std::vector<double>& y) {
    const std::size_t count = y.size() / static_cast<std::size_t>(subject.elements);
    for (std::size_t k = 0; k < count; ++k) {
      points.raw.insert(points.raw.end(), theta.begin(), theta.end());
      points.p.push_back(0.03 + 0.94 * static_cast<double>(k) / static_cast<double>(count));
      for (const double x : theta) points.other.push_back(0.5 * x + 0.2);
    }
    points.y.insert(points.y.end(), y.begin(), y.end());
    points.rows += static_cast<std::int64_t>(count);
  };
  std::vector<double> targets;
  for (std::size_t k = 0; k < study.thetas.size(); ++k) {
    std::vector<double> y(static_cast<std::size_t>(subject.elements), subject.support ? subject.support->inside(subject.elements) : 0.5);
    if (k < study.rules.size() && study.rules[k]) y = typical_targets(*study.rules[k], 9);
    add(study.thetas[k], y);
    if (targets.empty()) targets = y;
  }
  std::vector<double> zero(static_cast<std::size_t>(subject.raw_outputs));
  add(zero, targets);
  for (std::size_t j = 0; j < zero.size(); ++j)  // far out along each axis
    for (const double raw : {-9.0, -4.0, 4.0, 9.0}) {
      std::vector<double> theta = zero;
      theta[j] = raw;
      add(theta, targets);
    }
  study.report.test(Property::gradient);
  Gradients(study, std::move(points)).check();
}

}  // namespace loglik::conformance
