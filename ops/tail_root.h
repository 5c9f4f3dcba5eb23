#pragma once
#include <algorithm>
#include <cmath>
#include <limits>

namespace loglik::special {

/// Of a tail of a distribution as a function of w = log x: its logarithm, its derivative, and that derivative's own logarithmic derivative.
struct LogTail {
  long double value, slope, bend;
};

/// w with at(w).value = log_p, for a log tail that is concave and monotone in w, as it is where x has a log-concave density in w. Private.
///
/// By Newton's method accelerated to Halley's: from the side where the tail is below p Newton's steps approach the root without passing it,
/// and one step from the other side, held within 10, comes to that side; what is known to lie on either side brackets the rest.
template <class F>
long double solve_log_tail(long double log_p, long double w, F at) {
  constexpr long double infinite = std::numeric_limits<long double>::infinity();
  long double low = -infinite, high = infinite;
  for (int iteration = 0; iteration < 200; ++iteration) {
    const LogTail tail = at(w);
    const long double h = tail.value - log_p;
    const bool below = (h < 0) != std::signbit(tail.slope);  // is w below the root?
    (below ? low : high) = w;
    const long double newton = -h / tail.slope, halley = 1 + newton * tail.bend / 2;
    long double step = halley > 0.5L ? newton / halley : newton;
    if (!(std::abs(step) < 10)) step = below ? 10 : -10;
    const bool inside = w + step >= low && w + step <= high;  // at the root itself the step is 0
    if (!inside && std::isfinite(low) && std::isfinite(high)) step = low + (high - low) / 2 - w;
    w += step;
    // What a step of Halley's leaves is of the third order.
    if (std::abs(step) * std::max(1.0L, std::abs(tail.slope)) < 1e-6L || std::abs(step) < 4e-19L * std::abs(w)) break;
  }
  return w;
}

}  // namespace loglik::special
