#include "ops/distributions/discretised.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "framework/error.h"
#include "framework/graph.h"
#include "framework/log_prob_type.h"
#include "framework/primitives.h"
#include "ops/arithmetic.h"
#include "ops/distributions/tails.h"
#include "ops/exponential.h"
#include "ops/logical.h"
#include "ops/shape.h"

namespace loglik {
namespace {
constexpr double infinity = Discretised::infinity;
constexpr std::string_view wrapper = "Discretised";

// The distribution's tails once its bins are seen to be in order, and the place of these.
struct Bins {
  Tails tails;
  double width, lower, upper, origin;

  explicit Bins(const Discretised& d) : tails(d.base, wrapper), width(d.width), lower(d.lower), upper(d.upper) {
    if (!(width > 0) || !std::isfinite(width)) throw ArgumentError(fmt::format("{}: width is {}, must be finite and > 0", wrapper, width));
    const double count = (upper - lower) / width;
    if (!(lower < upper) || (std::isfinite(count) && std::abs(count - std::round(count)) > 1e-9 * count))
      throw ArgumentError(
          fmt::format("{}: lower = {} and upper = {} must be in order and whole widths of {} apart", wrapper, lower, upper, width));
    if (tails.is_discrete()) throw ArgumentError(fmt::format("{}: \"{}\" is discrete, needs a density", wrapper, d.base.name()));
    origin = std::isfinite(lower) ? lower : std::isfinite(upper) ? upper : 0;
  }
  Node number(Node y) const {  // of y's bin, of those that begin at whole widths from the origin: 0 is the origin's
    const Node shifted = origin == 0 ? y : y - origin;
    return width == 1 ? shifted : shifted / width;
  }
  Node middle(Node number) const {
    const Node scaled = width == 1 ? number : width * number;
    return origin == 0 ? scaled : scaled + origin;
  }
  Node held(Node y) const { return clamp(y, lower, upper); }
  /// The upper end of the bin that is the last one with a middle up to y; of y that far off, ±∞.
  Node end(Node y) const { return middle(floor(number(y)) + 0.5); }
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

// The bin that x falls into: its middle m has m − width/2 < x ≤ m + width/2.
Node Discretised::quantile(Node p) const {
  const Bins bins(*this);
  return bins.held(bins.middle(-floor(0.5 - bins.number(base.quantile(p)))));
}

Node Discretised::median() const {
  Graph& graph = graph_of(base);
  return quantile(graph.constant(0.5, log_prob_type(base, graph).dtype));
}

Node Discretised::sample(std::string_view key) const {
  const Bins bins(*this);
  return bins.held(bins.middle(-floor(0.5 - bins.number(stop_gradient(base.sample(key))))));
}

Support Discretised::support() const {
  const Bins bins(*this);
  const bool whole = width == 1 && bins.origin == std::floor(bins.origin);
  return {lower, upper, lower == -infinity, upper == infinity, whole};
}

std::string Discretised::certificate() const {
  return fmt::format("NLL = −log P(y − {0} < X ≤ y + {0}) of {1}", width == 1 ? "½" : fmt::format("{:g}", width / 2), base.name());
}

}  // namespace loglik
