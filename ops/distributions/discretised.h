#pragma once
#include <limits>
#include <string>
#include <string_view>

#include "framework/distribution.h"
#include "ops/distributions/advice.h"

namespace loglik {

/// A density seen through bins: y is the middle of the bin of `width` that a draw of the base falls into,
///
///     p(y) = P(y − width/2 < X ≤ y + width/2),    the first and last bin open: P(X ≤ lower + width/2), P(X > upper − width/2)
///
///     Discretised{.base = Logistic{…}, .lower = 0, .upper = 255}             pixels: the discretised logistic
///     Discretised{.base = Mixture{…}, .lower = 0, .upper = 255}              of a mixture, as PixelCNN++ has it
///     Discretised{.base = Gaussian{…}, .width = 0.1}                         a reading to one decimal
///
/// For what is rounded, and for integers whose density would fit better than any family of counts. Differences of the base's distribution
/// function are taken in logs of the nearer tail (tails.h): a pixel far off is as right as one near.
///
/// Middles are whole multiples of the width, or lie whole widths from `lower`, else from `upper`; what rounding to the dtype leaves of that
/// is allowed for. Of a y between, log_prob takes the bin of that width about y itself. The support is of integers where these are the
/// middles, else of all numbers between the bounds: there what is sums over integers is had `in_widths`, and wrappers, which know densities
/// and integers alone, refuse it. Measure in units of the width, or discretise what the wrapper makes of the base.
///
/// Answers: cdf, survival and their logs; with the base's quantile: quantile, median; with its draws: sample, of gradient zero. Shapes:
/// as the base. Methods throw ArgumentError unless width is finite and above 0 and lower < upper, whole widths apart, and for a base that
/// has no cdf, is discrete or of rows, or holds what was censored. Source: Salimans et al. 2017, PixelCNN++, arXiv:1701.05517.
struct Discretised {
  static constexpr double infinity = std::numeric_limits<double>::infinity();

  Distribution base;
  double width = 1;
  double lower = -infinity;  ///< the middle of the first bin
  double upper = infinity;   ///< of the last

  Node log_prob(Node y) const;
  Node cdf(Node y) const;
  Node survival(Node y) const;
  Node log_cdf(Node y) const;
  Node log_survival(Node y) const;
  Node quantile(Node p) const;
  Node median() const;
  Node sample(std::string_view key) const;
  Support support() const;
  bool is_whole() const;            ///< are the middles integers?
  Discretised in_widths() const;    ///< the same of `number`: middles are integers, one of them 0
  Node number(Node y) const;        ///< of y's bin, counted from 0 as in_widths has it; whole for its middle
  Node middle(Node number) const;   ///< of the bin of that number
  std::string name() const { return "discretised " + base.name(); }
  std::string advice(double y) const { return advice_for(support(), y); }
  std::string certificate() const;

  template <class Answer>
  bool has() const {
    if constexpr (std::same_as<Answer, Quantile> || std::same_as<Answer, Median>)
      return base.has<Quantile>();
    else if constexpr (std::same_as<Answer, Sample>)
      return base.has_sample();
    else
      return true;
  }
};

}  // namespace loglik
