#include "ops/distributions/numerical/numerical.h"

#include <fmt/format.h>

#include "framework/error.h"
#include "framework/primitives.h"
#include "ops/distributions/numerical/continuous.h"
#include "ops/exponential.h"

namespace loglik::numerical {
namespace {

// Says why there is no numerical answer, if there is none.
void require(const Distribution& d, std::string_view answer) {
  const auto refuse = [&](std::string_view why) {
    throw ArgumentError(fmt::format("{} of the distribution \"{}\": it has none itself, nor any that this one follows from, and a numerical one {}",
                                    answer, d.name(), why));
  };
  if (d.event_rank() != 0) refuse(fmt::format("is of single numbers, this distribution is of event_rank {}", d.event_rank()));
  if (!d.support()) refuse("needs its support()");
  if (d.support()->is_simplex()) refuse("is of single numbers, this distribution is of rows");
  if (d.support()->is_integer()) refuse("needs a density, this distribution is of counts");
  if (!d.atoms().empty()) refuse("needs a density, this distribution has atoms");
}

Node narrowed(const Distribution& d, Node answer) {
  const DType dtype = LogDensity(d).type().dtype;
  return dtype == DType::float64 ? answer : cast(answer, dtype);
}

}  // namespace

Node mean(const Distribution& d) {
  require(d, "mean");
  return narrowed(d, Continuous(d).mean());
}

Node variance(const Distribution& d) {
  require(d, "variance");
  return narrowed(d, Continuous(d).variance());
}

Node entropy(const Distribution& d) {
  require(d, "entropy");
  return narrowed(d, Continuous(d).entropy());
}

Node cdf(const Distribution& d, Node y) {
  require(d, "cdf");
  const auto [mass, is_lower] = Continuous(d).side(y, "cdf");
  return narrowed(d, where(is_lower, mass, 1.0 - mass));
}

Node survival(const Distribution& d, Node y) {
  require(d, "survival");
  const auto [mass, is_lower] = Continuous(d).side(y, "survival");
  return narrowed(d, where(is_lower, 1.0 - mass, mass));
}

Node log_cdf(const Distribution& d, Node y) {
  require(d, "log_cdf");
  const auto [mass, is_lower] = Continuous(d).side(y, "log_cdf");
  return narrowed(d, where(is_lower, log(where(is_lower, mass, 1.0)), log1p(-where(is_lower, 0.0, mass))));
}

Node log_survival(const Distribution& d, Node y) {
  require(d, "log_survival");
  const auto [mass, is_lower] = Continuous(d).side(y, "log_survival");
  return narrowed(d, where(is_lower, log1p(-where(is_lower, mass, 0.0)), log(where(is_lower, 1.0, mass))));
}

Node quantile(const Distribution& d, Node p) {
  require(d, "quantile");
  return narrowed(d, Continuous(d).quantile(p));
}

Node crps(const Distribution& d, Node y) {
  require(d, "crps");
  return narrowed(d, Continuous(d).crps(y));
}

}  // namespace loglik::numerical
