#pragma once
#include <utility>
#include <vector>

#include "framework/graph.h"

namespace loglik {

/// Visits each node that a root needs once: inputs before the node, left to right. Without recursion, as graphs are deep.
class InputsFirst {
 public:
  explicit InputsFirst(const Graph& graph) : graph_(graph), seen_(graph.node_count(), 0) {}

  /// Calls leave(index) for each node below `root` that no earlier visit left. An absent root is no root.
  template <class Leave> void visit(Node root, Leave leave) {
    if (!root || std::exchange(seen_[root.index()], 1)) return;
    stack_.emplace_back(root.index(), 0);
    while (!stack_.empty()) {
      auto& [index, next] = stack_.back();
      const std::vector<Node>& inputs = graph_.record(index).inputs;
      if (next < inputs.size()) {
        const std::uint32_t input = inputs[next++].index();
        if (!std::exchange(seen_[input], 1)) stack_.emplace_back(input, 0);
      } else {
        leave(index);
        stack_.pop_back();
      }
    }
  }

 private:
  const Graph& graph_;
  std::vector<char> seen_;
  std::vector<std::pair<std::uint32_t, std::size_t>> stack_;
};

}  // namespace loglik
