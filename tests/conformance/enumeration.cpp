#include "tests/conformance/enumeration.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace loglik::conformance {
namespace {
constexpr double infinity = std::numeric_limits<double>::infinity();
}  // namespace

void add_atom(Rule& rule, double y, double log_probability) {
  rule.y.push_back(y);
  rule.measure.push_back(1);
  rule.log_density.push_back(log_probability);
  rule.weight.push_back(std::exp(log_probability));
  rule.mass += rule.weight.back();
}

void enumerate(const Subject& subject, Rule& rule, double most) {
  const Support& support = *subject.support;
  if (!std::isfinite(support.lower())) {
    rule.trouble = "integers without a lower bound are not summed";
    return;
  }
  const double first = support.lower(), last = std::min(support.upper(), most);
  for (double from = first, size = 256; from <= last; from += size, size *= 2) {
    Points points{0, rule.theta};
    for (double k = from; k < from + size && k <= last; ++k) points.y.push_back(k);
    points.rows = static_cast<std::int64_t>(points.y.size());
    const std::vector<double> values = subject.values(subject.node(Answer::log_prob), points);
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (std::isnan(values[i])) {
        rule.trouble = "log_prob is NaN at " + subject.place(rule.theta, std::span(&points.y[i], 1));
        return;
      }
      add_atom(rule, points.y[i], values[i]);
    }
    if (std::isfinite(support.upper()) || values.size() < 3) continue;
    // Terms that fall by a ratio r, and ever faster, add up to less than f·r/(1 − r); those of a power law k^−a to k·f/(a − 1).
    const double f = rule.weight.back(), ratio = f / rule.weight[rule.weight.size() - 2];
    const double k = points.y.back(), power = -std::log(ratio) * k;
    const double rest = f == 0 ? 0 : ratio < 1 - 8 / k ? f * ratio / (1 - ratio) : power > 1.01 ? f * k / (power - 1) : infinity;
    rule.error = rest;
    const std::size_t half = rule.points() / 2;
    rule.tail_power = std::log(rule.weight[half] / f) / std::log(k / rule.y[half]);
    if (rest < 1e-15 || (f == 0 && rule.mass > 0)) break;
  }
  double sum = 0, rest = rule.error;
  for (const double weight : rule.weight) rule.cdf.push_back(sum += weight);
  rule.survival.resize(rule.points());
  for (std::size_t i = rule.points(); i-- > 0; rest += rule.weight[i]) rule.survival[i] = rest;
}

}  // namespace loglik::conformance
