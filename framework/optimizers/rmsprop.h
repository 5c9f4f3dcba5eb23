#pragma once
#include "framework/optimizers/optimizer.h"

namespace loglik {

/// RMSProp: v ← αv + (1−α)g²,  u ← μu + g/(√v + ε),  θ ← θ − η·u; centred: √(v − ḡ²) for √v, with ḡ ← αḡ + (1−α)g.
///
/// State: v, u unless μ = 0, ḡ if centred, each shaped like the parameters. `compile` throws ArgumentError for a field out of range.
/// Source: Tieleman & Hinton 2012, lecture 6.5; centred by Graves 2013, arXiv:1308.0850, section 4.
struct RmsProp {
  LearningRate learning_rate = 1e-2;  ///< η ≥ 0
  double alpha = 0.99;                ///< in [0, 1)
  double epsilon = 1e-8;              ///< > 0
  double momentum = 0;                ///< μ in [0, 1)
  bool centered = false;

  Node update(const OptimizerArgs& args) const;
};

}  // namespace loglik
