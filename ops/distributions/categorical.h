#pragma once
#include <concepts>
#include <string>
#include <string_view>

#include "framework/node.h"
#include "framework/distribution.h"

namespace loglik {

/// Categorical: one of n classes, y in {0, …, n − 1}, from logits {…, n}:
///
///     −log p(y) = log Σⱼ e^ℓⱼ − ℓ_y  nats, cross-entropy;    ∂/∂ℓ = softmax(ℓ) − one_hot(y)
///
/// Shapes: logits {…, n} with a constant n; y {…}, int32 or uint8, whose axes broadcast with the logits' leading ones. Classes have no
/// order: there is no mean, variance, cdf or quantile.
///
///     Categorical{.logits = l, .label_noise = 0.1}      a label is replaced by any class at random with probability ε = 0.1: a likelihood,
///                                                       p(y) = (1 − ε)·softmax_y + ε/n, and all answers are those of what is observed
///     Categorical{.logits = l, .label_smoothing = 0.1}  cross-entropy to (1 − ε)·one_hot(y) + ε/n: not a likelihood of y but the mean NLL
///                                                       of labels so replaced; over all y, e^−loss adds up to at most 1
///     Categorical{.logits = l, .soft_targets = true}    y {…, n} are shares of the classes: cross-entropy −Σⱼ yⱼ·log pⱼ, no likelihood
///
/// Methods throw ShapeError for logits that are a scalar or whose last axis has no constant size of at least 1, ArgumentError unless label_noise
/// and label_smoothing lie in [0, 1). A label outside is a SupportError of a head, before training, and an IndexError of log_prob.
/// Source: Bishop 2006, Pattern Recognition and Machine Learning, section 4.3.4; label smoothing: Szegedy et al. 2016, arXiv:1512.00567, 7.
struct Categorical {
  static constexpr std::string_view name = "categorical";

  Node logits;
  bool soft_targets = false;
  double label_smoothing = 0;  ///< ε in [0, 1)
  double label_noise = 0;      ///< ε in [0, 1)

  Node log_prob(Node y) const;
  Node log_probabilities() const;  ///< {…, n}, of what is observed
  Node mode() const;               ///< int32 {…}: the most probable class, the first of those that tie
  Node probabilities() const;      ///< {…, n}
  Node entropy() const;
  Node sample(std::string_view key) const;  ///< int32 {…}, by the largest of ℓ + Gumbel noise; not differentiable
  Node kl(const Categorical& other) const;
  Support support() const;
  std::string advice(double y) const;
  TensorType target() const;  ///< int32 {…}, or with soft targets floats like the logits
  std::string certificate() const;
  std::size_t event_rank() const { return soft_targets ? 1 : 0; }
  /// A draw is a label, which is no soft target.
  template <class Answer> bool has() const { return !(soft_targets && std::same_as<Answer, Sample>); }

  std::int64_t classes() const;  ///< n
};

}  // namespace loglik
