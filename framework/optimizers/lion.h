#pragma once
#include "framework/optimizers/optimizer.h"

namespace loglik {

/// Lion: θ ← θ − η·(sign(β₁m + (1−β₁)g) + λθ),  m ← β₂m + (1−β₂)g.
///
/// State: m, shaped like the parameters. The rate should be 3 to 10 times smaller than Adam's, λ as many times larger.
/// `compile` throws ArgumentError for a field out of range. Source: Chen et al. 2023, arXiv:2302.06675, program 1.
struct Lion {
  LearningRate learning_rate = 1e-4;  ///< η ≥ 0
  double beta1 = 0.9;                 ///< in [0, 1)
  double beta2 = 0.99;                ///< in [0, 1)
  double weight_decay = 0;            ///< λ ≥ 0

  Node update(const OptimizerArgs& args) const;
};

}  // namespace loglik
