#pragma once
#include <string>

#include "framework/op.h"

namespace loglik::numerical {

// The steps of a numerical answer that need to look at values: where to put the next points, in which panel a number lies.
//
// All work on columns: an input {n, S…} holds for each element of S, the distribution's own shape, a column of n numbers. float32 and
// float64, evaluated in double; DtypeError for others, ShapeError for shapes that do not fit or columns of more than 4,096 numbers. None is
// differentiable: an integral does not depend on where its points are. A NaN log density counts as −∞.

/// The local maxima of a function, of which the next search is made. x ascending and log f {n, S…} → the next x {n, S…}: the two cells next
/// to each maximum, cut anew, evenly or, where the ratio of their ends is above 4, geometrically; and the lowest point between two maxima.
/// Its second output, {most, S…}, holds the maxima, the highest first, which is repeated where there are fewer. A maximum counts if log f
/// falls by 1 nat before it rises above it. Throws ArgumentError unless 1 ≤ most ≤ 16.
Node mode_search(Operand x, Operand log_f, std::int64_t most);

/// Where a function has fallen: distances d ascending and log f at them {n, S…}, the log of the top {1, S…} → {2, S…}, the last d above
/// top − fall and the first below; the last two d if it does not fall so far. Throws ArgumentError unless fall > 0.
Node fall_search(Operand d, Operand log_f, Operand top, double fall);

/// New points where they are needed: v, in any order, and log f {n, S…} → {count, S…}, ascending, from the first to the last point at
/// which log f is less than `depth` below its maximum, or their next neighbours. Many where log f is steep or bends, few where it is even;
/// the point that is nearest to 0 becomes 0 itself. A third of them evenly from `margin` before the first to `margin` after the last.
/// Throws ArgumentError unless count ≥ 2, depth > 0 and margin ≥ 0.
Node regrid(Operand v, Operand log_f, std::int64_t count, double depth, double margin = 0);

/// Panels cut where f is not smooth: edges {p + 1, S…} and log f at the Gauss–Legendre points of each {p·points, S…} → {count + 1, S…}, the
/// edges of `count` panels, the same and new ones within those panels whose last two Legendre coefficients are large against the smaller
/// of the masses from both ends. Throws ArgumentError if count < p.
Node split_panels(Operand edges, Operand log_f, std::int64_t count);

/// Which panel: edges {p + 1, S…} ascending, v {…, S…} → int32 in [0, p).
Node panel_index(Operand edges, Operand v);

/// x {n, S…}, index int32 {…, S…} → {…, S…}: of each column the numbers that the indices say. Differentiable. IndexError.
Node take_in_column(Operand x, Operand index);

/// Where the mass up to a point is p {…, S…}: edges {p + 1, S…}, log f {p·points, S…} at their Gauss–Legendre points, the mass below and
/// above each edge {p + 1, S…}. To some 1e-10 of a panel's width: log f is interpolated within. NaN outside [0, 1].
Node panel_quantile(Operand edges, Operand log_f, Operand below, Operand above, Operand p);

/// The mass {S…} itself, if it is 1 to within the tolerance, and if the answer, whose numbers are of its shape, is not NaN; else
/// IntegrationError: "numerical mean of "mine" at row 3: the mass that was found is 0.73, not 1: …". Gradient: of the mass.
Node checked_mass(Operand mass, Operand answer, std::string what, double tolerance);

/// Points and weights of Gauss & Legendre on [−1, 1], and the barycentric weights of interpolation between them.
struct GaussLegendre {
  static constexpr int points = 16;
  double x[points], weight[points], barycentric[points];
  double up_to[points][points];  ///< [j][k]: the integral up to xⱼ is Σₖ weightₖ·up_to[j][k]·f(xₖ), exact for polynomials of degree 15
  double last[2][points];  ///< what the last two Legendre coefficients are made of: (k + ½)·weight·Pₖ, k = 14, 15
};
const GaussLegendre& gauss_legendre();

void register_numerical_ops();  ///< called by register_builtin_ops

}  // namespace loglik::numerical
