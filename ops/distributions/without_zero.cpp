#include "ops/distributions/without_zero.h"

#include <optional>

#include "framework/graph.h"
#include "framework/primitives.h"
#include "ops/activations.h"
#include "ops/arithmetic.h"
#include "ops/distributions/binomial.h"
#include "ops/distributions/negative_binomial.h"
#include "ops/distributions/poisson.h"
#include "ops/exponential.h"

namespace loglik {
namespace {

// Where the logs of means are held, in float64: below, the variance is as the mean.
constexpr double least_log = -300, largest_log = 300;

struct Parts {
  Node log_scale;  // of the mean, to a constant: log μ, or the logit of the binomial
  Node mu, t, q, q_and_one, rest;  // rest: r·(log(1 + q) − q), for t < 1 at least
};

Node held(Node log) { return clamp(cast(log, DType::float64), least_log, largest_log); }

std::optional<Parts> parts_of(const Distribution& d) {
  if (const auto* poisson = d.as<Poisson>()) {
    const Node mu = exp(held(poisson->log_rate)), none = mu.graph().constant(0.0, DType::float64);
    return Parts{poisson->log_rate, mu, mu, none, none + 1.0, none};
  }
  if (const auto* negative = d.as<NegativeBinomial>()) {
    const Node m = held(negative->log_mean), c = clamp(cast(negative->log_size, DType::float64), -85, 85);
    const Node size = exp(c), q = exp(m - c);
    return Parts{negative->log_mean, exp(m), size * softplus(m - c), q, 1.0 + q, size * log1pmx(q)};
  }
  if (const auto* binomial = d.as<Binomial>()) {
    const Node logit = held(binomial->logits), share = sigmoid(logit);
    const auto n = static_cast<double>(binomial->trials);
    return Parts{binomial->logits, n * share, n * softplus(logit), -share, sigmoid(-logit), -n * log1pmx(-minimum(share, 0.9))};
  }
  return {};
}

}  // namespace

Node variance_without_zero(const Distribution& counts) {
  const std::optional<Parts> parts = parts_of(counts);
  if (!parts) return {};
  const auto& [log_scale, mu, t, q, q_and_one, rest] = *parts;
  const Node small = less(t, 1.0), none = greater(t, 50.0);  // e^−50: no zeros
  const Node low = where(small, t, 1.0), high = where(small, 1.0, minimum(t, 50.0));
  const Node odds = expm1(low), from_rest = q + (where(small, rest, 0.0) - log1pmx(odds)) / odds;
  const Node bracket = where(small, from_rest, q_and_one - mu / expm1(high));
  const Node value = mul_exp(mu / -expm1(-minimum(t, 50.0)) * bracket, minimum(cast(log_scale, DType::float64) - least_log, 0.0));
  const Node of_base = counts.variance();
  return where(none, of_base, cast(value, of_base.dtype()));
}

}  // namespace loglik
