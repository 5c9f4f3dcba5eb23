#include "ops/distributions/within_support.h"

#include <cmath>
#include <vector>

#include "framework/graph.h"
#include "framework/primitives.h"
#include "ops/logical.h"
#include "ops/reductions.h"

namespace loglik {
namespace {

Node any_of_event(Node condition, std::size_t event_rank) {
  std::vector<std::int64_t> axes;
  for (std::size_t i = 1; i <= event_rank; ++i) axes.push_back(-static_cast<std::int64_t>(i));
  return axes.empty() ? condition : greater(reduce_max(cast(condition, DType::float32), axes), 0.0);
}

}  // namespace

WithinSupport::WithinSupport(const std::optional<Support>& support, Node y, std::size_t event_rank) : y_(y) {
  if (!support) return;
  Node outside;
  if (const double bound = support->lower(); std::isfinite(bound)) {
    outside = support->lower_is_open() ? less_equal(y, bound) : less(y, bound);
    below_ = any_of_event(outside, event_rank);
  }
  if (const double bound = support->upper(); std::isfinite(bound)) {
    const Node over = support->upper_is_open() ? greater_equal(y, bound) : greater(y, bound);
    above_ = any_of_event(over, event_rank);
    outside = outside ? logical_or(outside, over) : over;
  }
  if (!outside) return;
  const bool row = y.shape().rank() > 0 && y.shape().back().is_constant();
  y_ = where(outside, y.graph().constant(support->inside(row ? y.shape().back().constant() : 1), y.dtype()), y);
}

Node WithinSupport::outside() const { return below_ && above_ ? logical_or(below_, above_) : below_ ? below_ : above_; }

Node WithinSupport::otherwise(Node answer, double below, double above) const {
  if (below_) answer = where(below_, below, answer);
  return above_ ? where(above_, above, answer) : answer;
}

}  // namespace loglik
