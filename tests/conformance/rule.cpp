#include "tests/conformance/rule.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/math/quadrature/gauss.hpp>
#include <boost/math/quadrature/gauss_kronrod.hpp>
#include <cmath>
#include <limits>
#include <numeric>

#include "tests/conformance/rules_of_vectors.h"

namespace loglik::conformance {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double farthest = 690;  // e^690 and its inverse are far from the ends of float64

// The rule on [−1, 1]: Kronrod's 15 points, and Gauss' 7 among them.
struct Kronrod {
  std::array<double, 15> at, weight, gauss;
  Kronrod() {
    const auto& x = boost::math::quadrature::gauss_kronrod<double, 15>::abscissa();
    const auto& w = boost::math::quadrature::gauss_kronrod<double, 15>::weights();
    const auto& g = boost::math::quadrature::gauss<double, 7>::weights();
    for (std::size_t i = 0; i < 8; ++i) {
      at[7 + i] = x[i];
      at[7 - i] = -x[i];
      weight[7 + i] = weight[7 - i] = w[i];
      gauss[7 + i] = gauss[7 - i] = i % 2 == 0 ? g[i / 2] : 0;
    }
  }
};
const Kronrod kronrod;

// Row i: what the values at Kronrod's points, interpolated, add up to from −1 to point i.
std::array<std::array<double, 15>, 15> partial_sums() {
  std::array<std::array<double, 15>, 15> rows{};
  for (std::size_t i = 0; i < 15; ++i)
    for (std::size_t j = 0; j < 15; ++j)
      rows[i][j] = boost::math::quadrature::gauss<double, 15>::integrate(
          [&](double x) {
            double product = 1;
            for (std::size_t k = 0; k < 15; ++k)
              if (k != j) product *= (x - kronrod.at[k]) / (kronrod.at[j] - kronrod.at[k]);
            return product;
          },
          -1.0, kronrod.at[i]);
  return rows;
}
const auto partial = partial_sums();

double logistic(double t) { return t >= 0 ? 1 / (1 + std::exp(-t)) : std::exp(t) / (1 + std::exp(t)); }

struct Panel {
  double from, to;  // in s
  std::array<double, 15> y, dy, log_density;
  static constexpr std::size_t integrands = 5;  // f; f·|log f|; f·|t − middle|/width, its square; f·Σ|log f′| of the others
  std::array<double, integrands> sum{}, magnitude{}, error{};
  double mass() const { return sum[0]; }
};

class Integrator {
 public:
  Integrator(const Subject& subject, Rule& rule, const std::vector<std::vector<double>>& others = {})
      : subject_(subject), rule_(rule), others_(others), x_(*rule.coordinate) {}

  void integrate() {
    find_peak();
    if (!rule_.trouble.empty()) return;
    std::vector<double> marks{0};
    const double last_low = std::asinh((x_.low - x_.middle) / x_.width), last_high = std::asinh((x_.high - x_.middle) / x_.width);
    for (double s = 0.25; s < std::max(-last_low, last_high); s += s < 4 ? 0.25 : s / 8) {
      if (s < last_high) marks.push_back(s);
      if (-s > last_low) marks.push_back(-s);
    }
    marks.push_back(last_low);
    marks.push_back(last_high);
    std::sort(marks.begin(), marks.end());
    std::vector<Panel> fresh;
    for (std::size_t i = 1; i < marks.size(); ++i) fresh.push_back({marks[i - 1], marks[i], {}, {}, {}});
    std::vector<Panel> done;
    for (int round = 0; round < 48 && !fresh.empty(); ++round) {
      evaluate(fresh);
      if (!rule_.trouble.empty()) return;
      done.insert(done.end(), fresh.begin(), fresh.end());
      fresh = split(done);
    }
    std::sort(done.begin(), done.end(), [](const Panel& a, const Panel& b) { return a.from < b.from; });
    finish(done);
  }

  // ∫ of the density over [from, to] in s, each pair by itself.
  std::vector<double> masses(const std::vector<std::pair<double, double>>& ranges) {
    std::vector<Panel> panels;
    for (const auto& [from, to] : ranges) panels.push_back({from, to, {}, {}, {}});
    evaluate(panels);
    std::vector<double> result;
    for (const Panel& panel : panels) result.push_back(panel.mass());
    return result;
  }

 private:
  std::vector<double> log_density_of_t(const std::vector<double>& ts) {
    Points points{static_cast<std::int64_t>(ts.size()), rule_.theta};
    for (const double t : ts) points.y.push_back(x_.y(t));
    std::vector<double> values = subject_.values(subject_.node(Answer::log_prob), points);
    for (std::size_t i = 0; i < ts.size(); ++i)
      values[i] = std::isnan(values[i]) || values[i] == infinity ? -infinity : values[i] + x_.log_slope(ts[i]);
    return values;
  }

