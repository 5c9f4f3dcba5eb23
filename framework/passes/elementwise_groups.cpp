#include "framework/passes/elementwise_groups.h"

#include <algorithm>
#include <numeric>

#include "framework/elementwise.h"
#include "framework/leaves.h"
#include "framework/passes/rewriter.h"

namespace loglik {
namespace {

class Groups {
 public:
  explicit Groups(const Graph& graph)
      : graph_(graph), elementwise_(graph.node_count()), depth_(graph.node_count(), 0), needed_(needed_by_outputs(graph)), parent_(graph.node_count()) {
    for (std::size_t i = 0; i < graph.node_count(); ++i)
      elementwise_[i] = !graph.record(i).inputs.empty() && dynamic_cast<const ElementwiseOp*>(graph.record(i).op.get()) != nullptr;
    std::iota(parent_.begin(), parent_.end(), 0u);
    find_depths();
    sink();
    for (std::uint32_t i = 0; i < graph.node_count(); ++i)
      for (const Node input : graph.record(i).inputs)
        if (joins(input.index(), i) && depth_[input.index()] == depth_[i]) unite(i, input.index());
  }

  std::vector<std::uint32_t> by_node() {
    std::vector<std::uint32_t> result(graph_.node_count(), no_group);
    for (std::uint32_t i = 0; i < graph_.node_count(); ++i)
      if (is_elementwise(i)) result[i] = root(i);
    return result;
  }

 private:
  bool is_elementwise(std::size_t i) const { return elementwise_[i] != 0; }

  // May `reader` be computed in one go with `input`, which it reads? What outputs need is computed before the State changes, the rest may be
  // written over it: these are not mixed.
  bool joins(std::size_t input, std::size_t reader) const {
    return is_elementwise(input) && is_elementwise(reader) && graph_.record(input).outputs[0].shape == graph_.record(reader).outputs[0].shape &&
           needed_[input] == needed_[reader];
  }

  void find_depths() {
    for (std::size_t i = 0; i < graph_.node_count(); ++i)
      for (const Node input : graph_.record(i).inputs) {
        const bool free = joins(input.index(), i) || (input.inputs().empty() && is_leaf(input.op()));
        depth_[i] = std::max(depth_[i], depth_[input.index()] + (free ? 0 : 1));
      }
  }

  // What is read only later, by one group, and itself reads at most one tensor of its size is computed there: a mask of a forward pass in the
  // backward pass. Outputs stay where they are.
  void sink() {
    constexpr int nobody = -1, several = -2;
    std::vector<int> readers(graph_.node_count(), nobody);
    const auto note = [&](std::size_t node, int depth) { readers[node] = readers[node] == nobody || readers[node] == depth ? depth : several; };
    for (const auto& [name, node] : graph_.outputs()) note(node.index(), several);
    for (const Update& update : graph_.updates()) note(update.value.index(), several);
    for (std::size_t i = graph_.node_count(); i-- > 0;) {
      const NodeRecord& record = graph_.record(i);
      if (is_elementwise(i) && readers[i] > depth_[i] && sized_inputs(record) <= 1) depth_[i] = readers[i];
      for (const Node input : record.inputs) note(input.index(), joins(input.index(), i) ? depth_[i] : several);
    }
  }
  static std::size_t sized_inputs(const NodeRecord& record) {
    return static_cast<std::size_t>(std::count_if(record.inputs.begin(), record.inputs.end(), [&](const Node input) {
      return input.shape() == record.outputs[0].shape;
    }));
  }

  std::uint32_t root(std::uint32_t i) {
    while (parent_[i] != i) i = parent_[i] = parent_[parent_[i]];
    return i;
  }
  void unite(std::uint32_t a, std::uint32_t b) {
    a = root(a), b = root(b);
    parent_[std::max(a, b)] = std::min(a, b);
  }

  const Graph& graph_;
  std::vector<char> elementwise_;
  std::vector<int> depth_;
  std::vector<char> needed_;
  std::vector<std::uint32_t> parent_;
};

}  // namespace

std::vector<std::uint32_t> elementwise_groups(const Graph& graph) { return Groups(graph).by_node(); }

}  // namespace loglik
