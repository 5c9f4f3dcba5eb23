#pragma once
#include <cstdint>
#include <vector>

#include "framework/graph.h"

namespace loglik {

/// The order in which a program runs its nodes, and which updates need no copy.
///
/// First everything that leaves the State alone; then, from `commit` on, what writes a Variable's new value over the old one. In between a
/// program can still be stopped with nothing changed. Last come the updates that are not in place: copies.
struct Schedule {
  std::vector<std::uint32_t> nodes;  ///< indices, leaves (inputs, constants, Variables) left out
  std::size_t commit = 0;            ///< position of the first node that writes to the State
  std::vector<char> in_place;        ///< by update of the graph: is its value computed in the Variable's own memory?
};

/// In the graph's order, committing nodes last. An update is in place where its op may overwrite the Variable, no output of the graph needs its
/// value (so that the loss is known before the commit), and every other read of that memory comes before the commit.
Schedule schedule(const Graph& graph);

/// Gives updates whose value is a Variable's a copy of it, so that they too read the value from before the step; likewise outputs that are
/// Variables which the graph updates.
Graph protect_updates(const Graph& before);

}  // namespace loglik
