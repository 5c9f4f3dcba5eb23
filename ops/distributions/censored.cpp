#include "ops/distributions/censored.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include "framework/graph.h"
#include "framework/leaves.h"
#include "framework/log_prob_type.h"
#include "framework/primitives.h"
#include "ops/arithmetic.h"
#include "ops/distributions/gaussian.h"
#include "ops/distributions/tails.h"
#include "ops/error_function.h"
#include "ops/exponential.h"
#include "ops/logical.h"

namespace loglik {
namespace {
constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr std::string_view wrapper = "Censored";

// E (Z − a)₊ and E (Z − a)₊² of a standard normal number: Φ(−a) times the moments of the excess, √2·r₁ and 4·r₁·r₂ at a/√2, where nothing
// cancels.
struct Excess {
  Node first, second;
  explicit Excess(Node a) {
    const Node x = std::numbers::sqrt2 / 2 * a, r1 = erfc_integral_ratio(1, x), half = 0.5 * erfc(x);
    first = std::numbers::sqrt2 * half * r1;
    second = 4.0 * half * r1 * erfc_integral_ratio(2, x);
  }
};

// σ and a limit, from which Y is |Y − limit| away, and that distance's mean and mean square in units of σ.
struct Distance {
  Node limit, log_sigma, first, second;
  double side;

  explicit Distance(const Censored& d) : side(d.lower ? 1 : -1) {
    const Gaussian& gaussian = *d.base.as<Gaussian>();
    log_sigma = gaussian.log_sigma();
    // Limits infinite or far off would cost digits: what lies this far out has no weight in the dtype.
    const Node reach = (log_sigma.dtype() == DType::float32 ? 5.5 : 9.0) * exp(log_sigma), mean = gaussian.mean();
    Node lower, upper;
    if (d.upper) upper = minimum(d.upper, (d.lower ? maximum(mean, d.lower) : mean) + reach);
    if (d.lower) lower = maximum(d.lower, (d.upper ? minimum(mean, d.upper) : mean) - reach);
    limit = lower ? lower : upper;
    const Node a = side * gaussian.z(limit);
    const Excess near(a);
    first = near.first;
    second = near.second;
    if (!lower || !upper) return;
    // (Z − a)₊ held at b − a is that less (Z − b)₊; its square, (Z − a)₊² − (Z − b)₊² − 2(b − a)(Z − b)₊.
    const Node b = gaussian.z(upper);
    const Excess far(b);
    first = first - far.first;
    second = second - far.second - 2.0 * (b - a) * far.first;
  }
};

// Of a constant limit the element that is nearest to `unknown`, −∞ or ∞; this itself of others.
double outermost(Node limit, double unknown) {
  const Tensor* value = limit ? constant_value(limit) : nullptr;
  if (value == nullptr || value->count() == 0) return unknown;
  double result = value->at(0);
  for (std::int64_t i = 1; i < value->count(); ++i) result = unknown < 0 ? std::min(result, value->at(i)) : std::max(result, value->at(i));
  return result;
}

}  // namespace

Node Censored::log_prob(Node y) const {
  const Tails tails(base, wrapper);
  y = as_float(y);
  Node between, value;
  const auto put = [&](Node limit, Node beyond, Node (Tails::*log_tail)(Node) const) {
    const Node at = where(beyond, limit, middle(base, y));
    value = value ? where(beyond, (tails.*log_tail)(at), value) : (tails.*log_tail)(at);
    between = between ? logical_and(between, logical_not(beyond)) : logical_not(beyond);
  };
  if (lower) put(lower, less_equal(y, lower), &Tails::log_below);
  if (upper) put(upper, greater_equal(y, upper), &Tails::log_at_least);
  return between ? where(between, log_prob_where(base, y, between), value) : base.log_prob(y);
}

Node Censored::log_cdf(Node y) const {
  y = as_float(y);
  Node value = Tails(base, wrapper).log_below(y);
  if (lower) value = where(less(y, lower), -infinity, value);
  return upper ? where(greater_equal(y, upper), 0.0, value) : value;
}

Node Censored::log_survival(Node y) const {
  y = as_float(y);
  Node value = Tails(base, wrapper).log_above(y);
  if (lower) value = where(less(y, lower), 0.0, value);
  return upper ? where(greater_equal(y, upper), -infinity, value) : value;
}

Node Censored::cdf(Node y) const { return exp(log_cdf(y)); }
Node Censored::survival(Node y) const { return exp(log_survival(y)); }

Node Censored::held(Node y) const {
  if (lower) y = maximum(y, lower);
  return upper ? minimum(y, upper) : y;
}

Node Censored::quantile(Node p) const { return held(base.quantile(p)); }
Node Censored::median() const {
  Graph& graph = graph_of(base);
  return quantile(graph.constant(0.5, log_prob_type(base, graph).dtype));
}
Node Censored::sample(std::string_view key) const { return held(base.sample(key)); }

bool Censored::is_gaussian() const { return base.as<Gaussian>() != nullptr && (lower || upper); }

Node Censored::mean() const {
  const Distance distance(*this);
  return distance.limit + distance.side * mul_exp(distance.first, distance.log_sigma);
}

Node Censored::variance() const {
  const Distance distance(*this);
  return mul_exp(distance.second - square(distance.first), 2.0 * distance.log_sigma);
}

std::optional<Support> Censored::support() const {
  const std::optional<Support> of_base = base.support();
  if (!of_base) return {};
  const bool integer = of_base->is_integer();
  const auto known = [integer](double limit, double unknown) { return integer && limit != std::floor(limit) ? unknown : limit; };
  const double least = known(outermost(lower, -infinity), -infinity), most = known(outermost(upper, infinity), infinity);
  if (most <= of_base->lower()) return Support(most, most, false, false, integer);  // all is beyond, and seen at the limit
  if (least >= of_base->upper()) return Support(least, least, false, false, integer);
  const bool cut_below = least > of_base->lower(), cut_above = most < of_base->upper();
  return Support(cut_below ? least : of_base->lower(), cut_above ? most : of_base->upper(), !cut_below && of_base->lower_is_open(),
                 !cut_above && of_base->upper_is_open(), integer);
}

std::string Censored::advice(double y) const {
  const std::optional<Support> of_base = base.support();
  return of_base && of_base->contains(y) ? "move targets beyond a limit to it, as what is censored" : base.advice(y);
}

std::vector<Node> Censored::atoms() const {
  if (Tails(base, wrapper).is_discrete()) return {};
  std::vector<Node> atoms = base.atoms();
  for (const Node limit : {lower, upper})
    if (limit) atoms.push_back(limit);
  return atoms;
}

std::string Censored::certificate() const {
  const char* tails = lower && upper ? "−log P(X ≤ lower) and −log P(X ≥ upper)" : lower ? "−log P(X ≤ lower)" : "−log P(X ≥ upper)";
  if (!lower && !upper) return fmt::format("NLL = that of {}", base.name());
  return fmt::format("NLL = that of {}, at the limit{} {}", base.name(), lower && upper ? "s" : "", tails);
}

}  // namespace loglik
