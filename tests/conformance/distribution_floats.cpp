// float32 against float64, and both at extremes.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "framework/error.h"
#include "framework/random.h"
#include "tests/conformance/study.h"

namespace loglik::conformance {
namespace {

constexpr double largest_float = std::numeric_limits<float>::max();

using Nodes = std::vector<std::pair<std::string, Node>>;

// log_prob and, where there are any, its gradients, the Fisher information and other answers but draws, of one dtype.
Nodes with_gradients(Subject& subject, bool all_answers) {
  Nodes nodes;
  for (std::size_t a = 0; a < answer_count; ++a) {
    const auto answer = static_cast<Answer>(a);
    if (answer != Answer::log_prob && (!all_answers || answer == Answer::sample)) continue;
    if (subject.has(answer) && is_float(subject.node(answer).dtype())) nodes.emplace_back(name(answer), subject.node(answer));
  }
  try {
    const Node log_prob = subject.node(Answer::log_prob);
    if (const Node by_raw = subject.derivative(log_prob, subject.raw)) nodes.emplace_back("∂log_prob/∂raw", by_raw);
    if (!subject.integer_target && !subject.is_discrete())
      if (const Node by_y = subject.derivative(log_prob, subject.y)) nodes.emplace_back("∂log_prob/∂y", by_y);
  } catch (const GradientError&) {  // said by check_gradients
  }
  for (std::size_t i = 0, k = subject.fisher_parameters.size(); i < subject.fisher_entries.size(); ++i)
    if (subject.fisher_entries[i]) nodes.emplace_back(fmt::format("Fisher information ({}, {})", i / k, i % k), subject.fisher_entries[i]);
  return nodes;
}

std::vector<std::vector<double>> values_of(const Subject& subject, const Nodes& nodes, const Points& points) {
  std::vector<Node> only;
  for (const auto& [name, node] : nodes) only.push_back(node);
  return subject.values(only, points);
}

double rounded(double x) { return static_cast<double>(static_cast<float>(x)); }

std::string place_of(const Subject& subject, const Points& points, std::int64_t row) {
  const auto raws = static_cast<std::size_t>(subject.raw_outputs), elements = static_cast<std::size_t>(subject.elements),
             at = static_cast<std::size_t>(row);
  return subject.place(std::span(points.raw).subspan(at * raws, raws), std::span(points.y).subspan(at * elements, elements));
}

// By how much values change in float64 when each number that they are made of moves by an ulp of float32 to either side.
std::vector<std::vector<double>> conditions(const Subject& subject, const Nodes& nodes, Points points,
                                            const std::vector<std::vector<double>>& values) {
  std::vector<std::vector<double>> condition(values.size());
  for (std::size_t a = 0; a < values.size(); ++a) condition[a].resize(values[a].size());
  const auto move = [&](std::vector<double>& numbers, std::size_t width, std::size_t element, double least) {
    const std::vector<double> before = numbers;
    for (const double sign : {-1.0, 1.0}) {
      for (std::size_t i = element; i < numbers.size(); i += width)
        numbers[i] = before[i] + sign * 0x1p-23 * std::max(least, std::abs(before[i]));
      const auto there = values_of(subject, nodes, points);
      for (std::size_t a = 0; a < there.size(); ++a)
        for (std::size_t i = 0; i < there[a].size(); ++i)
          if (const double change = std::abs(there[a][i] - values[a][i]); std::isfinite(change)) condition[a][i] += change;
      numbers = before;
    }
  };
  const auto n = static_cast<std::size_t>(subject.raw_outputs), elements = static_cast<std::size_t>(subject.elements);
  // Links compute with numbers of some 10 whatever the raw output is: log 1e4 = 9.2.
  for (std::size_t j = 0; j < n; ++j) move(points.raw, n, j, 4);
  for (std::size_t j = 0; j < n && !points.other.empty(); ++j) move(points.other, n, j, 4);
  if (!subject.is_discrete() && !subject.support->is_simplex())
    for (std::size_t j = 0; j < elements; ++j) move(points.y, elements, j, 0);
  if (!points.p.empty()) move(points.p, 1, 0, 0);
  return condition;
}

// The same for all numbers at once, to random sides, and for differences of targets and raw outputs, which are off by an ulp of the larger.
std::vector<std::vector<double>> conditions_at_extremes(const Subject& subject, const Nodes& nodes, const Points& points,
                                                        const std::vector<std::vector<double>>& values) {
  const Support& support = *subject.support;
  const auto n = static_cast<std::size_t>(subject.raw_outputs), elements = static_cast<std::size_t>(subject.elements);
  std::vector<std::vector<double>> condition(values.size());
  for (std::size_t a = 0; a < values.size(); ++a) condition[a].resize(values[a].size());
  std::vector<double> u(points.raw.size() + points.y.size());
  for (std::uint64_t k = 0; k < 4; ++k) {
    fill_uniform<double>({k / 2, 0, hash_name("ulps")}, 0, std::span(u));
    Points moved = points;
    const auto ulp = [&](std::size_t i, double size) { return std::copysign(0x1p-23 * size, k % 2 == 0 ? u[i] - 0.5 : 0.5 - u[i]); };
    for (std::size_t i = 0; i < moved.raw.size(); ++i) moved.raw[i] += ulp(i, std::max(4.0, std::abs(moved.raw[i])));
    for (std::size_t i = 0; i < moved.y.size() && !subject.is_discrete() && !support.is_simplex(); ++i) {
      double size = std::abs(moved.y[i]);
      for (std::size_t j = 0; j < n; ++j) size = std::max(size, std::abs(points.raw[i / elements * n + j]));
      const double y = std::clamp(moved.y[i] + ulp(points.raw.size() + i, size), support.lower(), support.upper());
      if (support.contains(y)) moved.y[i] = y;
    }
    const auto there = values_of(subject, nodes, moved);
    for (std::size_t a = 0; a < values.size(); ++a)
      for (std::size_t i = 0; i < there[a].size(); ++i)  // none of an absent node
        if (const double change = std::abs(there[a][i] - values[a][i]); std::isfinite(change)) condition[a][i] += change;
  }
  return condition;
}

// Targets of the support at its edges, near 0 and far out, that float32 can hold.
std::vector<double> extreme_targets(const Subject& subject, double largest) {
  const Support& support = *subject.support;
  std::vector<double> ys;
  for (const double edge : {support.lower(), support.upper()})
    if (std::isfinite(edge))
      for (const double towards : {-largest_float, largest_float}) {
        ys.push_back(edge);
        ys.push_back(std::nextafter(static_cast<float>(edge), static_cast<float>(towards)));
      }
  for (const double size : {0.0, 1.2e-38, 1e-8, 0.5, 1.0, 2.0, 3.0, 40.0, 1000.0, 1e6, 1e10, 1e38})
    for (const double sign : {-1.0, 1.0})
      if (size <= largest) ys.push_back(rounded(sign * size));
  if (subject.is_discrete()) std::erase_if(ys, [](double y) { return std::abs(y) > 1e10; });  // more is no count
  if (subject.integer_target) std::erase_if(ys, [](double y) { return std::abs(y) > 1e6; });
  std::erase_if(ys, [&](double y) { return !support.contains(y) || (y != 0 && std::abs(y) < std::numeric_limits<float>::min()); });
  std::sort(ys.begin(), ys.end());
  ys.erase(std::unique(ys.begin(), ys.end()), ys.end());
  return ys;
}

Points extreme_points(const Study& study) {
  const Subject& subject = *study.subject;
  std::vector<double> sizes{0, 1e-8, 1, 20, 88, 104, 710, 1e4, std::min(study.options.largest, largest_float)}, raws;
  for (const double size : sizes)
    for (const double sign : {-1.0, 1.0})
      if (size > 0 || sign > 0) raws.push_back(rounded(sign * size));
  const auto n = static_cast<std::size_t>(subject.raw_outputs);
  std::vector<std::vector<double>> thetas;
  if (n <= 2) {
    for (const double a : raws)
      for (const double b : n == 2 ? raws : std::vector<double>{0})
        thetas.push_back(n == 2 ? std::vector<double>{a, b} : std::vector<double>{a});
  } else {  // each alone, and random ones
    for (std::size_t j = 0; j < n; ++j)
      for (const double raw : raws) {
        thetas.emplace_back(n);
        thetas.back()[j] = raw;
      }
    std::vector<double> u(600 * n);
    fill_uniform<double>({0, 0, hash_name("extremes")}, 0, std::span(u));
    for (std::size_t k = 0; k < 600; ++k) {
      thetas.emplace_back(n);
      for (std::size_t j = 0; j < n; ++j)
        thetas.back()[j] = raws[static_cast<std::size_t>(u[k * n + j] * static_cast<double>(raws.size()))];
    }
  }
  std::vector<std::vector<double>> ys;
  if (subject.elements == 1) {
    for (const double y : extreme_targets(subject, study.options.largest)) ys.push_back({y});
  } else {
    for (const auto& rule : study.rules) {
      if (!rule) continue;
      const std::vector<double> typical = typical_targets(*rule, 3);
      for (std::size_t k = 0; k < 3; ++k) {
        ys.emplace_back(typical.begin() + static_cast<std::int64_t>(k) * subject.elements,
                        typical.begin() + static_cast<std::int64_t>(k + 1) * subject.elements);
        for (double& y : ys.back()) y = rounded(y);
      }
    }
  }
  Points points{0, {}};
  for (const auto& theta : thetas)
    for (const auto& y : ys) {
      points.raw.insert(points.raw.end(), theta.begin(), theta.end());
      points.y.insert(points.y.end(), y.begin(), y.end());
      ++points.rows;
    }
  return points;
}

}  // namespace

// Against float64 at raw outputs and targets that both hold. What a few ulp of these change is allowed for, besides 1e-5 of the value.
void check_float32(Study& study) {
  Subject& exact = *study.subject;
  Subject single(study.build, study.options, DType::float32);
  Points points{0, {}};
  for (const auto& rule : study.rules) {
    if (!rule) continue;
    const std::vector<double> y = typical_targets(*rule, 11);
    for (std::size_t k = 0; k < 11; ++k) {
      std::vector<double> one(y.begin() + static_cast<std::int64_t>(k) * exact.elements,
                              y.begin() + static_cast<std::int64_t>(k + 1) * exact.elements);
      bool inside = true;
      for (double& value : one) inside &= exact.support->contains(value = rounded(value));
      if (!inside) continue;
      points.raw.insert(points.raw.end(), rule->theta.begin(), rule->theta.end());
      points.y.insert(points.y.end(), one.begin(), one.end());
      points.p.push_back(rounded((static_cast<double>(k) + 0.5) / 11));
      for (const double x : rule->theta) points.other.push_back(rounded(0.5 * x + 0.2));
      ++points.rows;
    }
  }
  if (points.rows == 0) return study.report.skip(Property::float32, "there is no rule to take targets from");
  study.report.test(Property::float32);
  const auto nodes = with_gradients(exact, true), single_nodes = with_gradients(single, true);
  const auto expected = values_of(exact, nodes, points), got = values_of(single, single_nodes, points);
  const auto condition = conditions(exact, nodes, points, expected);
  for (std::size_t a = 0; a < nodes.size(); ++a) {
    std::size_t b = 0;
    while (b < single_nodes.size() && single_nodes[b].first != nodes[a].first) ++b;
    if (b == single_nodes.size()) {
      study.fail(Property::float32, single.name, fmt::format("{} is there in float64 only", nodes[a].first));
      continue;
    }
    Worst worst;
    const auto width = static_cast<std::int64_t>(expected[a].size()) / points.rows;
    for (std::size_t i = 0; i < expected[a].size(); ++i) {
      const double e = expected[a][i];
      if (std::abs(e) > largest_float || (std::isnan(e) && std::isnan(got[b][i]))) continue;
      const double tolerance = 1e-5 * std::max(1.0, std::abs(e)) + 8 * condition[a][i];
      worst.compare(got[b][i], e, tolerance, [&] {
        return fmt::format("{} is {}, for {}", nodes[a].first, against(got[b][i], e, tolerance),
                           place_of(single, points, static_cast<std::int64_t>(i) / std::max<std::int64_t>(1, width)));
      });
    }
    if (worst.failed()) study.fail(Property::float32, single.name, worst.text());
  }
}

void check_extremes(Study& study) {
  if (!study.subject->support) return study.report.skip(Property::extremes, "the support is not known");
  Subject& exact = *study.subject;
  Subject single(study.build, study.options, DType::float32);
  const Points points = extreme_points(study);
  if (points.rows == 0) return study.report.skip(Property::extremes, "there is no rule to take vectors from");
  study.report.test(Property::extremes);
  const auto nodes = with_gradients(exact, false), single_nodes = with_gradients(single, false);
  const auto expected = values_of(exact, nodes, points), got = values_of(single, single_nodes, points);
  // Gradients may jump where two components are as likely, or be 1e11 times a link's slope of 1e-11: they are held to be numbers.
  Nodes compared = nodes;
  for (auto& [name, node] : compared)
    if (name.starts_with("∂")) node = Node();
  const auto condition = conditions_at_extremes(exact, compared, points, expected);
  for (std::size_t a = 0; a < nodes.size() && a < single_nodes.size(); ++a) {
    Worst nan64, nan32, infinite, off;
    const auto width = std::max<std::int64_t>(1, static_cast<std::int64_t>(expected[a].size()) / points.rows);
    for (std::size_t i = 0; i < expected[a].size(); ++i) {
      const double e = expected[a][i], g = got[a][i];
      const auto where = [&](const Subject& subject) { return place_of(subject, points, static_cast<std::int64_t>(i) / width); };
      nan64.see(std::isnan(e) ? 1 : 0, 0.5, [&] { return fmt::format("{} is NaN, for {}", nodes[a].first, where(exact)); });
      nan32.see(std::isnan(g) && !std::isnan(e) ? 1 : 0, 0.5,
                [&] { return fmt::format("{} is NaN, for {}", nodes[a].first, where(single)); });
      // Where the loss itself does not fit there is no step; nor does the distance of two targets of nearly the largest size.
      const std::size_t row = i / static_cast<std::size_t>(width), n = static_cast<std::size_t>(exact.raw_outputs);
      bool fits = std::abs(e) < 0.9 * largest_float && std::abs(expected[0][row]) < 0.9 * largest_float;
      for (std::size_t j = 0; j < n; ++j) fits &= std::abs(points.raw[row * n + j]) < 1e38;
      infinite.see(std::isinf(g) && fits ? 1 : 0, 0.5,
                   [&] { return fmt::format("{} is {}, but {:.6g} in float64, for {}", nodes[a].first, g, e, where(single)); });
      double tolerance = study.options.extreme_tolerance * std::max(1.0, std::abs(e)) + 8 * condition[a][i];
      for (std::size_t j = 0; j < n; ++j) tolerance += 0x1p-20 * std::abs(points.raw[row * n + j]);  // what is as large as raw outputs is rounded
      if (compared[a].second && std::isfinite(g) && fits) off.compare(g, e, tolerance, [&] {
        return fmt::format("{} is {}, for {}", nodes[a].first, against(g, e, tolerance), where(single));
      });
    }
    for (const Worst* worst : {&nan64, &nan32, &infinite, &off})
      if (worst->failed()) study.fail(Property::extremes, exact.name, worst->text());
  }
}

}  // namespace loglik::conformance
