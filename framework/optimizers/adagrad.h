#pragma once
#include "framework/optimizers/optimizer.h"

namespace loglik {

/// Adagrad: s ← s + g²,  θ ← θ − η·g/(√s + ε).
///
/// State: s, shaped like the parameters. `compile` throws ArgumentError for a field out of range.
/// Source: Duchi, Hazan & Singer 2011, JMLR 12, section 1.1, with a diagonal matrix.
struct Adagrad {
  LearningRate learning_rate = 1e-2;  ///< η ≥ 0
  double epsilon = 1e-10;             ///< > 0

  Node update(const OptimizerArgs& args) const;
};

}  // namespace loglik
