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

void number_layers(Graph& graph) {
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
  for (const Term& term : graph.terms()) visit(term.node);
  for (const Update& update : graph.updates()) visit(update.value);
  for (const auto& [name, node] : graph.outputs()) visit(node);
  for (const auto& head : graph.heads())
    for (const auto& [name, node] : head->answers) visit(node);

  std::unordered_map<std::string, Site> names;
  for (const auto& [info, node] : data.variables) {
    const auto [other, fresh] = names.emplace(node.name(), node.site());
    if (!fresh)
      throw NameError(fmt::format("two Variables are named \"{}\", made at {} and {}: name one of their scopes otherwise", node.name(),
                                  to_string(other->second), to_string(node.site())));
  }
}

}  // namespace loglik
