#include "ops/distributions/numerical/numerical.h"

#include <fmt/format.h>

#include <cmath>
#include <limits>

#include "framework/error.h"
#include "framework/primitives.h"
#include "ops/distributions/numerical/continuous.h"
#include "ops/distributions/numerical/counts.h"
#include "ops/distributions/von_mises.h"
#include "ops/distributions/within_support.h"
#include "ops/exponential.h"
#include "ops/logical.h"

namespace loglik::numerical {
namespace {

// Why there is no numerical answer; "" if there is.
std::string why_not(const Distribution& d) {
  if (d.event_rank() != 0) return fmt::format("is of single numbers, this distribution is of event_rank {}", d.event_rank());
  if (!d.support()) return "needs its support()";
  if (d.support()->is_simplex()) return "is of single numbers, this distribution is of rows";
  if (d.support()->is_integer() && std::isinf(d.support()->lower())) return "needs a lowest number";
  if (!d.atoms().empty()) return "needs a density, this distribution has atoms";
  return "";
}

// Of what depends on how far numbers are apart.
void require_line(const Distribution& d, std::string_view answer) {
  if (d.support() && is_of_angles(*d.support()))
    throw ArgumentError(fmt::format("{} of the distribution \"{}\": is of a line, this distribution is of angles, and it would depend on where their "
                                    "circle is cut: see VonMises::mean_direction and circular_variance", answer, d.name()));
}

void require(const Distribution& d, std::string_view answer) {
  if (const std::string why = why_not(d); !why.empty())
    throw ArgumentError(fmt::format("{} of the distribution \"{}\": it has none itself, nor any that this one follows from, and a numerical one {}",
                                    answer, d.name(), why));
}

bool is_counts(const Distribution& d) { return d.support()->is_integer(); }

Node narrowed(const Distribution& d, Node answer) {
  const DType dtype = LogDensity(d).type().dtype;
  return dtype == DType::float64 ? answer : cast(answer, dtype);
}

// P(Y ≤ y) or P(Y > y), whichever is smaller and which.
Continuous::Side side(const Distribution& d, Node y, std::string_view what) {
  require(d, what);
  if (!is_counts(d)) return Continuous(d).side(y, what);
  const Counts counts(d);
  const Node lower = counts.mass(y, false, what), upper = counts.mass(y, true, what), is_lower = less(lower, upper);
  return {where(is_lower, lower, upper), is_lower};
}

// log P(Y ≤ y), or of Y > y: where that is the larger one, by what it lacks of 1.
Node log_tail(const Distribution& d, Node y, bool upper, std::string_view what) {
  require(d, what);
  const auto of = [&](const Continuous::Side& side, Node log_mass) {
    const Node is_small = upper ? logical_not(side.is_lower) : side.is_lower;
    return where(is_small, log_mass, log1p(-where(is_small, 0.0, side.mass)));
  };
  if (is_counts(d)) {
    const Continuous::Side small = side(d, y, what);
    const Node wanted = upper ? logical_not(small.is_lower) : small.is_lower;
    return of(small, log(where(wanted, small.mass, 1.0)));
  }
  const Continuous table(d);
  const Continuous::Side small = table.side(y, what);
  return of(small, table.log_mass(small, y));
}

}  // namespace

bool answers(const Distribution& d) { return why_not(d).empty(); }

Node mean(const Distribution& d) {
  require_line(d, "mean");
  require(d, "mean");
  return narrowed(d, is_counts(d) ? Counts(d).mean() : Continuous(d).mean());
}

Node variance(const Distribution& d) {
  require_line(d, "variance");
  require(d, "variance");
  return narrowed(d, is_counts(d) ? Counts(d).variance() : Continuous(d).variance());
}

Node mode(const Distribution& d) {
  require(d, "mode");
  return narrowed(d, is_counts(d) ? Counts(d).mode() : density_mode(d));
}

Node entropy(const Distribution& d) {
  require(d, "entropy");
  return narrowed(d, is_counts(d) ? Counts(d).entropy() : Continuous(d).entropy());
}

Node cdf(const Distribution& d, Node y) {
  const auto [mass, is_lower] = side(d, y, "cdf");
  return narrowed(d, where(is_lower, mass, 1.0 - mass));
}

Node survival(const Distribution& d, Node y) {
  const auto [mass, is_lower] = side(d, y, "survival");
  return narrowed(d, where(is_lower, 1.0 - mass, mass));
}

Node log_cdf(const Distribution& d, Node y) { return narrowed(d, log_tail(d, y, false, "log_cdf")); }
Node log_survival(const Distribution& d, Node y) { return narrowed(d, log_tail(d, y, true, "log_survival")); }

Node quantile(const Distribution& d, Node p) {
  require(d, "quantile");
  return narrowed(d, is_counts(d) ? Counts(d).quantile(p) : Continuous(d).quantile(p));
}

Node crps(const Distribution& d, Node y) {
  require_line(d, "crps");
  require(d, "crps");
  return narrowed(d, is_counts(d) ? Counts(d).crps(y) : Continuous(d).crps(y));
}

Node kl(const Distribution& p, const Distribution& q) {
  require(p, "kl");
  const LogDensity log_q(q);
  const auto within = [&](Node y) {
    const WithinSupport inside(q.support(), y);
    return inside.otherwise(log_q(inside.y()), -std::numeric_limits<double>::infinity(), -std::numeric_limits<double>::infinity());
  };
  return narrowed(p, is_counts(p) ? Counts(p).kl(within) : Continuous(p).kl(within));
}

}  // namespace loglik::numerical
