#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ops/distributions/zero_inflated.h"

namespace loglik {

/// Zeros by a choice of their own: P(0) = π = sigmoid(logits), and elsewhere the base, given that it is not 0.
///
///     −log p(y) = −log π at 0;    −log(1 − π) − log p_base(y) [+ log(1 − p_base(0)) of counts] elsewhere
///
/// What is learned of the zeros and of the rest does not depend on each other: ∂/∂logits = π − 1{y = 0}, and zeros have no gradient by the
/// base's parameters. There may be fewer zeros than the base has of its own.
///
///     Hurdle{.base = Poisson{.log_rate = …}, .logits = …}      visits to a doctor: none, or how many
///     Hurdle{.base = LogNormal{…}, .logits = …}                spending: none, or how much
///
/// Counts of the base (integers from 0) must have a cdf. Else its probability of 0 must be 0: where atoms() may have it, methods throw
/// ArgumentError, as the rest would not add up to 1 − π. Answers, shapes and errors are those of ZeroInflated, to which it is the same if
/// the base has a density; of counts there is no mode. Source: Mullahy 1986, doi:10.1016/0304-4076(86)90002-3.
struct Hurdle {
  Distribution base;
  Node logits;

  /// The same distribution as additional zeros of one that has none.
  ZeroInflated inflated() const;

  Node log_prob(Node y) const { return inflated().log_prob(y); }
  Node mean() const { return inflated().mean(); }
  Node variance() const { return inflated().variance(); }
  Node median() const { return inflated().median(); }
  Node entropy() const { return inflated().entropy(); }
  Node cdf(Node y) const { return inflated().cdf(y); }
  Node survival(Node y) const { return inflated().survival(y); }
  Node log_cdf(Node y) const { return inflated().log_cdf(y); }
  Node log_survival(Node y) const { return inflated().log_survival(y); }
  Node quantile(Node p) const { return inflated().quantile(p); }
  Node sample(std::string_view key) const { return inflated().sample(key); }
  Node kl(const Hurdle& other) const { return inflated().kl(other.inflated()); }
  bool has_kl(const Hurdle& other) const { return inflated().has_kl(other.inflated()); }
  std::optional<Support> support() const { return inflated().support(); }
  std::string advice(double y) const { return inflated().advice(y); }
  std::vector<Node> atoms() const { return inflated().atoms(); }
  std::string name() const { return "hurdle " + base.name(); }
  std::string certificate() const;

  template <class Answer>
  bool has() const {
    return inflated().has<Answer>();
  }
};

}  // namespace loglik
