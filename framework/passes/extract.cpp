#include "framework/passes/passes.h"
#include "framework/passes/rewriter.h"
#include "framework/passes/walk.h"

namespace loglik {

Graph extract(const Graph& graph, std::span<const std::pair<std::string, Node>> outputs, std::span<const Update> updates) {
  Rewriter after(graph);
  InputsFirst walk(graph);
  const auto copy = [&](std::uint32_t index) { after.copy(index); };
  for (const auto& [name, node] : outputs) walk.visit(node, copy);
  for (const Update& update : updates) {
    walk.visit(update.value, copy);
    walk.visit(update.variable.value(), copy);
  }
  GraphData& data = *after.graph().data();
  for (const auto& [name, node] : outputs) data.outputs.emplace_back(name, after(node));
  for (const Update& update : updates)
    data.updates.push_back({Variable(update.variable.shared_info(), after(update.variable.value())), after(update.value)});
  return std::move(after.graph());
}

}  // namespace loglik
