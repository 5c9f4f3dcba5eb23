#include "ops/distributions/scores.h"

#include <fmt/format.h>

#include "framework/error.h"
#include "framework/primitives.h"
#include "ops/arithmetic.h"
#include "ops/shape.h"

namespace loglik {

Score crps_score() {
  return {"the CRPS", [](const Distribution& d, Node y) { return d.crps(y); }};
}

Score beta_nll(double beta) {
  if (!(beta >= 0 && beta <= 1)) throw ArgumentError(fmt::format("beta_nll: β = {}, must lie in [0, 1]", beta));
  return {fmt::format("NLL·Var^{} (β-NLL)", beta), [beta](const Distribution& d, Node y) {
            if (d.event_rank() > 0) throw ArgumentError(fmt::format("beta_nll: {} is a distribution of rows, which have no one variance", d.name()));
            return stop_gradient(pow(d.variance(), beta)) * -d.log_prob(y);
          }};
}

}  // namespace loglik
