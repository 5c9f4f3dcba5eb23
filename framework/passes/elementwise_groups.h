#pragma once
#include <cstdint>
#include <vector>

#include "framework/graph.h"

namespace loglik {

/// Elementwise ops of one shape that read one another and can be computed in one go, tile by tile: for each node the number of its group, which
/// is the index of the first of its nodes; `no_group` for what is not elementwise. An op that goes with no other is a group of its own.
///
/// What may go together: let the depth of a node be the greatest of its inputs' depths, plus one for an input that is not elementwise or of
/// another shape. Nodes of one depth that read one another make a group. No path leaves a group and comes back: on the way it would pass a
/// node that is not in it, and so get deeper. This takes one look at every edge.
inline constexpr std::uint32_t no_group = UINT32_MAX;
std::vector<std::uint32_t> elementwise_groups(const Graph& graph);

}  // namespace loglik
