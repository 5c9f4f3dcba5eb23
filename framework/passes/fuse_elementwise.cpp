// Groups of elementwise ops of one shape that read each other become one op, which keeps what passes between them in the L1 cache.
//
// What may go together: let the depth of a node be the greatest of its inputs' depths, plus one for an input that is not elementwise or of
// another shape. Nodes of one depth that read one another make a group. No path leaves a group and comes back: on the way it would pass a
// node that is not in it, and so get deeper. This takes one look at every edge.
#include <algorithm>
#include <map>
#include <memory>
#include <numeric>

#include "framework/elementwise.h"
#include "framework/fused_elementwise.h"
#include "framework/leaves.h"
#include "framework/passes/passes.h"
#include "framework/passes/rewriter.h"

namespace loglik {
namespace {

class Groups {
 public:
  explicit Groups(const Graph& graph)
      : graph_(graph), elementwise_(graph.node_count()), depth_(graph.node_count(), 0), needed_(graph.node_count(), 0), parent_(graph.node_count()) {
    for (std::size_t i = 0; i < graph.node_count(); ++i)
      elementwise_[i] = !graph.record(i).inputs.empty() && dynamic_cast<const ElementwiseOp*>(graph.record(i).op.get()) != nullptr;
    std::iota(parent_.begin(), parent_.end(), 0u);
    find_needed();
    find_depths();
    sink();
    for (std::size_t i = 0; i < graph.node_count(); ++i)
      for (const Node input : graph.record(i).inputs)
        if (joins(input.index(), i) && depth_[input.index()] == depth_[i]) parent_[root(static_cast<std::uint32_t>(i))] = root(input.index());
  }

  /// Lists of two nodes or more, each in the graph's order, and short enough for a TileProgram.
  std::vector<std::vector<std::uint32_t>> lists() {
    std::map<std::uint32_t, std::vector<std::uint32_t>> by_root;
    for (std::size_t i = 0; i < graph_.node_count(); ++i)
      if (is_elementwise(i)) by_root[root(static_cast<std::uint32_t>(i))].push_back(static_cast<std::uint32_t>(i));
    std::vector<std::vector<std::uint32_t>> result;
    for (const auto& [root, nodes] : by_root) cut(nodes, result);
    return result;
  }

 private:
  bool is_elementwise(std::size_t i) const { return elementwise_[i] != 0; }

  // May `reader` be computed in one go with `input`, which it reads?
  bool joins(std::size_t input, std::size_t reader) const {
    return is_elementwise(input) && is_elementwise(reader) && graph_.record(input).outputs[0].shape == graph_.record(reader).outputs[0].shape &&
           needed_[input] == needed_[reader];
  }

  // What outputs need is computed before the State changes, the rest may be written over it: these are not mixed.
  void find_needed() {
    for (const auto& [name, node] : graph_.outputs()) needed_[node.index()] = 1;
    for (std::size_t i = graph_.node_count(); i-- > 0;)
      if (needed_[i])
        for (const Node input : graph_.record(i).inputs) needed_[input.index()] = 1;
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

  // Pieces of a long group, each with no more instructions and inputs than a TileProgram takes.
  void cut(const std::vector<std::uint32_t>& nodes, std::vector<std::vector<std::uint32_t>>& result) const {
    std::vector<std::uint32_t> piece;
    std::vector<Node> outside;
    const auto finish = [&] {
      if (piece.size() > 1) result.push_back(piece);
      piece.clear();
      outside.clear();
    };
    for (const std::uint32_t node : nodes) {
      const auto note_inputs = [&] {
        for (const Node input : graph_.record(node).inputs)
          if (std::find(piece.begin(), piece.end(), input.index()) == piece.end() && std::find(outside.begin(), outside.end(), input) == outside.end())
            outside.push_back(input);
      };
      note_inputs();
      if (piece.size() == TileProgram::most_instructions || outside.size() > TileProgram::most_inputs) {
        finish();
        note_inputs();
      }
      piece.push_back(node);
    }
    finish();
  }

  const Graph& graph_;
  std::vector<char> elementwise_;
  std::vector<int> depth_;
  std::vector<char> needed_;
  std::vector<std::uint32_t> parent_;
};

class Fuser {
 public:
  explicit Fuser(const Graph& before) : before_(before), after_(before), unit_(before.node_count()), lists_(Groups(before).lists()) {
    for (std::size_t list = 0; list < lists_.size(); ++list)
      for (const std::uint32_t node : lists_[list]) unit_[node] = static_cast<std::uint32_t>(list + 1);
    find_readers_outside();
  }

