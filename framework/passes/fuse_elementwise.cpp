// Groups of elementwise ops of one shape that read each other become one op, which keeps what passes between them in the L1 cache.
#include <algorithm>
#include <map>
#include <memory>

#include "framework/elementwise.h"
#include "framework/fused_elementwise.h"
#include "framework/passes/elementwise_groups.h"
#include "framework/passes/passes.h"
#include "framework/passes/rewriter.h"

namespace loglik {
namespace {

// Lists of two nodes or more, each in the graph's order and short enough for a TileProgram.
class Lists {
 public:
  explicit Lists(const Graph& graph) : graph_(graph) {
    std::map<std::uint32_t, std::vector<std::uint32_t>> by_group;
    const std::vector<std::uint32_t> groups = elementwise_groups(graph);
    for (std::uint32_t i = 0; i < graph.node_count(); ++i)
      if (groups[i] != no_group) by_group[groups[i]].push_back(i);
    for (const auto& [group, nodes] : by_group) cut(nodes);
  }
  std::vector<std::vector<std::uint32_t>> operator()() && { return std::move(lists_); }

 private:
  // Pieces of a long group, each with no more instructions and inputs than a TileProgram takes.
  void cut(const std::vector<std::uint32_t>& nodes) {
    std::vector<std::uint32_t> piece;
    std::vector<Node> outside;
    const auto finish = [&] {
      if (piece.size() > 1) lists_.push_back(piece);
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
  std::vector<std::vector<std::uint32_t>> lists_;
};

class Fuser {
 public:
  explicit Fuser(const Graph& before) : before_(before), after_(before), unit_(before.node_count()), lists_(Lists(before)()) {
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
