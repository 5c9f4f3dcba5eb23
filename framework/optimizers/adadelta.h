#pragma once
#include "framework/optimizers/optimizer.h"

namespace loglik {

/// Adadelta: v ← ρv + (1−ρ)g²,  Δ = g·√(u + ε)/√(v + ε),  u ← ρu + (1−ρ)Δ²,  θ ← θ − η·Δ.
///
/// State: v and u, shaped like the parameters. `compile` throws ArgumentError for a field out of range.
/// Source: Zeiler 2012, arXiv:1212.5701, algorithm 1; η is 1 there.
struct Adadelta {
  LearningRate learning_rate = 1;  ///< η ≥ 0
  double rho = 0.9;                ///< ρ in [0, 1)
  double epsilon = 1e-6;           ///< > 0

  Node update(const OptimizerArgs& args) const;
};

}  // namespace loglik