  // A group is emitted where its last member was, or before whatever reads it earlier.
  Graph fuse() {
    for (std::size_t i = 0; i < before_.node_count(); ++i)
      if (unit_[i] == 0 || lists_[unit_[i] - 1].back() == i) emit(static_cast<std::uint32_t>(i));
    return after_.finish();
  }

 private:
  bool is_done(Node node) const { return static_cast<bool>(after_(node)); }

  void find_readers_outside() {
    is_output_.resize(before_.node_count(), 0);
    for (std::size_t i = 0; i < before_.node_count(); ++i)
      for (const Node input : before_.record(i).inputs)
        if (unit_[input.index()] == 0 || unit_[input.index()] != unit_[i]) is_output_[input.index()] = 1;
    for (const auto& [name, node] : before_.outputs()) is_output_[node.index()] = 1;
    for (const Update& update : before_.updates()) is_output_[update.value.index()] = 1;
  }

  std::span<const std::uint32_t> members(const std::uint32_t& node) const {
    return unit_[node] == 0 ? std::span(&node, 1) : std::span<const std::uint32_t>(lists_[unit_[node] - 1]);
  }

  // Inputs first, on a stack of its own: graphs are deep.
  void emit(std::uint32_t first) {
    std::vector<std::uint32_t> stack{first};
    while (!stack.empty()) {
      const std::uint32_t node = stack.back();
      if (is_done(before_.node(node))) {
        stack.pop_back();
        continue;
      }
      const std::size_t before = stack.size();
      for (const std::uint32_t member : members(node))
        for (const Node input : before_.record(member).inputs)
          if (!is_done(input) && (unit_[input.index()] == 0 || unit_[input.index()] != unit_[node])) stack.push_back(input.index());
      if (stack.size() != before) continue;
      stack.pop_back();
      if (unit_[node] == 0) after_.copy(node);
      else emit_group(lists_[unit_[node] - 1]);
    }
  }

  void emit_group(const std::vector<std::uint32_t>& nodes) {
    std::vector<Node> inputs;  // of the old graph
    std::vector<TileProgram::Instruction> instructions;
    std::map<std::uint32_t, std::uint32_t> at;  // the instruction that a node became
    std::vector<std::uint32_t> outputs;
    for (const std::uint32_t node : nodes) {
      const NodeRecord& record = before_.record(node);
      TileProgram::Instruction instruction{std::dynamic_pointer_cast<const ElementwiseOp>(record.op), {}};
      for (const Node input : record.inputs) {
        if (const auto found = at.find(input.index()); found != at.end()) {
          instruction.operands.push_back({false, found->second});
          continue;
        }
        const auto place = std::find(inputs.begin(), inputs.end(), input);
        instruction.operands.push_back({true, static_cast<std::uint32_t>(place - inputs.begin())});
        if (place == inputs.end()) inputs.push_back(input);
      }
      at[node] = static_cast<std::uint32_t>(instructions.size());
      if (is_output_[node]) {
        instruction.output = static_cast<std::uint32_t>(outputs.size());
        outputs.push_back(node);
      }
      instructions.push_back(std::move(instruction));
    }
    const NodeRecord& last = before_.record(nodes.back());
    const SiteScope site(last.site);
    const Scope scope = after_.graph().enter(last.scope);
    std::vector<TensorType> types;
    for (const Node input : inputs) types.push_back(input.type());
    const auto op = std::make_shared<FusedElementwise>(TileProgram(std::move(instructions), types, last.outputs[0].shape));
    const std::vector<Node> new_inputs = after_(inputs);
    const std::vector<Operand> operands(new_inputs.begin(), new_inputs.end());
    const Node fused = make_node(op, operands);
    for (std::size_t k = 0; k < outputs.size(); ++k) {
      const Node output = fused.output(k);
      after_.replace(outputs[k], std::span(&output, 1));
    }
    for (const std::uint32_t node : nodes)
      if (!is_output_[node]) after_.replace(node, {});
  }

  const Graph& before_;
  Rewriter after_;
  std::vector<std::uint32_t> unit_;  // 1 + the list that a node is in; 0: none
  std::vector<std::vector<std::uint32_t>> lists_;
  std::vector<char> is_output_;
};

}  // namespace

Graph fuse_elementwise(const Graph& before) { return Fuser(before).fuse(); }

}  // namespace loglik
