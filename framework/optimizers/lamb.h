#pragma once
#include "framework/optimizers/optimizer.h"

namespace loglik {

/// LAMB: Adam's step r = m̂/(√v̂ + ε) + λθ, and for each parameter tensor θ ← θ − η·(‖θ‖/‖r‖)·r; the factor is 1 where a norm is 0.
///
/// m and v as in Adam. For batches of many thousand samples. State: m, v, shaped like the parameters. `compile` throws ArgumentError for a field
/// out of range. Source: You et al. 2020, arXiv:1904.00962, algorithm 2, φ the identity.
struct Lamb {
  LearningRate learning_rate = 1e-3;  ///< η ≥ 0
  double beta1 = 0.9;                 ///< in [0, 1)
  double beta2 = 0.999;               ///< in [0, 1)
  double epsilon = 1e-6;              ///< > 0
  double weight_decay = 0.01;         ///< λ ≥ 0

  Node update(const OptimizerArgs& args) const;
};

}  // namespace loglik
