#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <unordered_map>

#include "framework/error.h"
#include "framework/head.h"
#include "framework/leaves.h"
#include "framework/passes/passes.h"
#include "framework/passes/walk.h"

namespace loglik {

namespace {
// Is the scope in one that nothing needed so far, so that it has no number yet?
bool waits_for_number(const GraphData& data, int scope) {
  for (; scope > 0; scope = data.scopes[static_cast<std::size_t>(scope)].parent)
    if (const ScopeRecord& record = data.scopes[static_cast<std::size_t>(scope)]; record.numbered && record.number == 0) return true;
  return false;
}
}  // namespace

void number_layers(Graph& graph, std::span<const Node> more) {
  GraphData& data = *graph.data();
  std::map<std::pair<int, std::string>, int> used;  // highest number of a kind in a scope
  for (const ScopeRecord& scope : data.scopes)
    if (scope.number > 0) used[{scope.parent, scope.name}] = std::max(used[{scope.parent, scope.name}], scope.number);

  InputsFirst walk(graph);
  const auto visit = [&](Node root) {
    walk.visit(root, [&](std::uint32_t index) {
      for (int scope = data.nodes[index].scope; scope > 0;) {
        ScopeRecord& record = data.scopes[static_cast<std::size_t>(scope)];
        if (record.numbered && record.number == 0) record.number = ++used[{record.parent, record.name}];
        scope = record.parent;
      }
    });
  };
  for (const auto& head : graph.heads()) visit(head->nll);
  for (const auto& head : graph.heads())
    if (head->score) visit(head->score);
  for (const Term& term : graph.terms()) visit(term.node);
  for (const Update& update : graph.updates()) visit(update.value);
  for (const auto& [name, node] : graph.outputs()) visit(node);
  for (const auto& head : graph.heads())
    for (const auto& [name, node] : head->answers) visit(node);
  std::vector<std::pair<std::string, Node>> named;  // fetched by name: computed even if nothing above needs them
  for (std::size_t i = 0; i < graph.node_count(); ++i)
    if (const NodeRecord& record = graph.record(i); !record.name.empty() && dynamic_cast<const VariableOp*>(record.op.get()) == nullptr)
      named.emplace_back(graph.name(i), graph.node(i));
  std::stable_sort(named.begin(), named.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  for (const auto& [name, node] : named) visit(node);
  for (const Node node : more) visit(node);

  std::unordered_map<std::string, Site> names;
  for (const auto& [info, node] : data.variables) {
    const auto [other, fresh] = names.emplace(node.name(), node.site());
    if (!fresh && !waits_for_number(data, data.nodes[node.index()].scope))
      throw NameError(fmt::format("two Variables are named \"{}\", made at {} and {}: name one of their scopes otherwise", node.name(),
                                  to_string(other->second), to_string(node.site())));
  }
}

}  // namespace loglik
