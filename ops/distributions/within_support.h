#pragma once
#include <cstddef>
#include <optional>

#include "framework/node.h"
#include "framework/support.h"

namespace loglik {

/// y as a distribution of that support can be asked about it: where y lies outside, the distribution sees a value inside in its place, and
/// the answer is one that needs no asking. Neither value nor gradient is then touched by what the distribution makes of a y that it can't
/// have.
///
///     const WithinSupport within(d.support(), y);
///     Node f = within.otherwise(d.cdf(within.y()), 0, 1);
///
/// Without a support, or with one of all finite numbers, y is what it was. The last `event_rank` axes of y are one value: it lies outside
/// with any of its elements. Of integers only the range is looked at, of the simplex only each element.
class WithinSupport {
 public:
  WithinSupport(const std::optional<Support>& support, Node y, std::size_t event_rank = 0);

  Node y() const { return y_; }
  /// bool, without the event axes: does y lie outside? Absent if it can't.
  Node outside() const;
  /// `answer` where y lies in the support, `below` and `above` where it lies below and above.
  Node otherwise(Node answer, double below, double above) const;

 private:
  Node y_, below_, above_;  // the last two bool, without the event axes, absent where there is no bound
};

}  // namespace loglik
