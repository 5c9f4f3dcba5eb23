// Gradients of every answer against central differences in float64. Rows do not know of each other, so that all are moved at once.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "framework/error.h"
#include "tests/conformance/study.h"

namespace loglik::conformance {
namespace {

constexpr double epsilon = 0x1p-52;

struct Column {  // what is moved: one raw output, or one element of y
  bool is_raw;
  std::size_t element;
  std::string text;
};

class Gradients {
 public:
  Gradients(Study& study, Points points) : study_(study), subject_(*study.subject), points_(std::move(points)) { base_ = points_; }

  void check() {
    for (std::size_t a = 0; a < answer_count; ++a) {
      const auto answer = static_cast<Answer>(a);
      if (answer == Answer::mode) continue;  // it jumps and bends where the density does not
      if (subject_.has(answer) && is_float(subject_.node(answer).dtype())) check(answer);
    }
  }

 private:
  void check(Answer answer) {
    const Node node = subject_.node(answer);
    for (const bool by_raw : {true, false}) {
      if (!by_raw && (subject_.integer_target || subject_.is_discrete() || !takes_y(answer))) continue;
      const std::size_t width = by_raw ? static_cast<std::size_t>(subject_.raw_outputs) : static_cast<std::size_t>(subject_.elements);
      if (!by_raw && subject_.support && subject_.support->is_simplex()) {
        study_.report.skip(Property::gradient, "shares are not moved alone: no gradient by y");
        continue;
      }
      std::vector<double> got(static_cast<std::size_t>(points_.rows) * width);
      try {
        const Node gradient = subject_.derivative(node, by_raw ? subject_.raw : subject_.y);
        if (gradient) got = subject_.values(gradient, points_);
      } catch (const GradientError& error) {
        if (answer == Answer::log_prob && by_raw)
          study_.fail(Property::gradient, subject_.name, error.what());
        else
          study_.report.skip(Property::gradient, fmt::format("{}: {}", name(answer), error.what()));
        continue;
      }
      for (std::size_t j = 0; j < width; ++j)
        compare(answer, node, {by_raw, j, fmt::format("{} {}", by_raw ? "raw output" : "y", j)}, got, width);
    }
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

  // Σ of the answer in each row, with the column moved by `steps` of each row's h.
  std::vector<double> moved(Node node, const Column& column, const std::vector<double>& h, double steps) {
    std::vector<double>& x = column.is_raw ? points_.raw : points_.y;
    const std::vector<double>& from = column.is_raw ? base_.raw : base_.y;
    const std::size_t width = x.size() / static_cast<std::size_t>(points_.rows);
    for (std::size_t row = 0; row < h.size(); ++row) x[row * width + column.element] = from[row * width + column.element] + steps * h[row];
    const std::vector<double> values = subject_.values(node, points_);
    x = from;
    std::vector<double> sums(h.size());
    for (std::size_t i = 0; i < values.size(); ++i) sums[i / (values.size() / sums.size())] += values[i];
    return sums;
  }

  void compare(Answer answer, Node node, const Column& column, const std::vector<double>& got, std::size_t width) {
    const auto rows = static_cast<std::size_t>(points_.rows);
    const std::vector<double>& from = column.is_raw ? base_.raw : base_.y;
    std::vector<char> done(rows, 0);
    std::vector<double> off(rows), tolerance(rows), slopes(rows);
    for (int attempt = 0; attempt < 5 && std::find(done.begin(), done.end(), 0) != done.end(); ++attempt) {
      std::vector<double> h(rows);
      for (std::size_t row = 0; row < rows; ++row) {
        const double x = from[row * width + column.element];
        double room = std::max(1.0, std::abs(x));  // targets stay away from the edges of the support
        if (!column.is_raw && subject_.support) room = std::min({room, x - subject_.support->lower(), subject_.support->upper() - x});
        h[row] = std::pow(epsilon, 0.2) * room * std::pow(6.0, 1 - attempt);
      }
      const auto up = moved(node, column, h, 1), down = moved(node, column, h, -1), up2 = moved(node, column, h, 2),
                 down2 = moved(node, column, h, -2);
      std::vector<double> here;
      if (!study_.options.kinks.empty()) here = moved(node, column, h, 0);
      for (std::size_t row = 0; row < rows; ++row) {
        if (done[row]) continue;
        const double slope = (8 * (up[row] - down[row]) - (up2[row] - down2[row])) / (12 * h[row]), g = got[row * width + column.element];
        if (!std::isfinite(slope)) {  // an infinite answer, or one outside the support, has no difference
          done[row] = 1;
          continue;
        }
        const double rounding = 64 * epsilon * std::max(1.0, std::abs(up[row])) / h[row];
        const double difference = std::abs(g - slope), allowed = 1e-7 * std::max(std::abs(slope), std::abs(g)) + rounding;
        bool agrees = difference <= allowed;
        if (!agrees && !study_.options.kinks.empty()) {  // between the slopes of both sides
          const double right = (4 * (up[row] - here[row]) - (up2[row] - here[row])) / (2 * h[row]),
                       left = (4 * (here[row] - down[row]) - (here[row] - down2[row])) / (2 * h[row]);
          const double slack = 1e-4 * std::max({std::abs(left), std::abs(right), 1e-3}) + rounding;
          agrees = std::abs(left - right) > slack && g >= std::min(left, right) - slack && g <= std::max(left, right) + slack;
        }
        if (attempt == 0 || agrees || difference / allowed < off[row] / tolerance[row]) {
          off[row] = difference;
          tolerance[row] = allowed;
          slopes[row] = slope;
        }
        if (agrees) {
          done[row] = 1;
          off[row] = 0;
        }
      }
    }
    Worst worst;
    const auto raws = static_cast<std::size_t>(subject_.raw_outputs), elements = static_cast<std::size_t>(subject_.elements);
    for (std::size_t row = 0; row < rows; ++row)
      worst.see(done[row] ? 0 : off[row], tolerance[row], [&] {
        return fmt::format(
            "∂{}/∂{} is {}, which differences say, for {}", name(answer), column.text,
            against(got[row * width + column.element], slopes[row], tolerance[row]),
            subject_.place(std::span(base_.raw).subspan(row * raws, raws), std::span(base_.y).subspan(row * elements, elements)));
      });
    if (worst.failed()) study_.fail(Property::gradient, subject_.name, worst.text());
  }

  Study& study_;
  Subject& subject_;
  Points points_, base_;
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
