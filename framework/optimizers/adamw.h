#pragma once
#include "framework/optimizers/optimizer.h"

namespace loglik {

/// AdamW: Adam with decoupled weight decay, θ ← θ − ηλθ before Adam's step.
///
/// State: m, v, shaped like the parameters. `compile` throws ArgumentError for a field out of range.
/// Source: Loshchilov & Hutter 2019, arXiv:1711.05101, algorithm 2.
struct AdamW {
  LearningRate learning_rate = 1e-3;  ///< η ≥ 0
  double beta1 = 0.9;                 ///< in [0, 1)
  double beta2 = 0.999;               ///< in [0, 1)
  double epsilon = 1e-8;              ///< > 0
  double weight_decay = 0.01;         ///< λ ≥ 0

  Node update(const OptimizerArgs& args) const;
};

}  // namespace loglik
