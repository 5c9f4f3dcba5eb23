#include "tests/conformance/integrator.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "tests/conformance/kronrod.h"

namespace loglik::conformance {
namespace {
constexpr double infinity = std::numeric_limits<double>::infinity();
}  // namespace

void Integrator::integrate() {
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

void Integrator::integrate_in(const Rule& other) {
  std::vector<Panel> panels;
  for (std::size_t k = 0; k + 1 < other.edges.size(); ++k)
    panels.push_back({x_.s(other.edges[k]), x_.s(other.edges[k + 1]), {}, {}, {}});
  evaluate(panels);
  if (rule_.trouble.empty()) finish(panels);
}

// ∫ of the density over [from, to] in s, each pair by itself.
std::vector<double> Integrator::masses(const std::vector<std::pair<double, double>>& ranges) {
  std::vector<Panel> panels;
  for (const auto& [from, to] : ranges) panels.push_back({from, to, {}, {}, {}});
  evaluate(panels);
  std::vector<double> result;
  for (const Panel& panel : panels) result.push_back(panel.mass());
  return result;
}

void Integrator::evaluate(std::vector<Panel>& panels) {
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
std::vector<Panel> Integrator::split(std::vector<Panel>& done) {
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
double Integrator::beyond(double last_t, double step, double edge) {
  const double u = std::abs(x_.y(last_t) - edge), v = std::abs(x_.y(last_t + step) - edge);
  const std::vector<double> values = log_density_of_t({last_t, last_t + step});
  if (!std::isfinite(values[0]) || !std::isfinite(values[1]) || u == 0) return 0;
  const double a = (values[1] - values[0]) / std::log(v / u);  // of the density in t, which is u·f
  return a > 1e-3 ? std::exp(values[0] - x_.log_slope(last_t)) * u / a : 0;
}

// 1 as far out as it goes: on the real line by the logarithm of the distance, near finite edges t is one.
double Integrator::reach(double y) const {
  const double t = x_.t(y), farther = std::max(x_.high - x_.middle, x_.middle - x_.low);
  if (std::isinf(x_.lower) && std::isinf(x_.upper)) return std::abs(x_.s(y)) / std::asinh(farther / x_.width);
  return std::abs(t - x_.middle) / farther;
}

void Integrator::finish(const std::vector<Panel>& panels) {
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
        if (panels[k].log_density[j] > -infinity) left += kronrod.partial[i][j] * std::exp(panels[k].log_density[j] + std::log(panels[k].dy[j]));
      rule_.cdf.push_back(rule_.below[k] + std::clamp(left, 0.0, panels[k].mass()));
      rule_.survival.push_back(rule_.above[k + 1] + std::clamp(panels[k].mass() - left, 0.0, panels[k].mass()));
    }
  rule_.mass = rule_.below.back() + high_rest;
  rule_.error = rule_.below_error.back() + rule_.above_error.back();
}

}  // namespace loglik::conformance