  // Where the density in t is largest, and how wide it is there.
  void find_peak() {
    std::vector<double> ts{0};
    if (std::isinf(x_.lower) && std::isinf(x_.upper)) {
      for (double k = -160; k <= 400; ++k)
        for (const double sign : {-1.0, 1.0}) ts.push_back(sign * std::exp(k / 8));
    } else {
      for (double k = -400; k <= 400; ++k) ts.push_back(std::copysign(k * k / 800 + std::abs(k) / 10, k));
    }
    std::erase_if(ts, [&](double t) { return t < x_.low || t > x_.high; });
    std::sort(ts.begin(), ts.end());
    double left = 0, right = 0, best = -infinity, peak = 0;
    for (int zoom = 0; zoom < 16; ++zoom) {  // a kink is to be found exactly: it is the edge of two panels
      const std::vector<double> values = log_density_of_t(ts);
      const auto found = static_cast<std::size_t>(std::max_element(values.begin(), values.end()) - values.begin());
      if (zoom == 0 && !std::isfinite(values[found])) {
        rule_.trouble = "log_prob is finite at none of " + std::to_string(ts.size()) + " targets in its support";
        return;
      }
      if (values[found] >= best) {
        best = values[found];
        peak = ts[found];
      }
      left = ts[found > 0 ? found - 1 : 0];
      right = ts[std::min(found + 1, ts.size() - 1)];
      if (!(right - left > 1e-16 * std::max(1e-10, std::abs(peak)))) break;
      ts.clear();
      for (int i = 0; i <= 32; ++i) ts.push_back(left + (right - left) * i / 32);
      ts.push_back(peak);
      std::sort(ts.begin(), ts.end());
      ts.erase(std::unique(ts.begin(), ts.end()), ts.end());  // its neighbours are others
    }
    x_.middle = peak;
    std::vector<double> around;
    constexpr int steps = 220;
    for (int k = 0; k <= steps; ++k)
      for (const double sign : {-1.0, 1.0}) around.push_back(std::clamp(peak + sign * std::exp(0.25 * (k - 120)), x_.low, x_.high));
    const std::vector<double> values = log_density_of_t(around);
    x_.width = 1;
    for (int k = 0; k <= steps; ++k) {
      x_.width = std::exp(0.25 * (k - 120));
      if (std::min(values[2 * static_cast<std::size_t>(k)], values[2 * static_cast<std::size_t>(k) + 1]) < best - 0.5) break;
    }
  }

  void evaluate(std::vector<Panel>& panels) {
    Points points{static_cast<std::int64_t>(15 * panels.size()), rule_.theta};
    for (Panel& panel : panels)
      for (std::size_t i = 0; i < 15; ++i) {
        const double half = 0.5 * (panel.to - panel.from), s = 0.5 * (panel.from + panel.to) + half * kronrod.at[i];
        const double t = x_.middle + x_.width * std::sinh(s);
        panel.y[i] = x_.y(t);
        panel.dy[i] = half * x_.width * std::cosh(s) * std::exp(x_.log_slope(t));
        points.y.push_back(panel.y[i]);
      }
    const std::vector<double> values = subject_.values(subject_.node(Answer::log_prob), points);
    std::vector<double> elsewhere(values.size());  // where their kinks are
    for (const std::vector<double>& other : others_) {
      points.raw = other;
      const std::vector<double> theirs = subject_.values(subject_.node(Answer::log_prob), points);
      for (std::size_t i = 0; i < theirs.size(); ++i) elsewhere[i] += std::isfinite(theirs[i]) ? std::abs(theirs[i]) : 0;
    }
    for (std::size_t k = 0; k < panels.size(); ++k) {
      Panel& panel = panels[k];
      std::array<double, Panel::integrands> gauss{};
      for (std::size_t i = 0; i < 15; ++i) {
        const double l = panel.log_density[i] = values[15 * k + i];
        if (std::isnan(l)) {
          rule_.trouble = "log_prob is NaN at " + subject_.place(rule_.theta, std::span(&panel.y[i], 1));
          return;
        }
        if (l == -infinity) continue;
        const double f = std::exp(l + std::log(panel.dy[i])), distance = std::abs(x_.t(panel.y[i]) - x_.middle) / x_.width;
        const std::array<double, Panel::integrands> h{1, std::abs(l), distance, distance * distance, elsewhere[15 * k + i]};
        for (std::size_t j = 0; j < h.size(); ++j) {
          if (!(f > 0) || !std::isfinite(f * h[j])) continue;
          panel.sum[j] += kronrod.weight[i] * f * h[j];
          gauss[j] += kronrod.gauss[i] * f * h[j];
        }
      }
      for (std::size_t j = 0; j < gauss.size(); ++j) panel.error[j] = std::abs(panel.sum[j] - gauss[j]);
    }
  }

