#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "framework/graph.h"

namespace loglik {

/// Builds the graph that a pass returns, node by node, from the one it was given. Keeps names, scopes and lines.
///
/// A pass calls, for every node in order, `copy` (the same op on the rewritten inputs) or `replace`; nodes that are given neither are dropped.
/// Outputs, updates and reads of Variables follow.
class Rewriter {
 public:
  explicit Rewriter(const Graph& before);

  Graph& graph() { return after_; }
  /// What a node of the old graph became; absent if it was not rewritten yet.
  Node operator()(Node old) const;
  std::vector<Node> operator()(std::span<const Node> old) const;

  Node copy(std::size_t index);
  /// The same on other inputs, nodes of the new graph.
  Node copy(std::size_t index, std::vector<Node> inputs);
  /// Each output of node `index` becomes one of these nodes of the new graph. A name that the node had goes to what replaces
  /// it, unless that has one or draws random bits by its name.
  void replace(std::size_t index, std::span<const Node> with);

  /// The new graph. Outputs and updates whose node was dropped are dropped.
  Graph finish();

 private:
  void note_name(Node node);
  const Graph& before_;
  Graph after_;
  std::vector<std::uint32_t> first_;  // where a node's outputs begin in `map_`
  std::vector<Node> map_;
};

/// Marks the nodes that outputs and updates need, by index.
std::vector<char> live_nodes(const Graph& graph);

/// Marks the nodes that outputs need, by index: among them the loss, which is looked at before a program changes the State.
std::vector<char> needed_by_outputs(const Graph& graph);

}  // namespace loglik
