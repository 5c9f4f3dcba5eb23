#include "tests/conformance/rules_of_vectors.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include "framework/random.h"

namespace loglik::conformance {
namespace {

// Vectors as functions of free coordinates t: elementwise, or the log ratios of shares to the last of them.
class FreeCoordinates {
 public:
  FreeCoordinates(const Support& support, std::int64_t elements)
      : simplex_(support.is_simplex()), elements_(static_cast<std::size_t>(elements)), coordinate_(support) {}

  std::size_t count() const { return simplex_ ? elements_ - 1 : elements_; }

  // Appends y(t), returns log |dy/dt|; of shares by the measure of all but the last.
  double append(const std::vector<double>& t, std::vector<double>& y) const {
    double log_slope = 0;
    if (!simplex_) {
      for (const double one : t) {
        y.push_back(coordinate_.y(one));
        log_slope += coordinate_.log_slope(one);
      }
      return log_slope;
    }
    const double largest = std::max(0.0, *std::max_element(t.begin(), t.end()));
    double sum = std::exp(-largest);
    for (const double one : t) sum += std::exp(one - largest);
    const double log_sum = largest + std::log(sum);
    for (std::size_t i = 0; i <= t.size(); ++i) {
      const double log_share = (i < t.size() ? t[i] : 0) - log_sum;
      y.push_back(std::max(std::exp(log_share), 1e-300));
      log_slope += log_share < -690 ? -std::numeric_limits<double>::infinity() : log_share;  // nothing is beyond
    }
    return log_slope;
  }

  std::vector<double> t(const double* y) const {
    std::vector<double> result(count());
    for (std::size_t i = 0; i < result.size(); ++i) result[i] = simplex_ ? std::log(y[i] / y[elements_ - 1]) : coordinate_.t(y[i]);
    return result;
  }

