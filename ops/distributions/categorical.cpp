#include "ops/distributions/categorical.h"

#include <fmt/format.h>

#include <cmath>

#include "framework/error.h"
#include "framework/graph.h"
#include "framework/primitives.h"
#include "ops/argmax.h"
#include "ops/exponential.h"
#include "ops/gather.h"
#include "ops/random.h"
#include "ops/softmax.h"

namespace loglik {

Node Categorical::log_prob(Node y) const {
  classes();
  return take_along_last(log_softmax(logits), y.dtype() == DType::uint8 ? cast(y, DType::int32) : y);
}

Node Categorical::mode() const { return argmax(logits, -1); }
Node Categorical::probabilities() const { return softmax(logits); }

Node Categorical::entropy() const {
  const Node log_p = log_softmax(logits);
  return -reduce_sum(exp(log_p) * log_p, {-1});
}

// Noise −log(−log u) in float64, whatever the logits: in float32 it would end at 16.6, and classes of probability below 1e-7 would never
// come.
Node Categorical::sample(std::string_view key) const {
  const Node u = random_uniform(logits.graph(), logits.shape(), {.dtype = DType::float64}).named(key);
  return argmax(cast(logits, DType::float64) - log(-log(u)), -1);
}

Node Categorical::kl(const Categorical& other) const {
  const Node log_p = log_softmax(logits);
  return reduce_sum(exp(log_p) * (log_p - log_softmax(other.logits)), {-1});
}

Support Categorical::support() const { return Support::below(classes()); }
std::string Categorical::advice(double y) const {
  return y >= static_cast<double>(classes()) && y == std::floor(y) ? fmt::format("use {} logits or more, or number the labels from 0", y + 1) : "";
}
TensorType Categorical::target() const {
  classes();
  return {DType::int32, logits.shape().slice(0, logits.shape().rank() - 1)};
}
std::string Categorical::certificate() const { return "NLL = cross-entropy"; }

std::int64_t Categorical::classes() const {
  const Shape& shape = logits.shape();
  if (shape.rank() == 0 || !shape.back().is_constant() || shape.back().constant() < 1)
    throw ShapeError(
        fmt::format("Categorical: logits have shape {}, need a last axis of constant size, one for each class", to_string(shape)));
  return shape.back().constant();
}

}  // namespace loglik
