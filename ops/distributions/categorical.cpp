#include "ops/distributions/categorical.h"

#include <fmt/format.h>

#include <cmath>

#include "framework/error.h"
#include "framework/graph.h"
#include "framework/primitives.h"
#include "ops/argmax.h"
#include "ops/distributions/advice.h"
#include "ops/distributions/classes.h"
#include "ops/exponential.h"
#include "ops/gather.h"
#include "ops/random.h"
#include "ops/softmax.h"

namespace loglik {

namespace {

void require_share(std::string_view what, double share) {
  if (!(share >= 0 && share < 1)) throw ArgumentError(fmt::format("Categorical: {} = {}, must lie in [0, 1)", what, share));
}

}  // namespace

// log p of labels of which a share ε is replaced: log((1 − ε)·softmax + ε/n), where either term may be far below the other.
Node Categorical::log_probabilities() const {
  const auto n = static_cast<double>(classes());
  require_share("label_noise", label_noise);
  const Node log_p = log_softmax(logits);
  return label_noise == 0 ? log_p : logaddexp(log_p + std::log1p(-label_noise), std::log(label_noise / n));
}

// With smoothing Σⱼ ((1 − ε)·yⱼ + ε/n)·log pⱼ, for labels as for shares.
Node Categorical::log_prob(Node y) const {
  const auto n = static_cast<double>(classes());
  require_share("label_smoothing", label_smoothing);
  const Node log_p = log_probabilities();
  const Node of_y = soft_targets ? reduce_sum(y * log_p, {-1}) : take_along_last(log_p, y.dtype() == DType::uint8 ? cast(y, DType::int32) : y);
  return label_smoothing == 0 ? of_y : (1 - label_smoothing) * of_y + label_smoothing / n * reduce_sum(log_p, {-1});
}

Node Categorical::mode() const { return argmax(logits, -1); }
Node Categorical::probabilities() const { return label_noise == 0 ? softmax(logits) : exp(log_probabilities()); }

Node Categorical::entropy() const { return entropy_of_classes(log_probabilities()); }

// Noise −log(−log u) in float64, whatever the logits: in float32 it would end at 16.6, and classes of probability below 1e-7 would never
// come.
Node Categorical::sample(std::string_view key) const {
  const Node u = random_uniform(logits.graph(), logits.shape(), {.dtype = DType::float64}).named(key);
  return argmax(cast(label_noise == 0 ? logits : log_probabilities(), DType::float64) - log(-log(u)), -1);
}

Node Categorical::kl(const Categorical& other) const { return kl_of_classes(log_probabilities(), other.log_probabilities()); }

Support Categorical::support() const { return soft_targets ? Support::closed_simplex : Support::below(classes()); }
std::string Categorical::advice(double y) const { return soft_targets ? "" : advice_for_label(classes(), y); }
TensorType Categorical::target() const {
  classes();
  if (soft_targets) return logits.type();
  return {DType::int32, logits.shape().slice(0, logits.shape().rank() - 1)};
}
std::string Categorical::certificate() const {
  const auto n = static_cast<double>(classes());
  std::string text = soft_targets ? "NLL = cross-entropy to soft targets" : "NLL = cross-entropy";
  if (label_noise > 0) text += fmt::format(" with p = {:.6g}·softmax + {:.6g}, of labels replaced at random with probability {:.6g}", 1 - label_noise, label_noise / n, label_noise);
  if (label_smoothing > 0) text += fmt::format(" to {:.6g}·y + {:.6g}, smoothed", 1 - label_smoothing, label_smoothing / n);
  return soft_targets || label_smoothing > 0 ? text + ": not a likelihood" : text;
}

std::int64_t Categorical::classes() const {
  const Shape& shape = logits.shape();
  if (shape.rank() == 0 || !shape.back().is_constant() || shape.back().constant() < 1)
    throw ShapeError(
        fmt::format("Categorical: logits have shape {}, need a last axis of constant size, one for each class", to_string(shape)));
  return shape.back().constant();
}

}  // namespace loglik
