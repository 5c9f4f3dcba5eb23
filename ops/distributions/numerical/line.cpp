#include "ops/distributions/numerical/line.h"

#include <fmt/format.h>

#include <cmath>

#include "framework/error.h"
#include "framework/primitives.h"
#include "ops/activations.h"
#include "ops/arithmetic.h"
#include "ops/exponential.h"

namespace loglik::numerical {
namespace {

constexpr double log_least = -708, log_most = 709, digits = 1e-13, least = 1e-307;

// How near to an end y can come, as a logarithm: anything at 0, where floating-point numbers lie close.
double nearest(double end, double width) { return end == 0 ? log_least : std::log(std::abs(end) / width * digits); }

}  // namespace

Line::Line(const Support& support) : lower_(support.lower()), upper_(support.upper()) {
  if (!(lower_ < upper_)) throw ArgumentError(fmt::format("the support {} is no interval", support.text()));
  if (std::isinf(lower_) && std::isinf(upper_)) {
    kind_ = Kind::all, first_ = -1e300, last_ = 1e300;
  } else if (std::isinf(upper_)) {
    kind_ = Kind::above, first_ = nearest(lower_, 1), last_ = log_most;
  } else if (std::isinf(lower_)) {
    kind_ = Kind::below, first_ = -log_most, last_ = -nearest(upper_, 1);
  } else {
    kind_ = Kind::between, first_ = nearest(lower_, upper_ - lower_), last_ = -nearest(upper_, upper_ - lower_);
  }
}

Node Line::y(Node x) const {
  switch (kind_) {
    case Kind::all: return x;
    case Kind::above: return lower_ + exp(x);
    case Kind::below: return upper_ - exp(-x);
    case Kind::between: break;
  }
  const double width = upper_ - lower_;
  return where(less(x, 0.0), lower_ + width * sigmoid(x), upper_ - width * sigmoid(-x));
}

Node Line::log_slope(Node x) const {
  switch (kind_) {
    case Kind::all: return 0.0 * x;
    case Kind::above: return x;
    case Kind::below: return -x;
    case Kind::between: break;
  }
  const Node a = abs(x);
  return std::log(upper_ - lower_) - a - 2.0 * log1p(exp(-a));
}

Node Line::x(Node y) const {
  switch (kind_) {
    case Kind::all: return y;
    case Kind::above: return log(maximum(y - lower_, least));
    case Kind::below: return -log(maximum(upper_ - y, least));
    case Kind::between: break;
  }
  return log(maximum(y - lower_, least)) - log(maximum(upper_ - y, least));
}

double Line::origin() const { return kind_ == Kind::all ? 0 : kind_ == Kind::below ? upper_ : lower_; }

Node Line::from_origin(Node x) const {
  switch (kind_) {
    case Kind::all: return x;
    case Kind::above: return exp(x);
    case Kind::below: return -exp(-x);
    case Kind::between: break;
  }
  return (upper_ - lower_) * sigmoid(x);
}

bool Line::is_heavy(int side) const { return std::isinf(side == 0 ? lower_ : upper_); }

double Line::fall(int side) const {
  switch (kind_) {
    case Kind::all: return -1;
    case Kind::above: return side == 0 ? 1 : -1;
    case Kind::below: return side == 0 ? -1 : 1;
    case Kind::between: break;
  }
  return 1;
}

}  // namespace loglik::numerical
