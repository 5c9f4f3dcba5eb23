#pragma once
#include <string>

#include "framework/graph.h"

namespace loglik {

/// The graph in Graphviz's DOT language: a box a node with its op, attributes and shape, scopes as frames, outputs as ellipses.
std::string to_dot(const Graph& graph);

}  // namespace loglik
