#include "ops/distributions/log_odds.h"

#include "framework/primitives.h"
#include "ops/arithmetic.h"
#include "ops/exponential.h"

namespace loglik {

LogOdds::LogOdds(Node logit) {
  const double most = logit.dtype() == DType::float32 ? 170 : 1400;
  const Node half = 0.5 * clamp(logit, -most, most);
  in_favour = exp(half);
  against = exp(-half);
}

}  // namespace loglik
