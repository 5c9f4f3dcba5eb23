#include "ops/distributions/right_censored.h"

#include "framework/primitives.h"
#include "ops/distributions/tails.h"

namespace loglik {

Node RightCensored::log_prob(Node y) const {
  const Tails tails(base, "RightCensored");
  y = as_float(y);
  const Node came = event.dtype() == DType::boolean ? event : not_equal(event, 0);
  return where(came, log_prob_where(base, y, came), tails.log_above(where(came, middle(base, y), y)));
}

}  // namespace loglik
