#pragma once
#include "framework/optimizers/optimizer.h"

namespace loglik {

/// Stochastic gradient descent: v ← μv + g,  θ ← θ − ηv; Nesterov's: θ ← θ − η(g + μv).
///
/// State: v, shaped like the parameters, unless μ = 0. `compile` throws ArgumentError for a field out of range.
/// Source: Polyak 1964; in this form Sutskever et al. 2013, with the rate outside of v.
struct Sgd {
  LearningRate learning_rate = 1e-2;  ///< η ≥ 0
  double momentum = 0;                ///< μ in [0, 1)
  bool nesterov = false;              ///< needs a momentum

  Node update(const OptimizerArgs& args) const;
};

}  // namespace loglik
