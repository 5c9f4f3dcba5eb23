#include "ops/distributions/bernoulli.h"

#include <limits>

#include "framework/graph.h"
#include "framework/primitives.h"
#include "ops/activations.h"
#include "ops/arithmetic.h"
#include "ops/binary_cross_entropy.h"
#include "ops/deviances.h"
#include "ops/random.h"

namespace loglik {
namespace {

constexpr double infinite = std::numeric_limits<double>::infinity();

// What is so below 0, from there to below 1, and from 1 on.
Node step(Node y, double below, Node between, double from_one) { return where(less(y, 0.0), below, where(less(y, 1.0), between, from_one)); }

Node number(const Bernoulli& d, Node y) { return is_float(y.dtype()) ? y : cast(y, d.logits.dtype()); }

}  // namespace

Node Bernoulli::log_prob(Node y) const { return -binary_cross_entropy(logits, number(*this, y)); }

Node Bernoulli::mean() const { return sigmoid(logits); }
Node Bernoulli::mode() const { return cast(greater(logits, 0.0), logits.dtype()); }
Node Bernoulli::variance() const { return sigmoid(logits) * sigmoid(-logits); }

// Σ p·(−log p), each term of which is positive: nothing cancels.
Node Bernoulli::entropy() const { return sigmoid(logits) * softplus(-logits) + sigmoid(-logits) * softplus(logits); }

Node Bernoulli::cdf(Node y) const { return step(y, 0, sigmoid(-logits), 1); }
Node Bernoulli::survival(Node y) const { return step(y, 1, sigmoid(logits), 0); }
Node Bernoulli::log_cdf(Node y) const { return step(y, -infinite, -softplus(logits), 0); }
Node Bernoulli::log_survival(Node y) const { return step(y, 0, -softplus(-logits), -infinite); }
Node Bernoulli::quantile(Node p) const { return cast(greater(p, sigmoid(-logits)), logits.dtype()); }

Node Bernoulli::crps(Node y) const {
  const Node share = number(*this, y);
  return share * square(sigmoid(-logits)) + (1.0 - share) * square(sigmoid(logits));
}

// 2·(y·log(y/π) + (1 − y)·log((1 − y)/(1 − π))): Poisson's of ones and of zeros, whose y − π cancel.
Node Bernoulli::deviance(Node y) const {
  const Node share = number(*this, y);
  return 2.0 * (poisson_deviance(share, -softplus(-logits)) + poisson_deviance(1.0 - share, -softplus(logits)));
}

FisherInformation Bernoulli::fisher_information() const { return {{logits}, {variance()}}; }

Node Bernoulli::sample(std::string_view key) const {
  const Node u = random_uniform(logits.graph(), logits.shape(), {.dtype = DType::float64}).named(key);
  return cast(less(u, sigmoid(cast(logits, DType::float64))), logits.dtype());
}

Node Bernoulli::kl(const Bernoulli& other) const {
  const Node of_one = softplus(-other.logits) - softplus(-logits), of_zero = softplus(other.logits) - softplus(logits);
  return sigmoid(logits) * of_one + sigmoid(-logits) * of_zero;
}

std::string Bernoulli::certificate() const {
  return soft_targets ? "NLL = cross-entropy to a soft target, not a likelihood" : "NLL = binary cross-entropy";
}

}  // namespace loglik
