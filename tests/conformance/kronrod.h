#pragma once
// The kit's own: Gauss and Kronrod's rule of 15 points.
#include <array>

namespace loglik::conformance {

/// The rule on [−1, 1]: Kronrod's 15 points, in order, and Gauss' 7 among them, whose weights are 0 at the others.
struct Kronrod {
  std::array<double, 15> at, weight, gauss;
  /// Row i: what the values at the points, interpolated, add up to from −1 to point i.
  std::array<std::array<double, 15>, 15> partial;
  Kronrod();
};
extern const Kronrod kronrod;

}  // namespace loglik::conformance
