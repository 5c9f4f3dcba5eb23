#pragma once
// The kit's own: the line on which densities are integrated.
#include "framework/support.h"

namespace loglik::conformance {

/// How a real t becomes a target: t itself, or what lies above, below or between finite edges. t = middle + width·sinh(s).
struct Coordinate {
  double lower, upper;  ///< of the support
  double middle = 0, width = 1;
  double low, high;  ///< of t: as far as floating point can follow

  explicit Coordinate(const Support& support);
  double y(double t) const;
  double log_slope(double t) const;  ///< log dy/dt
  double t(double y) const;
  double s(double y) const;
};

}  // namespace loglik::conformance
