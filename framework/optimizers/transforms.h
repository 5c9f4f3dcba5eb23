#pragma once
#include "framework/optimizers/optimizer.h"

namespace loglik {

class Model;

// Optimisers made of others. They nest: clip_by_norm(decoupled_weight_decay(RmsProp{}, 1e-2), 1), the outer ones seeing the gradient first; but
// clip_by_norm comes after clip_by_value and accumulate however they nest. All throw ArgumentError for a number that is not finite or out of range.

/// Sees each element of the gradient held within [−limit, limit].
Optimizer clip_by_value(Optimizer optimizer, double limit);

/// Sees the gradient times min(1, norm/‖g‖), ‖g‖ being the Euclidean norm over all parameters together.
/// Source: Pascanu, Mikolov & Bengio 2013, arXiv:1211.5063, algorithm 1.
Optimizer clip_by_norm(Optimizer optimizer, double norm);

/// θ ← θ − ηλθ before the optimiser's own step; a parameter group may give another λ. Source: Loshchilov & Hutter 2019, arXiv:1711.05101.
Optimizer decoupled_weight_decay(Optimizer optimizer, double decay);

/// One step of `optimizer` every `batches` steps, on the mean gradient of these; parameters and the optimiser's state rest in between. So batches
/// of n·k samples take the memory of n. A schedule goes on counting all steps; `optimizer` itself counts its own. State: one more tensor shaped
/// like the parameters. Throws ArgumentError for fewer than 1.
Optimizer accumulate(Optimizer optimizer, std::int64_t batches);

/// Keeps an exponential moving average of the parameters beside them: a ← d·a + (1 − d)·θ after each step, d = min(decay, (1 + t)/(10 + t)) so
/// that it soon forgets where it began. `swap_averages` puts it in the parameters' place. State: one more tensor shaped like the parameters.
/// Throws ArgumentError for a decay outside [0, 1). Source: Polyak & Juditsky 1992; the ramp is TensorFlow's.
Optimizer keep_average(Optimizer optimizer, double decay = 0.999);

/// Exchanges a model's parameters with the averages that keep_average has kept; once more to go back. Throws ArgumentError if there are none.
void swap_averages(const Model& model);

}  // namespace loglik