 private:
  bool simplex_;
  std::size_t elements_;
  Coordinate coordinate_;
};

// Middle and a triangular root of the covariance, of draws of which the farthest are drawn in.
struct Frame {
  std::vector<double> middle, root;  // n, n·n
};

Frame find_frame(const Subject& subject, const Rule& rule, const FreeCoordinates& free) {
  const std::size_t n = free.count();
  Frame frame{std::vector<double>(n), std::vector<double>(n * n)};
  for (std::size_t i = 0; i < n; ++i) frame.root[i * n + i] = 1;
  if (!subject.has(Answer::sample)) return frame;
  constexpr std::int64_t rows = 2000;
  const std::vector<double> draws = subject.values(subject.node(Answer::sample), {rows, rule.theta, {}, {}, {}, 77});
  std::vector<std::vector<double>> columns(n);
  for (std::int64_t row = 0; row < rows; ++row) {
    const std::vector<double> t = free.t(&draws[static_cast<std::size_t>(row * subject.elements)]);
    for (std::size_t i = 0; i < n; ++i)
      if (std::isfinite(t[i])) columns[i].push_back(t[i]);
  }
  for (std::vector<double>& column : columns) {
    if (column.size() < rows) return frame;  // the sampler leaves the support, which is found elsewhere
    std::vector<double> sorted = column;
    std::sort(sorted.begin(), sorted.end());
    for (double& t : column) t = std::clamp(t, sorted[rows / 50], sorted[rows - 1 - rows / 50]);
  }
  for (std::size_t i = 0; i < n; ++i) {
    for (const double t : columns[i]) frame.middle[i] += t / rows;
    for (std::size_t j = 0; j <= i; ++j) {  // Cholesky, row by row
      double covariance = 0;
      for (std::size_t k = 0; k < rows; ++k) covariance += (columns[i][k] - frame.middle[i]) * (columns[j][k] - frame.middle[j]) / rows;
      for (std::size_t k = 0; k < j; ++k) covariance -= frame.root[i * n + k] * frame.root[j * n + k];
      frame.root[i * n + j] = i == j ? std::sqrt(std::max(covariance, 1e-12)) : covariance / frame.root[j * n + j];
    }
  }
  return frame;
}

// Adds points t = middle + root·z with the logs of their measures, and evaluates log_prob there.
void fill(const Subject& subject, Rule& rule, const FreeCoordinates& free, const Frame& frame, const std::vector<std::vector<double>>& zs,
          const std::vector<double>& log_measures) {
  const std::size_t n = free.count();
  double log_root = 0;
  for (std::size_t i = 0; i < n; ++i) log_root += std::log(frame.root[i * n + i]);
  std::vector<double> logs;
  for (std::size_t k = 0; k < zs.size(); ++k) {
    std::vector<double> t = frame.middle;
    for (std::size_t i = 0; i < n; ++i)
      for (std::size_t j = 0; j <= i; ++j) t[i] += frame.root[i * n + j] * zs[k][j];
    logs.push_back(log_root + log_measures[k] + free.append(t, rule.y));
  }
  rule.log_density = subject.values(subject.node(Answer::log_prob), {static_cast<std::int64_t>(zs.size()), rule.theta, rule.y});
  for (std::size_t k = 0; k < zs.size(); ++k) {
    if (std::isnan(rule.log_density[k]) && rule.trouble.empty())
      rule.trouble = "log_prob is NaN at " + subject.place(rule.theta, std::span(&rule.y[k * static_cast<std::size_t>(rule.elements)],
                                                                                 static_cast<std::size_t>(rule.elements)));
    rule.measure.push_back(std::exp(logs[k]));
    const double weight = std::exp(rule.log_density[k] + logs[k]);
    rule.weight.push_back(std::isfinite(weight) ? weight : 0);
    rule.mass += rule.weight.back();
  }
}

// Trapezoids in s, z = sinh(s): for smooth densities the error falls exponentially with the step. A rule of every second point says by how
// much.
void fill_grid(const Subject& subject, Rule& rule, const FreeCoordinates& free, const Frame& frame) {
  const std::size_t n = free.count();
  const int half = n == 1 ? 400 : 60;
  const double step = n == 1 ? 0.03 : 0.15;
  std::vector<std::vector<double>> zs;
  std::vector<double> logs;
  std::vector<char> coarse;
  for (int i = -half; i <= half; ++i)
    for (int j = n == 1 ? 0 : -half; j <= (n == 1 ? 0 : half); ++j) {
      zs.push_back({std::sinh(i * step)});
      logs.push_back(std::log(step * std::cosh(i * step)));
      if (n == 2) {
        zs.back().push_back(std::sinh(j * step));
        logs.back() += std::log(step * std::cosh(j * step));
      }
      coarse.push_back(i % 2 == 0 && j % 2 == 0);
    }
  fill(subject, rule, free, frame, zs, logs);
  for (std::size_t k = 0; k < rule.points(); ++k) rule.rough.push_back(coarse[k] ? rule.weight[k] * (n == 1 ? 2 : 4) : 0);
  rule.error = rule.error_of([](std::size_t) { return 1.0; });
}

// Student's t with 4 degrees of freedom about the draws, a little wider than they are.
void fill_draws(const Subject& subject, Rule& rule, const FreeCoordinates& free, Frame frame) {
  constexpr std::size_t points = 40000;
  const std::size_t n = free.count();
  const double dimensions = static_cast<double>(n), degrees = 4;
  for (double& entry : frame.root) entry *= 1.2;
  std::vector<double> normals(points * (n + 4));
  fill_normal<double>({0, 0, hash_name("importance")}, 0, std::span(normals));
  const double constant =
      std::lgamma((degrees + dimensions) / 2) - std::lgamma(degrees / 2) - 0.5 * dimensions * std::log(degrees * std::numbers::pi);
  std::vector<std::vector<double>> zs;
  std::vector<double> logs;
  for (std::size_t k = 0; k < points; ++k) {
    const double* e = &normals[k * (n + 4)];
    const double chi = (e[n] * e[n] + e[n + 1] * e[n + 1] + e[n + 2] * e[n + 2] + e[n + 3] * e[n + 3]) / degrees;
    std::vector<double> z(n);
    double squares = 0;
    for (std::size_t i = 0; i < n; ++i) {
      z[i] = e[i] / std::sqrt(chi);
      squares += z[i] * z[i];
    }
    logs.push_back(-(constant - 0.5 * (degrees + dimensions) * std::log1p(squares / degrees)) - std::log(static_cast<double>(points)));
    zs.push_back(std::move(z));
  }
  rule.random = true;
  fill(subject, rule, free, frame, zs, logs);
}

void enumerate(const Subject& subject, Rule& rule) {
  const double lower = subject.support->lower(), size = subject.support->upper() - lower + 1;
  const double count = std::pow(size, static_cast<double>(subject.elements));
  if (!(count <= 3e5)) {
    rule.trouble = "vectors of integers are summed only if there are at most 300,000";
    return;
  }
  rule.discrete = true;
  const auto points = static_cast<std::int64_t>(count), base = static_cast<std::int64_t>(size);
  for (std::int64_t k = 0; k < points; ++k)
    for (std::int64_t i = 0, rest = k; i < subject.elements; ++i, rest /= base) rule.y.push_back(lower + static_cast<double>(rest % base));
  rule.log_density = subject.values(subject.node(Answer::log_prob), {points, rule.theta, rule.y});
  for (const double value : rule.log_density) {
    if (std::isnan(value)) rule.trouble = "log_prob is NaN within the support, " + subject.place(rule.theta);
    rule.measure.push_back(1);
    rule.weight.push_back(std::exp(value));
    rule.mass += rule.weight.back();
  }
}

}  // namespace

void make_vector_rule(const Subject& subject, Rule& rule) {
  if (subject.support->is_integer()) return enumerate(subject, rule);
  const FreeCoordinates free(*subject.support, subject.elements);
  if (free.count() == 0) {
    rule.trouble = "an event of one share is no distribution";
    return;
  }
  const Frame frame = find_frame(subject, rule, free);
  if (free.count() <= 2)
    fill_grid(subject, rule, free, frame);
  else
    fill_draws(subject, rule, free, frame);
}

}  // namespace loglik::conformance
