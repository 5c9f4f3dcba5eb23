#pragma once
#include "framework/optimizers/optimizer.h"

namespace loglik {

// Optimisers made of others. They nest: clip_by_norm(decoupled_weight_decay(RmsProp{}, 1e-2), 1). All throw ArgumentError for a number that is
// not finite or not positive.

/// Sees each element of the gradient held within [−limit, limit].
Optimizer clip_by_value(Optimizer optimizer, double limit);

/// Sees the gradient times min(1, norm/‖g‖), ‖g‖ being the Euclidean norm over all parameters together.
/// Source: Pascanu, Mikolov & Bengio 2013, arXiv:1211.5063, algorithm 1.
Optimizer clip_by_norm(Optimizer optimizer, double norm);

/// θ ← θ − ηλθ before the optimiser's own step; a parameter group may give another λ. Source: Loshchilov & Hutter 2019, arXiv:1711.05101.
Optimizer decoupled_weight_decay(Optimizer optimizer, double decay);

}  // namespace loglik
