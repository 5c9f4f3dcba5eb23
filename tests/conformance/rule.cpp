#include "tests/conformance/rule.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "tests/conformance/enumeration.h"
#include "tests/conformance/integrator.h"
#include "tests/conformance/rules_of_vectors.h"

namespace loglik::conformance {
namespace {
constexpr double infinity = std::numeric_limits<double>::infinity();
}  // namespace

double Rule::expect(const std::function<double(std::size_t)>& h) const {
  double sum = 0;
  for (std::size_t i = 0; i < points(); ++i)
    if (weight[i] > 0) sum += weight[i] * h(i);
  return sum;
}

double Rule::error_of(const std::function<double(std::size_t)>& h) const {
  const auto term = [&](std::size_t i) { return weight[i] > 0 ? h(i) : 0.0; };
  double sum = 0;
  if (random) {
    const double mean = expect(h) / static_cast<double>(points());
    for (std::size_t i = 0; i < points(); ++i) sum += std::pow(weight[i] * term(i) - mean, 2);
    return 5.5 * std::sqrt(sum);
  }
  for (std::size_t panel = 0; panel + 1 < edges.size(); ++panel) {
    double difference = 0;
    for (std::size_t i = 15 * panel; i < 15 * (panel + 1); ++i) difference += (weight[i] - rough[i]) * term(i);
    sum += 10 * std::abs(difference);  // at a kink the difference may be the smaller of the two rules' errors
  }
  if (!has_edges() && !rough.empty()) {  // a grid in two dimensions
    for (std::size_t i = 0; i < points(); ++i) sum += (weight[i] - rough[i]) * term(i);
    return std::pow(std::min(1.0, std::abs(sum)), 1.5);  // the error of the fine grid would be the square
  }
  if (discrete && points() > 2 && weight.back() > 0 && tail_power < 10) {  // what h, growing as k^g, adds beyond the last
    const double last = std::abs(h(points() - 1)), growth = std::log2(last / std::abs(h(points() / 2)));
    const double converges = tail_power - 1 - std::max(0.0, growth);
    if (last > 0 && !std::isnan(growth)) sum += converges > 0 ? error * last * (tail_power - 1) / converges : infinity;
  }
  return sum + error * (1 + expect([&](std::size_t i) { return std::abs(h(i)); }));
}

Points Rule::at(std::vector<double> raw) const { return {static_cast<std::int64_t>(points()), std::move(raw), y}; }

namespace {

// What is not in the density: atoms of their own.
void add_atoms(const Subject& subject, Rule& rule) {
  for (const Node atom : subject.atoms) {
    if (!rule.trouble.empty()) break;
    const std::vector<double> y = subject.values(atom, {1, rule.theta});
    const std::vector<double> value = subject.values(subject.node(Answer::log_prob), {1, rule.theta, y});
    if (std::isnan(value[0]))
      rule.trouble = "log_prob is NaN at the atom, " + subject.place(rule.theta, y);
    else
      add_atom(rule, y[0], value[0]);
    const double probability = std::exp(value[0]);
    for (std::size_t i = 0; i < rule.edges.size(); ++i) (rule.edges[i] >= y[0] ? rule.below[i] : rule.above[i]) += probability;
    for (std::size_t i = 0; i < rule.cdf.size(); ++i) (rule.y[i] >= y[0] ? rule.cdf[i] : rule.survival[i]) += probability;
    rule.cdf.push_back(quadrature_cdf(subject, rule, y)[0]);
    rule.survival.push_back(rule.mass - rule.cdf.back());
    rule.reach.push_back(0);
  }
}

}  // namespace

Rule make_rule(const Subject& subject, std::vector<double> theta, const std::vector<std::vector<double>>& others) {
  Rule rule{.theta = std::move(theta), .elements = subject.elements};
  if (!subject.support) {
    rule.trouble = "the support is not known: it has no support(), and the options give none";
  } else if (subject.event_rank > 0) {
    make_vector_rule(subject, rule);
  } else if (subject.support->is_integer()) {
    rule.discrete = true;
    enumerate(subject, rule);
  } else {
    rule.coordinate.emplace(*subject.support);
    Integrator(subject, rule, others).integrate();
    add_atoms(subject, rule);
  }
  return rule;
}

Rule make_rule_at(const Subject& subject, const Rule& other) {
  Rule rule{.theta = other.theta, .discrete = other.discrete, .elements = other.elements, .coordinate = other.coordinate};
  if (subject.event_rank > 0) {
    make_vector_rule(subject, rule);
  } else if (rule.discrete) {
    enumerate(subject, rule, other.y.back());
  } else {
    Integrator(subject, rule).integrate_in(other);
    add_atoms(subject, rule);
  }
  return rule;
}

std::vector<double> quadrature_cdf(const Subject& subject, const Rule& rule, const std::vector<double>& ys) {
  std::vector<double> result;
  if (rule.discrete) {
    for (const double y : ys) {
      double sum = 0;
      for (std::size_t i = 0; i < rule.points(); ++i)
        if (rule.y[i] <= y) sum += rule.weight[i];
      result.push_back(sum);
    }
    return result;
  }
  Rule copy = rule;
  std::vector<std::pair<double, double>> ranges;
  std::vector<double> base;
  for (const double y : ys) {
    const auto above = std::upper_bound(rule.edges.begin(), rule.edges.end(), y);
    const std::size_t i = above == rule.edges.begin() ? 0 : static_cast<std::size_t>(above - rule.edges.begin()) - 1;
    double atoms_below = 0, jump = 0;  // of atoms between that edge and y
    for (std::size_t k = 15 * (rule.edges.size() - 1); k < rule.points(); ++k) {
      if (rule.y[k] <= y) atoms_below += rule.weight[k];
      if (rule.y[k] > rule.edges[i] && rule.y[k] <= y) jump += rule.weight[k];
    }
    const double from = rule.coordinate->s(rule.edges[i]), to = rule.coordinate->s(y);
    ranges.emplace_back(from, std::max(from, to));
    base.push_back(above == rule.edges.begin() ? atoms_below : rule.below[i] + jump);
  }
  const std::vector<double> parts = Integrator(subject, copy).masses(ranges);
  for (std::size_t i = 0; i < ys.size(); ++i)  // at a finite upper end that is all, also what the panels do not reach
    result.push_back(ys[i] >= rule.coordinate->upper ? rule.mass : base[i] + parts[i]);
  return result;
}

}  // namespace loglik::conformance
