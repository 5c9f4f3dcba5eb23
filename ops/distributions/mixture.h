#pragma once
#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "framework/distribution.h"
#include "ops/distributions/advice.h"

namespace loglik {

/// Mixture of K distributions: component k with probability π_k = softmax(logits)_k, of one family or of several:
///
///     log p(y) = log Σₖ π_k·p_k(y)  nats;    ∂ log p/∂logits_k = r_k − π_k,  ∂ log p/∂ log p_k = r_k
///
/// with r_k = π_k·p_k(y)/p(y), the responsibilities. With network outputs for parameters: a mixture density network.
///
///     Mixture{.logits = dense(h, {.units = 2}), .components = {Gaussian{…}, Laplace{…}}}
///
/// A component that can't have made y, because y lies outside its support or its density underflows there, has r_k = 0 and takes no part in
/// value or gradient: nothing is NaN as long as its density is not 0 at its own median (else, in the middle of its support). Where no
/// component can have made y, log p is −∞ with a gradient of 0. Components may have points of positive probability: at those of one, the
/// others' densities count as 0.
///
/// Shapes: logits {…, K}; the components' answers broadcast with {…}, and y with both; one K-sided choice for each {…}. The components all
/// have the same event rank, and all densities or all probabilities of integers.
///
/// The cdf, survival and their logs are there if all components have them all, mean and variance likewise; quantile with all of cdf,
/// survival and quantile; crps if all are Gaussian. There is no closed form of the mode, median or entropy.
/// Methods throw ShapeError unless logits have K for their last axis, ArgumentError without components or for such as do not go together,
/// and for a Discretised of fractions (take that of the Mixture).
/// Source: Bishop 1994, Mixture density networks, NCRG/94/004; CRPS: Grimit et al. 2006, doi:10.1256/qj.05.235.
struct Mixture {
  Node logits;
  std::vector<Distribution> components;

  std::string name() const;  ///< "mixture of 3 gaussian", "mixture of 2 gaussian and 1 laplace"
  std::size_t event_rank() const { return components.empty() ? 0 : components.front().event_rank(); }
  template <class Answer>
  bool has() const {
    if constexpr (std::same_as<Answer, Variance>)
      return all<Mean>() && all<Variance>();
    else if constexpr (std::same_as<Answer, LogCdf> || std::same_as<Answer, LogSurvival>)
      return all<Cdf>() && all<Survival>() && all<Answer>();
    else if constexpr (std::same_as<Answer, Quantile>)
      return all<Cdf>() && all<Survival>() && all<Quantile>();
    else if constexpr (std::same_as<Answer, Crps>)
      return is_gaussian();
    else if constexpr (std::same_as<Answer, Sample>)
      return std::ranges::all_of(components, [](const Distribution& d) { return d.has_sample(); });
    else
      return all<Answer>();
  }

  Node log_prob(Node y) const;
  Node responsibilities(Node y) const;  ///< r {…, K}: of each component, given y; 0 where none can have made y
  Node weights() const;                 ///< π {…, K}
  Node mean() const;
  Node variance() const;  ///< Σ π_k·(σ_k² + (μ_k − μ)²): nothing cancels
  Node cdf(Node y) const;
  Node survival(Node y) const;
  Node log_cdf(Node y) const;       ///< to full relative precision in both tails, if the components' answers are
  Node log_survival(Node y) const;  ///< likewise
  /// The root of the cdf between the components' quantiles, found by cutting that range into 16 parts again and again: 8 times in float32,
  /// 15 times in float64, so to 2⁻³² or 2⁻⁶⁰ of it, and one step of Newton's method. Of integers: exact, for ranges below 2²⁴ or 2⁵³.
  /// Differentiable once, by the implicit function theorem; not of integers.
  Node quantile(Node p) const;
  Node crps(Node y) const;
  /// Component by the largest of logits + Gumbel noise, then its draw. Differentiable by the parameters of the component that was chosen,
  /// where that is reparameterised, but not by the choice: the gradient by the logits is 0. Throws ShapeError for a component whose draws
  /// are smaller than the mixture's: stretched, they would not be independent.
  Node sample(std::string_view key) const;
  std::optional<Support> support() const;    ///< the hull of the components' supports; none if one has none
  std::optional<TensorType> target() const;  ///< the components', if they agree
  std::vector<Node> atoms() const;           ///< of all components
  std::string advice(double y) const { return advice_for(support(), y); }
  std::string certificate() const;

  bool is_gaussian() const;  ///< is every component a Gaussian?

 private:
  template <class Answer>
  bool all() const {
    return std::ranges::all_of(components, [](const Distribution& d) { return d.has<Answer>(); });
  }
};

}  // namespace loglik
