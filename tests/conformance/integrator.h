#pragma once
// The kit's own: a density on the real line or a part of it, integrated.
#include <array>
#include <utility>
#include <vector>

#include "tests/conformance/rule.h"

namespace loglik::conformance {

/// A piece of the line, with the density at Kronrod's points in it.
struct Panel {
  double from, to;  // in s
  std::array<double, 15> y, dy, log_density;
  static constexpr std::size_t integrands = 5;  // f; f·|log f|; f·|t − middle|/width, its square; f·Σ|log f′| of the others
  std::array<double, integrands> sum{}, magnitude{}, error{};
  double mass() const { return sum[0]; }
};

/// Fills a rule: finds the peak, cuts the line about it into panels, halves those of which Gauss and Kronrod disagree.
class Integrator {
 public:
  Integrator(const Subject& subject, Rule& rule, const std::vector<std::vector<double>>& others = {})
      : subject_(subject), rule_(rule), others_(others), x_(*rule.coordinate) {}

  void integrate();
  // In the panels of a rule that was made so.
  void integrate_in(const Rule& other);
  // ∫ of the density over [from, to] in s, each pair by itself.
  std::vector<double> masses(const std::vector<std::pair<double, double>>& ranges);

 private:
  std::vector<double> log_density_of_t(const std::vector<double>& ts);
  // Where the density in t is largest, and how wide it is there.
  void find_peak();
  void evaluate(std::vector<Panel>& panels);
  // Takes out of `done` the panels that are not good enough, and returns their halves.
  std::vector<Panel> split(std::vector<Panel>& done);
  // What lies between the last point that floating point can tell from a finite edge and that edge: there the density is taken for a power
  // of the distance u, f ≈ c·u^(a − 1), of mass u·f/a.
  double beyond(double last_t, double step, double edge);
  // 1 as far out as it goes: on the real line by the logarithm of the distance, near finite edges t is one.
  double reach(double y) const;
  void finish(const std::vector<Panel>& panels);

  const Subject& subject_;
  Rule& rule_;
  std::vector<std::vector<double>> others_;
  Coordinate& x_;
};

}  // namespace loglik::conformance
