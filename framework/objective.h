#pragma once
#include <string>
#include <utility>
#include <vector>

#include "framework/graph.h"

namespace loglik {

/// What a graph's heads and terms add up to, as nodes of the graph.
struct Objective {
  Node loss;  ///< float64 scalar: Σ over heads of Σ w·nll / Σ w (of a head with a score, that instead of nll), plus the terms
  /// "<head>.total_nll", "<head>.total_weight", "<head>.nll", where they are there "<head>.total_score", "<head>.score", "<head>.total_correct"; "<term>".
  std::vector<std::pair<std::string, Node>> parts;
};

/// `dataset_weight`: float64 scalar by which terms per data set are divided; may be absent if there are none.
/// A term per sample is weighted as the samples of the first head, if it has their axes.
Objective build_objective(Graph& graph, Node dataset_weight);

}  // namespace loglik
