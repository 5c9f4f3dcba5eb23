#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "ops/distributions/numerical/line.h"
#include "ops/distributions/numerical/log_density.h"

namespace loglik::numerical {

inline constexpr std::int64_t search_points = 257;
/// What a search over the line begins with: evenly spread, or, on the whole line, so spread in the logarithms of both signs.
std::vector<double> first_points(const Line& line);

/// Of all columns of a distribution of shape S, where its density is and what its integral over each panel is. float64.
///
/// The density is looked at on the line x of its support, from a centre c with a scale s: x = c + s·sinh v. There a tail of any power falls
/// exponentially, and what is even within s is even in v.
///
///   1. `mode_search` from all over the range of float64 on: the highest maximum is c, up to 3 more are kept in mind;
///   2. `fall_search`: s is the nearer of the two distances at which log f has fallen by 1 nat;
///   3. `regrid`, from points round each maximum and points that are spread evenly in v: edges of panels, out to where f is e^−720 of its
///      maximum, or to v = ±346, x = c ± 1e150·s;
///   4. `split_panels` where f is not smooth; 16 points of Gauss & Legendre in each of 112 panels;
///   5. what lies beyond the last panels, if anything: a power law, of the exponent that f has there.
///
/// Positions are constants where a gradient is taken: by parameters it goes through the density at them.
class Table {
 public:
  explicit Table(const Distribution& distribution);

  LogDensity log_density;
  Line line;
  Shape columns;                 ///< S
  Node centre, scale, log_scale;  ///< {S…}
  Node edges;                    ///< of panels in v, {p + 1, S…}
  Node v, x, y;                  ///< {p, points, S…}
  Node log_f;                    ///< log density by v, there
  Node mass;                     ///< weight·f: the sum over panels and points is the integral
  Node below, above;             ///< mass on both sides of each edge, {p + 1, S…}, tails included
  Node total;                    ///< {S…}
  /// What lies beyond the first and last edge {2, S…}: the mass; the rate at which its log density falls with v, or, where the support has
  /// an end, with x; whether that is the same further in, as a power law's is; the edges; and the log density there, by v or by x.
  Node tail_mass, tail_rate, tail_is_power, tail_v, tail_log_f;

  Node v_of(Node x) const;
  Node x_of(Node v) const;
  Node offset(Node v) const;          ///< x − c
  Node log_slope(Node v) const;       ///< log ∂x/∂v
  Node log_f_of_x(Node x) const;      ///< log density by x; −∞ where it is NaN
  Node log_f_of_v(Node v) const;      ///< by v

  Node points_of(Node edges) const;                ///< {p + 1, S…} → {p, points, S…}
  Node mass_of(Node edges, Node log_f) const;      ///< weight·f there

  /// The mass, to divide an answer by: IntegrationError in a run unless it is 1 to 1e-5 and `answer` {S…} is no NaN.
  Node normaliser(Node answer, std::string_view what) const;

 private:
  void locate();
  void make_panels();
  void continue_tails();
};

}  // namespace loglik::numerical
