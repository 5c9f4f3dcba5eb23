#pragma once
#include <functional>
#include <string_view>
#include <utility>
#include <vector>

#include "framework/distribution.h"
#include "ops/distributions/middle.h"

namespace loglik {

/// A univariate distribution's tails and what lies between two points, as logs in nats: what truncation, censoring and binning are made of.
///
/// Points may be nodes with infinite elements and lie outside the support. No gradient is NaN, whatever the parameters: where a tail is all
/// or nothing to the last bit, its gradient is 0. Copes with integers, and with atoms of a distribution that else has a density. Asked for
/// the same tail again, it gives the same node.
class Tails {
 public:
  /// Throws ArgumentError, which names `wrapper`, unless the distribution has a cdf or its log, or those of the survival function, and as
  /// `require_numbers` does.
  Tails(const Distribution& distribution, std::string_view wrapper);

  Node log_below(Node y) const;     ///< log P(Y ≤ y)
  Node log_above(Node y) const;     ///< log P(Y > y)
  Node log_at_least(Node y) const;  ///< log P(Y ≥ y)

  /// log P(Y ≤ y) and log P(Y > y) as the distribution gives them, for a y within the support: cheaper, where no gradient is wanted.
  std::pair<Node, Node> logs(Node y) const;

  /// log P(a < Y ≤ b), −∞ unless a < b: log F(b) + log1mexp(log F(b) − log F(a)), or from survivals where these are the smaller, so that
  /// nothing is lost far out in either tail.
  ///
  /// Between close points that difference loses digits: where F(a) and F(b) agree to 4 digits in float32, to 6 in float64, it is b − a
  /// times the density halfway, and a Gaussian's by 3 points sooner. Logistic, of which another form is known, keeps full precision
  /// everywhere: log_cdf(b) + log_survival(a) + log1mexp((b − a)/s).
  Node log_between(Node a, Node b) const;
  Node log_within(Node a, Node b) const;  ///< log P(a ≤ Y ≤ b)

  const Distribution& distribution() const { return d_; }
  bool is_discrete() const;        ///< on integers
  bool is_beyond(double y) const;  ///< is y at or past the support's upper end: P(Y > y) = 0
  bool is_before(double y) const;  ///< is all of the support above y: P(Y ≤ y) = 0

 private:
  using Known = std::vector<std::pair<Node, Node>>;  // points and what their tails are
  Node tame(Node y, double below, double above, const std::function<Node(Node)>& log_tail, Known& known) const;
  Node mass_at(Node y) const;    // log P(Y = y), of an atom; absent if there are none
  Node centre(Node like) const;  // the middle
  Node density(Node y, Node used) const;
  Distribution d_;
  mutable Node centre_;
  mutable Known below_, above_;
};

/// y itself, or as float32 if it holds integers.
Node as_float(Node y);

/// Throws ArgumentError, which names `wrapper`, unless the distribution is of single numbers (event rank 0) and has a density or is of
/// integers: a Discretised may be of others.
void require_numbers(const Distribution& distribution, std::string_view wrapper);

}  // namespace loglik
