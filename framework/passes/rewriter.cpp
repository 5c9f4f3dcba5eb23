#include "framework/passes/rewriter.h"

#include <fmt/format.h>

#include "framework/error.h"
#include "framework/leaves.h"
#include "framework/op.h"

namespace loglik {

Rewriter::Rewriter(const Graph& before) : before_(before), map_(before.node_count()) {
  after_.data()->scopes = before.data()->scopes;
  after_.data()->nodes.reserve(before.node_count());
}

Node Rewriter::operator()(Node old) const {
  if (!old) return {};
  const auto& outputs = map_[old.index()];
  return old.output_index() < outputs.size() ? outputs[old.output_index()] : Node();
}

std::vector<Node> Rewriter::operator()(std::span<const Node> old) const {
  std::vector<Node> result;
  result.reserve(old.size());
  for (const Node node : old) result.push_back((*this)(node));
  return result;
}

Node Rewriter::copy(std::size_t index) {
  NodeRecord record = before_.record(index);
  for (Node& input : record.inputs) {
    const Node old = input;
    input = (*this)(old);
    if (!input)
      throw ArgumentError(fmt::format("{} at {} reads output {} of {}, which a pass left out", record.op->name(), to_string(record.site), old.output_index(), old.op().name()));
  }
  auto& nodes = after_.data()->nodes;
  const Node first(after_.data().get(), static_cast<std::uint32_t>(nodes.size()), 0);
  for (std::size_t i = 0; i < record.outputs.size(); ++i) map_[index].push_back(Node(after_.data().get(), first.index(), static_cast<std::uint32_t>(i)));
  if (const auto* variable = dynamic_cast<const VariableOp*>(record.op.get()))
    after_.data()->variables.emplace_back(variable->variable().get(), first);
  nodes.push_back(std::move(record));
  note_name(first);
  return first;
}

void Rewriter::replace(std::size_t index, std::span<const Node> with) {
  map_[index].assign(with.begin(), with.end());
  const NodeRecord& old = before_.record(index);
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

}  // namespace loglik
