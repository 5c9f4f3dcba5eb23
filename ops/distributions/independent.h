#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "framework/distribution.h"

namespace loglik {

/// Several values as one observation: the last `event_rank` axes of the base's answers are a vector (matrix, …) of independent elements.
///
///     log p(y) = Σᵢ log p_base(yᵢ)  nats, over those axes
///
/// What a mixture of vectors is made of: Mixture{.logits = {batch, K}, .components = K × Independent{Gaussian{.loc = {batch, 3}}}} has one
/// component for all three values of a sample, where a mixture of the Gaussians themselves has one for each value.
///
/// Shapes: y {…, e₁ … eₙ}, log_prob {…}; mean, mode, median and variance are elementwise {…, e₁ … eₙ}, entropy and kl summed {…}. A vector
/// has no cdf, so no quantile either. Which answers there are is as the base says.
/// Methods throw ShapeError for a base whose answers have fewer axes.
struct Independent {
  Distribution base;
  std::size_t axes = 1;  ///< how many of the last axes are one observation, besides those that the base already takes as one

  std::string name() const;                                            ///< "independent(gaussian)"
  std::size_t event_rank() const { return base.event_rank() + axes; }  ///< of one observation
  template <class Answer>
  bool has() const {
    if constexpr (std::same_as<Answer, Sample>)
      return base.has_sample();
    else
      return base.has<Answer>();
  }

  Node log_prob(Node y) const;
  Node mean() const { return base.mean(); }
  Node mode() const { return base.mode(); }
  Node median() const { return base.median(); }      ///< of each element
  Node variance() const { return base.variance(); }  ///< of each element
  Node entropy() const;
  Node sample(std::string_view key) const { return base.sample(key); }
  Node kl(const Independent& other) const;
  bool has_kl(const Independent& other) const { return axes == other.axes && base.has_kl(other.base); }
  std::optional<Support> support() const { return base.support(); }  ///< of each element
  /// The base's, else that of its mean, median or mode; none if it has none of them: then a head is given its target.
  std::optional<TensorType> target() const;
  std::string certificate() const;
  std::string advice(double y) const { return base.advice(y); }
};

}  // namespace loglik
