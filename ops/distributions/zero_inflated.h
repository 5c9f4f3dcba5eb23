#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "framework/distribution.h"

namespace loglik {

/// Zeros beyond what a distribution has of its own: 0 with probability π = sigmoid(logits), else a draw of the base.
///
///     P(0) = π + (1 − π)·p_base(0),  p(y) = (1 − π)·p_base(y) elsewhere
///
/// With R = π/P(0), the probability that a zero is one of the additional ones: ∂(−log P(0))/∂logits = π − R, and the base's parameters get
/// 1 − R of its gradient. Where the base has a density, 0 is a point of positive probability, P(0) = π, and the two parts are learned
/// apart.
///
///     ZeroInflated{.base = Poisson{.log_rate = dense(h, {.units = 1})}, .logits = dense(h, {.units = 1})}    many who never fish
///     ZeroInflated{.base = Gamma{…}, .logits = …}                                                         rain: dry, or an amount
///
/// To learn the zeros apart from counts as well: Hurdle. Which answers there are depends on the base: mean and variance (of which it needs
/// both), cdf, survival and logs, quantile, median, sample; mode of counts; entropy and kl where it has a density.
///
/// Shapes: logits broadcast with the base's answers. Draws are differentiable as the base's, not by logits; they throw ShapeError if the
/// base's draws are smaller than logits, and would have to be repeated. Methods throw ArgumentError for a base of rows, or of steps that are not integers.
/// Source: Lambert 1992, doi:10.2307/1269547.
struct ZeroInflated {
  Distribution base;
  Node logits;

  Node log_prob(Node y) const;
  Node mean() const;
  Node variance() const;
  Node mode() const;
  Node median() const;
  Node entropy() const;
  Node cdf(Node y) const;
  Node survival(Node y) const;
  Node log_cdf(Node y) const;
  Node log_survival(Node y) const;
  Node quantile(Node p) const;
  Node sample(std::string_view key) const;
  Node kl(const ZeroInflated& other) const;
  bool has_kl(const ZeroInflated& other) const { return !is_discrete() && base.atoms().empty() && base.has_kl(other.base); }
  std::optional<Support> support() const;
  std::string advice(double y) const;
  std::vector<Node> atoms() const;
  std::string name() const { return "zero-inflated " + base.name(); }
  std::string certificate() const;

  bool is_discrete() const { return base.support() && base.support()->is_integer(); }

  template <class Answer>
  bool has() const {
    if constexpr (std::same_as<Answer, Variance>)
      return base.has<Mean>() && base.has<Variance>();
    else if constexpr (std::same_as<Answer, Mode>)
      return is_discrete() && base.has<Mode>();
    else if constexpr (std::same_as<Answer, Entropy>)
      return !is_discrete() && base.atoms().empty() && base.has<Entropy>();
    else if constexpr (std::same_as<Answer, Median> || std::same_as<Answer, Quantile>)
      return base.has<Quantile>() && has_cdf();
    else if constexpr (std::same_as<Answer, Mean> || std::same_as<Answer, Sample>)
      return base.has<Answer>();
    else
      return has_cdf();
  }

 private:
  bool has_cdf() const { return base.has<Cdf>() || base.has<LogCdf>() || base.has<Survival>() || base.has<LogSurvival>(); }
};

/// The support and 0, and what is between.
Support with_zero(const Support& support);

}  // namespace loglik
