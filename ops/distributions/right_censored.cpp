#include "ops/distributions/right_censored.h"

#include "framework/primitives.h"
#include "ops/distributions/tails.h"

namespace loglik {

Node RightCensored::came() const { return event.dtype() == DType::boolean ? event : not_equal(event, 0); }

Node RightCensored::log_prob(Node y) const {
  const Tails tails(base, "RightCensored");
  y = as_float(y);
  const Node seen = came();
  return where(seen, log_prob_where(base, y, seen), tails.log_above(where(seen, middle(base, y), y)));
}

}  // namespace loglik