  // Takes out of `done` the panels that are not good enough, and returns their halves.
  std::vector<Panel> split(std::vector<Panel>& done) {
    std::array<double, Panel::integrands> total{};
    for (const Panel& panel : done)
      for (std::size_t j = 0; j < total.size(); ++j) total[j] += panel.sum[j];
    std::vector<Panel> halves;
    const std::size_t panels = done.size();  // noise far out is followed only as far as that
    if (panels > 3000) return halves;
    std::erase_if(done, [&](const Panel& panel) {
      bool rough = panel.mass() > total[0] / 24;  // the edges are where distribution functions are compared
      for (std::size_t j = 0; j < (panels < 400 ? total.size() : 1); ++j) rough |= panel.error[j] > 1e-11 * total[j];
      const double middle = 0.5 * (panel.from + panel.to);
      if (!rough || middle <= panel.from || middle >= panel.to) return false;
      halves.push_back({panel.from, middle, {}, {}, {}});
      halves.push_back({middle, panel.to, {}, {}, {}});
      return true;
    });
    return halves;
  }

  // What lies between the last point that floating point can tell from a finite edge and that edge: there the density is taken for a power
  // of the distance u, f ≈ c·u^(a − 1), of mass u·f/a.
  double beyond(double last_t, double step, double edge) {
    const double u = std::abs(x_.y(last_t) - edge), v = std::abs(x_.y(last_t + step) - edge);
    const std::vector<double> values = log_density_of_t({last_t, last_t + step});
    if (!std::isfinite(values[0]) || !std::isfinite(values[1]) || u == 0) return 0;
    const double a = (values[1] - values[0]) / std::log(v / u);  // of the density in t, which is u·f
    return a > 1e-3 ? std::exp(values[0] - x_.log_slope(last_t)) * u / a : 0;
  }

  // 1 as far out as it goes: on the real line by the logarithm of the distance, near finite edges t is one.
  double reach(double y) const {
    const double t = x_.t(y), farther = std::max(x_.high - x_.middle, x_.middle - x_.low);
    if (std::isinf(x_.lower) && std::isinf(x_.upper)) return std::abs(x_.s(y)) / std::asinh(farther / x_.width);
    return std::abs(t - x_.middle) / farther;
  }

  void finish(const std::vector<Panel>& panels) {
    double low_rest = 0, high_rest = 0;
    if (std::isfinite(x_.lower)) low_rest = beyond(x_.low, 1, x_.lower);
    if (std::isfinite(x_.upper)) high_rest = beyond(x_.high, -1, x_.upper);
    rule_.edges.push_back(x_.y(x_.middle + x_.width * std::sinh(panels.front().from)));
    for (const Panel& panel : panels) {
      for (std::size_t i = 0; i < 15; ++i) {
        rule_.y.push_back(panel.y[i]);
        rule_.measure.push_back(panel.dy[i] * kronrod.weight[i]);
        rule_.log_density.push_back(panel.log_density[i]);
        const double weight = std::exp(panel.log_density[i] + std::log(rule_.measure.back()));
        rule_.weight.push_back(std::isfinite(weight) ? weight : 0);
        rule_.rough.push_back(rule_.weight.back() * kronrod.gauss[i] / kronrod.weight[i]);
        rule_.reach.push_back(reach(panel.y[i]));
      }
      rule_.edges.push_back(x_.y(x_.middle + x_.width * std::sinh(panel.to)));
    }
    // Expectations count it, too: as mass at the outermost point.
    const auto add_rest = [&](std::size_t i, double rest) {
      if (!(rest > 0) || !(rule_.weight[i] > 0)) return;
      rule_.measure[i] *= 1 + rest / rule_.weight[i];
      rule_.weight[i] += rest;
      rule_.rough[i] += rest;
    };
    add_rest(0, low_rest);
    add_rest(rule_.points() - 1, high_rest);
    const auto cumulate = [&](auto begin, auto end, double rest, std::vector<double>& sums, std::vector<double>& errors) {
      double sum = rest, error = 1e-6 * rest;
      sums.push_back(sum);
      errors.push_back(error);
      for (auto panel = begin; panel != end; ++panel) {
        sums.push_back(sum += panel->mass());
        errors.push_back(error += panel->error[0]);
      }
    };
    cumulate(panels.begin(), panels.end(), low_rest, rule_.below, rule_.below_error);
    cumulate(panels.rbegin(), panels.rend(), high_rest, rule_.above, rule_.above_error);
    std::reverse(rule_.above.begin(), rule_.above.end());
    std::reverse(rule_.above_error.begin(), rule_.above_error.end());
    for (std::size_t k = 0; k < panels.size(); ++k)
      for (std::size_t i = 0; i < 15; ++i) {
        double left = 0;
        for (std::size_t j = 0; j < 15; ++j)
          if (panels[k].log_density[j] > -infinity) left += partial[i][j] * std::exp(panels[k].log_density[j] + std::log(panels[k].dy[j]));
        rule_.cdf.push_back(rule_.below[k] + std::clamp(left, 0.0, panels[k].mass()));
        rule_.survival.push_back(rule_.above[k + 1] + std::clamp(panels[k].mass() - left, 0.0, panels[k].mass()));
      }
    rule_.mass = rule_.below.back() + high_rest;
    rule_.error = rule_.below_error.back() + rule_.above_error.back();
  }

