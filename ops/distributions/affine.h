#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "framework/distribution.h"
#include "ops/distributions/advice.h"
#include "ops/distributions/transformed.h"

namespace loglik {

/// Y = a + b·X, for X of any continuous distribution of scalars; b = scale·e^log_scale, a = loc:
///
///     log p(y) = log p_base((y − a)/b) − log |b|  nats
///
///     Affine{.base = d, .loc = a}                     moved
///     Affine{.base = d, .loc = mean, .scale = sd}     a distribution of standardised targets, in the targets' own units
///     Affine{.base = d, .scale = -1}                  mirrored
///
/// Shapes: the base's answers, loc and log_scale broadcast. Every answer of the base is there but probabilities and deviance: with a
/// negative scale, as Transformed says. Points of positive probability stay such. The support is known where it does not depend on nodes
/// that are not constants: the image of a bound needs a constant loc, and a constant log_scale unless the bound is 0.
/// Methods throw ArgumentError unless scale is finite and not 0, and for a base of integers or other steps, of vectors (take Independent of
/// the Affine), or that holds a RightCensored or IntervalCensored (take that of the Affine).
struct Affine {
  Distribution base;
  Node loc = {};        ///< a; absent: 0
  Node log_scale = {};  ///< absent: 0
  double scale = 1;     ///< finite, not 0; below 0: mirrored

  std::string name() const { return "affine(" + base.name() + ")"; }
  template <class Answer>
  bool has() const {
    if constexpr (std::same_as<Answer, Cdf> || std::same_as<Answer, Survival> || std::same_as<Answer, LogCdf> ||
                  std::same_as<Answer, LogSurvival>)
      return transformed().has<Answer>();
    else if constexpr (std::same_as<Answer, Sample>)
      return base.has_sample();
    else
      return base.has<Answer>();
  }

  Node log_prob(Node y) const;
  Node mean() const;
  Node mode() const;
  Node median() const;
  Node variance() const;
  Node entropy() const;
  Node cdf(Node y) const;
  Node survival(Node y) const;
  Node log_cdf(Node y) const;
  Node log_survival(Node y) const;
  Node quantile(Node p) const;
  Node crps(Node y) const;
  /// Reparameterised where the base's is. Throws ShapeError if the base's draws are smaller than the answers: stretched, they would not be
  /// independent.
  Node sample(std::string_view key) const;
  Node kl(const Affine& other) const;      ///< that of the bases
  bool has_kl(const Affine& other) const;  ///< is it moved by the same, and has the base one?
  std::optional<Support> support() const;
  std::vector<Node> atoms() const;
  std::string advice(double y) const { return advice_for(support(), y); }
  std::string certificate() const;

  Node value(Node x) const;             ///< a + b·x
  Node standardised(Node y) const;      ///< (y − a)/b
  Node log_abs_scale(Node like) const;  ///< log |b|, in a shape that broadcasts with that of `like`, whose graph and dtype it has
  Transformed transformed() const;      ///< the same distribution, of which it has its distribution functions
};

}  // namespace loglik
