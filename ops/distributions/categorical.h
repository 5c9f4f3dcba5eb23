#pragma once
#include <string>
#include <string_view>

#include "framework/node.h"
#include "framework/support.h"

namespace loglik {

/// Categorical: one of n classes, y in {0, …, n − 1}, from logits {…, n}:
///
///     −log p(y) = log Σⱼ e^ℓⱼ − ℓ_y  nats, cross-entropy;    ∂/∂ℓ = softmax(ℓ) − one_hot(y)
///
/// Shapes: logits {…, n} with a constant n; y {…}, int32 or uint8, whose axes broadcast with the logits' leading ones. Classes have no
/// order: there is no mean, variance, cdf or quantile.
///
/// Methods throw ShapeError for logits that are a scalar or whose last axis has no constant size of at least 1. A label outside is a
/// SupportError of a head, before training, and an IndexError of log_prob.
/// Source: Bishop 2006, Pattern Recognition and Machine Learning, section 4.3.4.
struct Categorical {
  static constexpr std::string_view name = "categorical";

  Node logits;

  Node log_prob(Node y) const;
  Node mode() const;           ///< int32 {…}: the most probable class, the first of those that tie
  Node probabilities() const;  ///< {…, n}
  Node entropy() const;
  Node sample(std::string_view key) const;  ///< int32 {…}, by the largest of ℓ + Gumbel noise; not differentiable
  Node kl(const Categorical& other) const;
  Support support() const;
  std::string advice(double y) const;
  TensorType target() const;  ///< int32 {…}
  std::string certificate() const;

  std::int64_t classes() const;  ///< n
};

}  // namespace loglik
