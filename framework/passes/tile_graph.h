#pragma once
#include <optional>
#include <vector>

#include "framework/fused_elementwise.h"
#include "framework/graph.h"
#include "framework/passes/rewriter.h"

namespace loglik {

/// What a node of elementwise ops computes, fused ones or a single one: to be joined to what comes before or after it.
struct TileNode {
  std::vector<Node> inputs;  ///< each once
  std::vector<TileProgram::Instruction> instructions;

  TileProgram program(const Shape& shape) const;
};
/// Absent for another op, and for fused ones that end in reductions already.
std::optional<TileNode> tile_node(const Graph& graph, std::size_t index);

/// Who reads what in a graph.
class Readers {
 public:
  explicit Readers(const Graph& graph);
  /// The nodes that read output `output` of node `index`, each once, in order.
  const std::vector<std::uint32_t>& operator()(std::size_t index, std::size_t output) const { return readers_[index][output]; }
  bool is_output(std::size_t index, std::size_t output) const { return outputs_[index][output] & 1; }        ///< of the graph
  bool is_update(std::size_t index, std::size_t output) const { return (outputs_[index][output] & 2) != 0; }  ///< a Variable's new value

 private:
  std::vector<std::vector<std::vector<std::uint32_t>>> readers_;
  std::vector<std::vector<char>> outputs_;
};

}  // namespace loglik
