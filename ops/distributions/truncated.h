#pragma once
#include <limits>
#include <string>
#include <string_view>

#include "framework/distribution.h"
#include "ops/distributions/advice.h"

namespace loglik {

/// Any distribution with a cdf, given that lower ≤ Y ≤ upper, where L = P(lower ≤ Y ≤ upper) under the base:
///
///     −log p(y) = −log p_base(y) + log L  nats within the bounds;    the gradient is the base's at y less that of log L
///
///     Truncated{.base = Gaussian{.loc = mu}, .lower = 0}                     speeds: "gaussian truncated to [0, ∞)"
///     Truncated{.base = Poisson{.log_rate = x}, .lower = 1}                  counts of which none is 0
///     Truncated{.base = StudentT{…}, .lower = -1, .upper = 1}
///
/// For data of which nothing outside the bounds could have been seen. Where what is outside is seen as the bound itself, use Censored.
///
/// log L comes from logs of the cdf or survival function, whichever is the smaller, so that it is right far out in either tail (tails.h).
/// `cdf`, `survival` and their logs likewise. Where −log L is above 1e30 in float32, 1e300 in float64, log p is −∞ with a gradient of 0: its
/// parts do not fit the dtype. The quantile is the base's, which must have one, mended by Newton's method in logs of the
/// nearer tail, so that it is right where p under the base is next to 1 or below what the dtype holds. Draws are quantiles of uniform
/// numbers, differentiable by the parameters. Mean and variance: of a
/// Gaussian with one bound, and of counts of which 0 alone is cut off: where next to none is above 1, the variance is precise for Poisson,
/// negative binomial and binomial counts, while of others it has lost as many digits as the share of those above 1 has zeros.
///
/// Shapes: as the base. Methods throw ArgumentError unless lower < upper (integers: lower ≤ upper) and something of the base's support is
/// between, and for a base without cdf or of rows. Source: Johnson, Kotz & Balakrishnan 1994, vol. 1, ch. 13, section 10.
struct Truncated {
  static constexpr double infinity = std::numeric_limits<double>::infinity();

  Distribution base;
  double lower = -infinity;
  double upper = infinity;

  Node log_prob(Node y) const;
  Node cdf(Node y) const;
  Node survival(Node y) const;
  Node log_cdf(Node y) const;
  Node log_survival(Node y) const;
  Node quantile(Node p) const;
  Node median() const;
  Node mean() const;
  Node variance() const;
  Node sample(std::string_view key) const;
  Support support() const;
  std::vector<Node> atoms() const { return base.atoms(); }  ///< those outside have probability 0
  std::string name() const;
  std::string advice(double y) const { return advice_for(support(), y); }
  std::string certificate() const;

  template <class Answer>
  bool has() const {
    if constexpr (std::same_as<Answer, Mean> || std::same_as<Answer, Variance>)
      return is_without_zero() ? base.has<Mean>() && base.has<Answer>() : has_moments();
    else if constexpr (std::same_as<Answer, Quantile> || std::same_as<Answer, Median> || std::same_as<Answer, Sample>)
      return base.has<Quantile>();
    else
      return true;
  }

 private:
  bool has_moments() const;
  bool is_without_zero() const;  // counts of which 0 alone is cut off
};

}  // namespace loglik
