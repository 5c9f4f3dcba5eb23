#include "ops/distributions/discretised.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "framework/error.h"
#include "framework/graph.h"
#include "framework/log_prob_type.h"
#include "framework/primitives.h"
#include "ops/arithmetic.h"
#include "ops/distributions/affine.h"
#include "ops/distributions/censoring.h"
#include "ops/distributions/tails.h"
#include "ops/exponential.h"
#include "ops/logical.h"
#include "ops/shape.h"

namespace loglik {
namespace {
constexpr std::string_view wrapper = "Discretised";

// Middles lie whole widths from here.
double origin(const Discretised& d) { return std::isfinite(d.lower) ? d.lower : std::isfinite(d.upper) ? d.upper : 0; }

// The distribution's tails once its bins are seen to be in order.
struct Bins {
  const Discretised& d;
  Tails tails;

  explicit Bins(const Discretised& discretised) : d(discretised), tails(d.base, wrapper) {
    const double width = d.width, lower = d.lower, upper = d.upper;
    if (!(width > 0) || !std::isfinite(width)) throw ArgumentError(fmt::format("{}: width is {}, must be finite and > 0", wrapper, width));
    const double count = (upper - lower) / width;
    if (!(lower < upper) || (std::isfinite(count) && std::abs(count - std::round(count)) > 1e-9 * count))
      throw ArgumentError(
          fmt::format("{}: lower = {} and upper = {} must be in order and whole widths of {} apart", wrapper, lower, upper, width));
    if (tails.is_discrete()) throw ArgumentError(fmt::format("{}: \"{}\" is discrete, needs a density", wrapper, d.base.name()));
    refuse_what_holds_censored(d.base, wrapper);
  }
  /// The upper end of the bin that is the last one with a middle up to y; of y that far off, ±∞.
  Node end(Node y) const { return d.middle(floor(d.number(y)) + 0.5); }
  /// The middle m of the bin that x falls into, m − width/2 < x ≤ m + width/2.
  Node around(Node x) const { return clamp(d.middle(-floor(0.5 - d.number(x))), d.lower, d.upper); }
};

}  // namespace

Node Discretised::log_prob(Node y) const {
  const Bins bins(*this);
  y = as_float(y);
  Node from = y - 0.5 * width, to = y + 0.5 * width;
  if (lower > -infinity) from = where(less_equal(y, lower), -infinity, from);
  if (upper < infinity) to = where(greater_equal(y, upper), infinity, to);
  const Node mass = bins.tails.log_between(from, to);
  // Far out, where the dtype's numbers are so far apart that a bin's ends are off by 1 % of the width: the density times the width.
  const double reach = std::max(std::abs(lower), std::abs(upper)), step = y.dtype() == DType::float32 ? 0x1p-23 : 0x1p-52;
  if (reach * step < 0.01 * width) return mass;
  const Node seen = to - from, coarse = logical_and(greater(abs(seen - width), 0.01 * width), less(seen, infinity));
  return where(coarse, log_prob_where(base, y, coarse) + std::log(width), mass);
}

Node Discretised::log_cdf(Node y) const {
  const Bins bins(*this);
  y = as_float(y);
  const Node inside = bins.tails.log_below(bins.end(y));
  return where(less(y, lower), -infinity, where(greater_equal(y, upper), 0.0, inside));
}

Node Discretised::log_survival(Node y) const {
  const Bins bins(*this);
  y = as_float(y);
  const Node inside = bins.tails.log_above(bins.end(y));
  return where(less(y, lower), 0.0, where(greater_equal(y, upper), -infinity, inside));
}

Node Discretised::cdf(Node y) const { return exp(log_cdf(y)); }
Node Discretised::survival(Node y) const { return exp(log_survival(y)); }

Node Discretised::quantile(Node p) const { return Bins(*this).around(base.quantile(p)); }

Node Discretised::median() const {
  Graph& graph = graph_of(base);
  return quantile(graph.constant(0.5, log_prob_type(base, graph).dtype));
}

Node Discretised::sample(std::string_view key) const {
  return Bins(*this).around(stop_gradient(base.sample(key)));
}

bool Discretised::is_whole() const { return width == 1 && origin(*this) == std::floor(origin(*this)); }

// (y − origin)/width, or the integer next to it where that is as near as rounding puts y = fl(middle): 0.3/0.1 = 2.9999999999999996.
Node Discretised::number(Node y) const {
  const double from = origin(*this);
  if (is_whole()) return from == 0 ? y : y - from;
  const Node exact = (from == 0 ? y : y - from) / width, nearest = floor(exact + 0.5);
  const double ulps = y.dtype() == DType::float32 ? 0x1p-21 : 0x1p-50;
  const Node off = ulps * (abs(exact) + (1 + std::abs(from) / width));
  return where(less_equal(abs(exact - nearest), minimum(off, 0.25)), nearest, exact);
}

Node Discretised::middle(Node number) const {
  const double from = origin(*this);
  const Node scaled = width == 1 ? number : width * number;
  return from == 0 ? scaled : scaled + from;
}

Discretised Discretised::in_widths() const {
  const double from = origin(*this);
  Graph& graph = graph_of(base);
  const Node start = graph.constant(-from / width, log_prob_type(base, graph).dtype);
  return {.base = Affine{.base = base, .loc = start, .scale = 1 / width},
          .lower = std::round((lower - from) / width),
          .upper = std::round((upper - from) / width)};
}

Support Discretised::support() const {
  const Bins bins(*this);
  return {lower, upper, lower == -infinity, upper == infinity, is_whole()};
}

std::string Discretised::certificate() const {
  return fmt::format("NLL = −log P(y − {0} < X ≤ y + {0}) of {1}", width == 1 ? "½" : fmt::format("{:g}", width / 2), base.name());
}

}  // namespace loglik
