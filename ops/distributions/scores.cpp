#include "ops/distributions/scores.h"

#include <fmt/format.h>

#include "framework/error.h"
#include "framework/primitives.h"
#include "ops/arithmetic.h"
#include "ops/distributions/answers.h"
#include "ops/distributions/bernoulli.h"
#include "ops/distributions/categorical.h"
#include "ops/shape.h"

namespace loglik {

namespace {

void refuse_labels(std::string_view score, const Distribution& d, std::string_view why) {
  if (const auto target = d.target(); target && !is_float(target->dtype))
    throw ArgumentError(fmt::format("{}: {} is a distribution of labels, which {}", score, d.name(), why));
}

}  // namespace

Score crps_score() {
  return {"the CRPS", [](const Distribution& d, Node y) {
            if (!d.has<Crps>()) refuse_labels("crps_score", d, "are not apart by a number");
            return crps(d, y);
          }};
}

Score beta_nll(double beta) {
  if (!(beta >= 0 && beta <= 1)) throw ArgumentError(fmt::format("beta_nll: β = {}, must lie in [0, 1]", beta));
  return {fmt::format("NLL·Var^{} (β-NLL)", beta), [beta](const Distribution& d, Node y) {
            if (d.event_rank() > 0) throw ArgumentError(fmt::format("beta_nll: {} is a distribution of rows, which have no one variance", d.name()));
            if (!d.has<Variance>()) refuse_labels("beta_nll", d, "have no variance");
            return stop_gradient(pow(variance(d), beta)) * -d.log_prob(y);
          }};
}

Score label_smoothing(double epsilon) {
  if (!(epsilon >= 0 && epsilon < 1)) throw ArgumentError(fmt::format("label_smoothing: ε = {}, must lie in [0, 1)", epsilon));
  return {fmt::format("cross-entropy to labels smoothed by {}", epsilon), [epsilon](const Distribution& d, Node y) {
            if (const auto* categorical = d.as<Categorical>()) {
              Categorical smoothed = *categorical;
              smoothed.label_smoothing = epsilon;
              return -smoothed.log_prob(y);
            }
            if (const auto* bernoulli = d.as<Bernoulli>()) {
              const Node share = (1 - epsilon) * cast(y, bernoulli->logits.dtype()) + epsilon / 2;
              return -Bernoulli{.logits = bernoulli->logits, .soft_targets = true}.log_prob(share);
            }
            throw ArgumentError(fmt::format("label_smoothing: {} is not of classes without an order", d.name()));
          }};
}

}  // namespace loglik
