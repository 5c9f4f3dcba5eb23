#pragma once
#include "framework/optimizers/optimizer.h"

namespace loglik {

/// Adam: m ← β₁m + (1−β₁)g,  v ← β₂v + (1−β₂)g²,  θ ← θ − η·m̂/(√v̂ + ε); m̂ = m/(1−β₁ᵗ), v̂ = v/(1−β₂ᵗ) in step t = 1, 2, …
///
/// State: m, v, shaped like the parameters: 8 bytes a float32. `compile` throws ArgumentError for a field out of range.
/// Source: Kingma & Ba 2015, algorithm 1, arXiv:1412.6980.
struct Adam {
  LearningRate learning_rate = 1e-3;  ///< η ≥ 0
  double beta1 = 0.9;                 ///< in [0, 1)
  double beta2 = 0.999;               ///< in [0, 1)
  double epsilon = 1e-8;              ///< > 0

  Node update(const OptimizerArgs& args) const;
};

}  // namespace loglik
