#include "framework/passes/rewriter.h"

#include <fmt/format.h>

#include "framework/error.h"
#include "framework/leaves.h"
#include "framework/op.h"

namespace loglik {

Rewriter::Rewriter(const Graph& before) : before_(before) {
  after_.data()->scopes = before.data()->scopes;
  after_.data()->nodes.reserve(before.node_count());
  first_.reserve(before.node_count() + 1);
  std::uint32_t outputs = 0;
  for (std::size_t i = 0; i < before.node_count(); ++i) {
    first_.push_back(outputs);
    outputs += static_cast<std::uint32_t>(before.record(i).outputs.size());
  }
  first_.push_back(outputs);
  map_.resize(outputs);
}

Node Rewriter::operator()(Node old) const {
  if (!old) return {};
  return map_[first_[old.index()] + old.output_index()];
}

std::vector<Node> Rewriter::operator()(std::span<const Node> old) const {
  std::vector<Node> result;
  result.reserve(old.size());
  for (const Node node : old) result.push_back((*this)(node));
  return result;
}

Node Rewriter::copy(std::size_t index) { return copy(index, (*this)(before_.record(index).inputs)); }

Node Rewriter::copy(std::size_t index, std::vector<Node> inputs) {
  const NodeRecord& old = before_.record(index);
  for (std::size_t k = 0; k < inputs.size(); ++k)
    if (!inputs[k])
      throw ArgumentError(fmt::format("{} at {} reads output {} of {}, which a pass left out", old.op->name(), to_string(old.site), old.inputs[k].output_index(), old.inputs[k].op().name()));
  GraphData& data = *after_.data();
  const Node first(&data, static_cast<std::uint32_t>(data.nodes.size()), 0);
  for (std::uint32_t k = 0; k < old.outputs.size(); ++k) map_[first_[index] + k] = Node(&data, first.index(), k);
  if (inputs.empty())
    if (const auto* variable = dynamic_cast<const VariableOp*>(old.op.get())) data.variables.emplace_back(variable->variable().get(), first);
  data.nodes.push_back({old.op, std::move(inputs), old.outputs, old.site, old.scope, old.name, old.named_output});
  note_name(first);
  return first;
}

void Rewriter::replace(std::size_t index, std::span<const Node> with) {
  const NodeRecord& old = before_.record(index);
  for (std::size_t k = 0; k < old.outputs.size(); ++k) map_[first_[index] + k] = k < with.size() ? with[k] : Node();
  if (old.name.empty() || old.named_output >= with.size()) return;
  const Node node = with[old.named_output];
  NodeRecord& now = after_.data()->nodes[node.index()];
  if (!now.name.empty() || now.op->is_random()) return;  // a random op draws by its name: another one, other bits
  now.name = old.name;
  now.named_output = node.output_index();
  now.scope = old.scope;
  note_name(node);
}

void Rewriter::note_name(Node node) {
  const NodeRecord& record = after_.data()->nodes[node.index()];
  if (!record.name.empty()) after_.data()->names.insert_or_assign(name_key(record.scope, record.name), node.index());
}

Graph Rewriter::finish() {
  for (const auto& [name, node] : before_.outputs())
    if (const Node now = (*this)(node)) after_.data()->outputs.emplace_back(name, now);
  for (const Update& update : before_.updates()) {
    const Node value = (*this)(update.value);
    const Node variable = (*this)(update.variable.value());
    if (value && variable) after_.data()->updates.push_back({Variable(update.variable.shared_info(), variable), value});
  }
  return std::move(after_);
}

std::vector<char> live_nodes(const Graph& graph) {
  std::vector<char> live(graph.node_count(), 0);
  for (const auto& [name, node] : graph.outputs()) live[node.index()] = 1;
  for (const Update& update : graph.updates()) live[update.value.index()] = live[update.variable.value().index()] = 1;
  for (std::size_t i = graph.node_count(); i-- > 0;)
    if (live[i])
      for (const Node input : graph.record(i).inputs) live[input.index()] = 1;
  return live;
}

std::vector<char> needed_by_outputs(const Graph& graph) {
  std::vector<char> needed(graph.node_count(), 0);
  for (const auto& [name, node] : graph.outputs()) needed[node.index()] = 1;
  for (std::size_t i = graph.node_count(); i-- > 0;)
    if (needed[i])
      for (const Node input : graph.record(i).inputs) needed[input.index()] = 1;
  return needed;
}

}  // namespace loglik
