#pragma once
#include "framework/distribution.h"
#include "framework/graph.h"

namespace loglik {

/// The graph of the distribution's nodes, found by asking its log_prob for a y of another graph. Throws ArgumentError if it has none.
Graph& graph_of(const Distribution& distribution);

/// The type of log_prob of a scalar y: of its target()'s dtype if that is one of integers, else of the same dtype, float32 if it takes that,
/// else float64. The shape of all answers. Adds nothing.
TensorType log_prob_type(const Distribution& distribution, Graph& graph, Site site = {__builtin_FILE(), __builtin_LINE()});

}  // namespace loglik
