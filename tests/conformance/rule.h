#pragma once
// The kit's own: a distribution at one row of raw outputs as points with weights, so that every expectation is a sum.
#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "tests/conformance/coordinate.h"
#include "tests/conformance/subject.h"

namespace loglik::conformance {

/// Points y_i, weights w_i: E h(Y) ≈ Σ w_i·h(y_i). By an adaptive Gauss–Kronrod rule of 15 points, by enumeration with a bound for the
/// tail, by the trapezoidal rule in two dimensions, or, with `random`, by importance sampling.
struct Rule {
  std::vector<double> theta;  ///< raw outputs
  bool discrete = false;      ///< every point is an atom
  bool random = false;        ///< then an expectation has a standard error
  std::int64_t elements = 1;
  std::vector<double> y;            ///< points·elements, in order if elements = 1
  std::vector<double> measure;      ///< dy; 1 for atoms
  std::vector<double> log_density;  ///< log_prob
  std::vector<double> weight;       ///< measure·density
  std::vector<double> rough;        ///< the same by the coarser rule that tells the error, where there is one
  double mass = 0, error = 0;       ///< Σ weight, and how far that may be off
  double tail_power = std::numeric_limits<double>::infinity();  ///< of counts: a if the last ones' probabilities fall as k^−a
  std::string trouble;              ///< why there is no rule

  // Continuous and univariate: panels between edges, in order, with their masses.
  std::optional<Coordinate> coordinate;
  std::vector<double> edges, below, above, below_error, above_error;  ///< P(Y ≤ edge), P(Y > edge)
  std::vector<double> cdf, survival;                                  ///< at each point: P(Y ≤ y), P(Y > y); of atoms too
  std::vector<double> reach;                                          ///< how far out each point is: 1 at the last

  std::size_t points() const { return weight.size(); }
  bool has_edges() const { return !edges.empty(); }
  double expect(const std::function<double(std::size_t)>& h) const;  ///< Σ w·h(i) over points of weight > 0
  /// How far `expect` may be off: what the coarser rule says panel by panel, or 5.5 standard errors (by chance one in 4e-8 is more).
  double error_of(const std::function<double(std::size_t)>& h) const;
  Points at(std::vector<double> raw) const;  ///< all its points with these raw outputs
  Points points_at() const { return at(theta); }
};

/// The rule at theta. `trouble` says why there is none: log_prob is NaN somewhere, or no way is known to integrate.
/// Made for expectations of log_prob at `others`, too, which may have kinks elsewhere.
Rule make_rule(const Subject& subject, std::vector<double> theta, const std::vector<std::vector<double>>& others = {});

/// The same at the points of a rule of another log_prob: quicker, and as good if its `error` is as small.
Rule make_rule_at(const Subject& subject, const Rule& other);

/// P(Y ≤ y) by quadrature from the nearest edge, or by the sum.
std::vector<double> quadrature_cdf(const Subject& subject, const Rule& rule, const std::vector<double>& ys);

}  // namespace loglik::conformance
