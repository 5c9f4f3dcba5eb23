#include "ops/distributions/bernoulli.h"

#include "framework/graph.h"
#include "framework/primitives.h"
#include "ops/activations.h"
#include "ops/binary_cross_entropy.h"
#include "ops/random.h"

namespace loglik {

Node Bernoulli::log_prob(Node y) const { return -binary_cross_entropy(logits, is_float(y.dtype()) ? y : cast(y, logits.dtype())); }

Node Bernoulli::mean() const { return sigmoid(logits); }
Node Bernoulli::mode() const { return cast(greater(logits, 0.0), logits.dtype()); }
Node Bernoulli::variance() const { return sigmoid(logits) * sigmoid(-logits); }

// Σ p·(−log p), each term of which is positive: nothing cancels.
Node Bernoulli::entropy() const { return sigmoid(logits) * softplus(-logits) + sigmoid(-logits) * softplus(logits); }

Node Bernoulli::cdf(Node y) const { return where(less(y, 0.0), 0.0, where(less(y, 1.0), sigmoid(-logits), 1.0)); }
Node Bernoulli::survival(Node y) const { return where(less(y, 0.0), 1.0, where(less(y, 1.0), sigmoid(logits), 0.0)); }
Node Bernoulli::quantile(Node p) const { return cast(greater(p, sigmoid(-logits)), logits.dtype()); }

Node Bernoulli::sample(std::string_view key) const {
  const Node u = random_uniform(logits.graph(), logits.shape(), {.dtype = logits.dtype()}).named(key);
  return cast(less(u, sigmoid(logits)), logits.dtype());
}

Node Bernoulli::kl(const Bernoulli& other) const {
  const Node of_one = softplus(-other.logits) - softplus(-logits), of_zero = softplus(other.logits) - softplus(logits);
  return sigmoid(logits) * of_one + sigmoid(-logits) * of_zero;
}

std::string Bernoulli::certificate() const {
  return soft_targets ? "NLL = cross-entropy to a soft target, not a likelihood" : "NLL = binary cross-entropy";
}

}  // namespace loglik
