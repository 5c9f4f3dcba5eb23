#pragma once
// The kit's own: errors to plant in a graph.
#include <string>
#include <vector>

#include "framework/node.h"

namespace loglik::conformance {

/// An error: what one node is replaced by.
struct Mutant {
  Node at;           ///< the node that computes something else
  int kind;          ///< which of the errors that are possible there
  double excess;     ///< of a constant
  std::string text;  ///< "add at normal.cpp:12 becomes sub"
};

/// All errors that can be planted in what `answer` is computed from, among the nodes from index `first` on. Constants are larger by the share
/// `excess`.
std::vector<Mutant> mutants_of(Node answer, std::size_t first, double excess = 1e-3);

/// The answer computed with the error, as new nodes of the same graph. Absent if the types do not fit.
Node plant(Node answer, const Mutant& mutant);

}  // namespace loglik::conformance