  const Subject& subject_;
  Rule& rule_;
  std::vector<std::vector<double>> others_;
  Coordinate& x_;
};

void add_atom(Rule& rule, double y, double log_probability) {
  rule.y.push_back(y);
  rule.measure.push_back(1);
  rule.log_density.push_back(log_probability);
  rule.weight.push_back(std::exp(log_probability));
  rule.mass += rule.weight.back();
}

// Every value of a bounded support; of an unbounded one as many as it takes for a geometric bound of the rest to vanish.
void enumerate(const Subject& subject, Rule& rule) {
  const Support& support = *subject.support;
  if (!std::isfinite(support.lower())) {
    rule.trouble = "integers without a lower bound are not summed";
    return;
  }
  const double first = support.lower(), last = std::min(support.upper(), first + 4e6);
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
    if (rest < 1e-15 || (f == 0 && rule.mass > 0)) break;
  }
  double sum = 0, rest = rule.error;
  for (const double weight : rule.weight) rule.cdf.push_back(sum += weight);
  rule.survival.resize(rule.points());
  for (std::size_t i = rule.points(); i-- > 0; rest += rule.weight[i]) rule.survival[i] = rest;
}

}  // namespace

Coordinate::Coordinate(const Support& support) : lower(support.lower()), upper(support.upper()) {
  const auto nearest = [](double edge) { return edge == 0 ? farthest : 21.0; };  // e^−21 = 8e-10 from an edge that is not 0
  const double size = std::isfinite(lower) ? std::max(1.0, std::abs(lower)) : 1,
               other = std::isfinite(upper) ? std::max(1.0, std::abs(upper)) : 1;
  if (std::isinf(lower) && std::isinf(upper)) {
    low = -1e290, high = 1e290;
  } else if (std::isinf(upper)) {
    low = -nearest(lower) + std::log(size), high = farthest;
  } else if (std::isinf(lower)) {
    low = -farthest, high = nearest(upper) - std::log(other);
  } else {
    low = -nearest(lower), high = nearest(upper);
  }
}

double Coordinate::y(double t) const {
  if (std::isinf(lower) && std::isinf(upper)) return t;
  if (std::isinf(upper)) return lower + std::exp(t);
  if (std::isinf(lower)) return upper - std::exp(-t);
  return t < 0 ? lower + (upper - lower) * logistic(t) : upper - (upper - lower) * logistic(-t);
}

double Coordinate::log_slope(double t) const {
  if (std::isinf(lower) && std::isinf(upper)) return 0;
  if (std::isinf(upper)) return t;
  if (std::isinf(lower)) return -t;
  return std::log(upper - lower) - std::abs(t) - 2 * std::log1p(std::exp(-std::abs(t)));
}

double Coordinate::t(double at) const {
  if (std::isinf(lower) && std::isinf(upper)) return at;
  if (std::isinf(upper)) return std::log(at - lower);
  if (std::isinf(lower)) return -std::log(upper - at);
  return std::log(at - lower) - std::log(upper - at);
}

double Coordinate::s(double at) const { return std::asinh((std::clamp(t(at), low, high) - middle) / width); }

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
  return sum + error * (1 + expect([&](std::size_t i) { return std::abs(h(i)); }));
}

Points Rule::at(std::vector<double> raw) const { return {static_cast<std::int64_t>(points()), std::move(raw), y}; }

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
  for (std::size_t i = 0; i < ys.size(); ++i) result.push_back(base[i] + parts[i]);
  return result;
}

}  // namespace loglik::conformance
