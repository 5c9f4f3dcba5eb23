#include "framework/passes/tile_graph.h"

#include <algorithm>

namespace loglik {

TileProgram TileNode::program(const Shape& shape) const {
  std::vector<TensorType> types;
  for (const Node input : inputs) types.push_back(input.type());
  return {instructions, types, shape};
}

std::optional<TileNode> tile_node(const Graph& graph, std::size_t index) {
  const NodeRecord& record = graph.record(index);
  if (record.inputs.empty()) return {};
  if (const auto* fused = dynamic_cast<const FusedElementwise*>(record.op.get())) {
    if (!fused->reductions().empty()) return {};
    return TileNode{record.inputs, fused->program().instructions()};
  }
  const auto op = std::dynamic_pointer_cast<const ElementwiseOp>(record.op);
  if (op == nullptr) return {};
  TileNode result{{}, {{op, {}, 0}}};
  for (const Node input : record.inputs) {
    const auto place = std::find(result.inputs.begin(), result.inputs.end(), input);
    result.instructions[0].operands.push_back({true, static_cast<std::uint32_t>(place - result.inputs.begin())});
    if (place == result.inputs.end()) result.inputs.push_back(input);
  }
  return result;
}

Readers::Readers(const Graph& graph) : readers_(graph.node_count()), outputs_(graph.node_count()) {
  for (std::size_t i = 0; i < graph.node_count(); ++i) {
    readers_[i].resize(graph.record(i).outputs.size());
    outputs_[i].resize(graph.record(i).outputs.size(), 0);
  }
  for (std::uint32_t i = 0; i < graph.node_count(); ++i)
    for (const Node input : graph.record(i).inputs) {
      std::vector<std::uint32_t>& readers = readers_[input.index()][input.output_index()];
      if (readers.empty() || readers.back() != i) readers.push_back(i);
    }
  for (const auto& [name, node] : graph.outputs()) outputs_[node.index()][node.output_index()] |= 1;
  for (const Update& update : graph.updates()) outputs_[update.value.index()][update.value.output_index()] |= 2;
}

}  // namespace loglik
