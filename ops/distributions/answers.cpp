#include "ops/distributions/answers.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "framework/error.h"
#include "framework/graph.h"
#include "framework/log_prob_type.h"
#include "framework/primitives.h"
#include "ops/arithmetic.h"
#include "ops/distributions/discretised.h"
#include "ops/distributions/numerical/log_density.h"
#include "ops/distributions/numerical/numerical.h"
#include "ops/exponential.h"
#include "ops/random.h"

namespace loglik {
namespace {

// A number that is a p of d, of the dtype that its log_prob has, whatever that of its targets.
Node level_of(const Distribution& d, double p) {
  return graph_of(d).constant(p, numerical::LogDensity(d).type().dtype);
}

// A draw that rounding has put on an end that is not of the support, beside it.
Node within_open_ends(const Distribution& d, Node x) {
  if (!d.support() || d.support()->is_integer()) return x;
  const bool single = x.dtype() == DType::float32;
  const auto beside = [&](double end, double other) {
    if (end == 0) return std::copysign(single ? std::numeric_limits<float>::min() : std::numeric_limits<double>::min(), other);
    return single ? std::nextafter(static_cast<float>(end), static_cast<float>(other)) : std::nextafter(end, other);
  };
  const double lower = d.support()->lower(), upper = d.support()->upper();
  if (d.support()->lower_is_open()) x = maximum(x, beside(lower, upper));
  return d.support()->upper_is_open() ? minimum(x, beside(upper, lower)) : x;
}

// Discretised to other middles than integers: what is a sum over its bins is asked of their numbers.
const Discretised* by_number(const Distribution& d) {
  const auto* bins = d.as<Discretised>();
  return bins != nullptr && !bins->is_whole() ? bins : nullptr;
}

}  // namespace

Node mean(const Distribution& d) {
  if (d.has<Mean>()) return d.mean();
  if (const auto* bins = by_number(d)) return bins->middle(numerical::mean(bins->in_widths()));
  return numerical::mean(d);
}

Node variance(const Distribution& d) {
  if (d.has<Variance>()) return d.variance();
  if (const auto* bins = by_number(d)) return bins->width * bins->width * numerical::variance(bins->in_widths());
  return numerical::variance(d);
}

Node median(const Distribution& d) {
  if (d.has<Median>()) return d.median();
  return quantile(d, level_of(d, 0.5));
}

Node mode(const Distribution& d) {
  if (d.has<Mode>()) return d.mode();
  if (const auto* bins = by_number(d)) return bins->middle(numerical::mode(bins->in_widths()));
  return numerical::mode(d);
}

Node entropy(const Distribution& d) {
  if (d.has<Entropy>()) return d.entropy();
  if (const auto* bins = by_number(d)) return numerical::entropy(bins->in_widths());
  return numerical::entropy(d);
}

Node cdf(const Distribution& d, Node y) {
  if (d.has<Cdf>()) return d.cdf(y);
  if (d.has<LogCdf>()) return exp(d.log_cdf(y));
  if (d.has<Survival>()) return 1.0 - d.survival(y);
  if (d.has<LogSurvival>()) return -expm1(d.log_survival(y));
  return numerical::cdf(d, y);
}

Node survival(const Distribution& d, Node y) {
  if (d.has<Survival>()) return d.survival(y);
  if (d.has<LogSurvival>()) return exp(d.log_survival(y));
  if (d.has<Cdf>()) return 1.0 - d.cdf(y);
  if (d.has<LogCdf>()) return -expm1(d.log_cdf(y));
  return numerical::survival(d, y);
}

Node log_cdf(const Distribution& d, Node y) {
  if (d.has<LogCdf>()) return d.log_cdf(y);
  if (d.has<LogSurvival>() && !d.has<Cdf>()) return log1mexp(-d.log_survival(y));
  if (!d.has<Cdf>() && !d.has<Survival>()) return numerical::log_cdf(d, y);
  const Node lower = cdf(d, y);
  if (!d.has<Survival>()) return log(lower);
  const Node small = less(lower, 0.5);  // each logarithm where it is precise, and fed with what it can take elsewhere
  return where(small, log(where(small, lower, 1.0)), log1p(-where(small, 0.0, d.survival(y))));
}

Node log_survival(const Distribution& d, Node y) {
  if (d.has<LogSurvival>()) return d.log_survival(y);
  if (d.has<LogCdf>() && !d.has<Survival>()) return log1mexp(-d.log_cdf(y));
  if (!d.has<Cdf>() && !d.has<Survival>()) return numerical::log_survival(d, y);
  const Node upper = survival(d, y);
  if (!d.has<Cdf>()) return log(upper);
  const Node small = less(upper, 0.5);
  return where(small, log(where(small, upper, 1.0)), log1p(-where(small, 0.0, d.cdf(y))));
}

Node quantile(const Distribution& d, Node p) {
  if (d.has<Quantile>()) return d.quantile(p);
  return numerical::quantile(d, p);
}

Node crps(const Distribution& d, Node y) {
  if (d.has<Crps>()) return d.crps(y);
  if (const auto* bins = by_number(d)) return bins->width * numerical::crps(bins->in_widths(), bins->number(y));
  return numerical::crps(d, y);
}

Node sample(const Distribution& d, std::string_view key) {
  if (d.has_sample()) return d.sample(key);
  Graph& graph = graph_of(d);
  const TensorType type = log_prob_type(d, graph);
  // Of 53 bits, whose 0 becomes half their smallest step. An own quantile may take float32 alone, whose upper tail ends at 2⁻²⁴, before 1.
  const Node u = maximum(random_uniform(graph, type.shape, {.dtype = DType::float64}).named(key), 0x1p-54);
  if (!d.has<Quantile>()) return within_open_ends(d, numerical::quantile(d, u));
  return d.quantile(type.dtype == DType::float32 ? minimum(cast(u, DType::float32), 1 - 0x1p-24) : u);
}

std::pair<Node, Node> central_interval(const Distribution& d, double level) {
  if (!(level > 0 && level < 1)) throw ArgumentError(fmt::format("central_interval: level is {}, must be in (0, 1)", level));
  return {quantile(d, level_of(d, 0.5 * (1 - level))), quantile(d, level_of(d, 0.5 * (1 + level)))};
}

}  // namespace loglik
