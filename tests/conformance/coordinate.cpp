#include "tests/conformance/coordinate.h"

#include <algorithm>
#include <cmath>

namespace loglik::conformance {
namespace {

constexpr double farthest = 690;  // e^690 and its inverse are far from the ends of float64

double logistic(double t) { return t >= 0 ? 1 / (1 + std::exp(-t)) : std::exp(t) / (1 + std::exp(t)); }

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

}  // namespace loglik::conformance
