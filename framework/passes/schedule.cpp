#include "framework/passes/schedule.h"

#include <algorithm>
#include <unordered_map>

#include "framework/leaves.h"
#include "framework/passes/rewriter.h"
#include "framework/primitives.h"

namespace loglik {
namespace {

const VariableOp* variable_of(Node node) { return dynamic_cast<const VariableOp*>(&node.op()); }

// The node whose memory this one is.
Node without_aliases(Node node) {
  while (node.op().is_alias()) node = node.inputs()[0];
  return node;
}

// All Variables that share memory with this one: itself and the parts of a slab.
bool overlap(const VariableInfo& a, const VariableInfo& b) {
  const auto holds = [](const VariableInfo& slab, const VariableInfo& part) {
    return std::any_of(slab.parts.begin(), slab.parts.end(), [&](const auto& p) { return p.get() == &part; });
  };
  return &a == &b || holds(a, b) || holds(b, a);
}

// Can the update's value be written over its Variable by the op that computes it?
bool can_overwrite(const Update& update) {
  const Node value = update.value;
  if (value.inputs().empty() || value.op().is_alias()) return false;
  for (std::size_t k = 0; k < value.inputs().size(); ++k)
    if (value.inputs()[k] == update.variable.value() && value.op().may_overwrite(k, value.output_index())) return true;
  return false;
}

}  // namespace

Schedule schedule(const Graph& graph) {
  const std::vector<char> live = live_nodes(graph);
  const auto& updates = graph.updates();
  Schedule result;
  result.in_place.resize(updates.size());
  for (std::size_t u = 0; u < updates.size(); ++u) result.in_place[u] = can_overwrite(updates[u]);

  std::vector<char> commits(graph.node_count(), 0);
  for (bool changed = true; changed;) {  // an update that turns out not to be in place may free others: at most a round each
    changed = false;
    std::fill(commits.begin(), commits.end(), 0);
    for (std::size_t u = 0; u < updates.size(); ++u)
      if (result.in_place[u]) commits[updates[u].value.index()] = 1;
    for (std::size_t i = 0; i < graph.node_count(); ++i)
      for (const Node input : graph.record(i).inputs) commits[i] |= commits[input.index()];
    for (std::size_t u = 0; u < updates.size() && !changed; ++u) {
      if (!result.in_place[u]) continue;
      for (std::size_t i = 0; i < graph.node_count() && !changed; ++i) {
        if (!live[i] || !commits[i] || i == updates[u].value.index()) continue;
        for (const Node input : graph.record(i).inputs) {
          const VariableOp* read = variable_of(without_aliases(input));
          if (read != nullptr && overlap(*read->variable(), updates[u].variable.info())) {
            result.in_place[u] = 0;
            changed = true;
          }
        }
      }
    }
  }

  for (int phase : {0, 1}) {
    if (phase == 1) result.commit = result.nodes.size();
    for (std::size_t i = 0; i < graph.node_count(); ++i)
      if (live[i] && commits[i] == phase && !graph.record(i).inputs.empty()) result.nodes.push_back(static_cast<std::uint32_t>(i));
      else if (live[i] && phase == 0 && graph.record(i).inputs.empty() && graph.record(i).op->is_random()) result.nodes.push_back(static_cast<std::uint32_t>(i));
  }
  return result;
}

Graph protect_updates(const Graph& before) {
  Rewriter rewriter(before);
  for (std::size_t i = 0; i < before.node_count(); ++i) rewriter.copy(i);
  Graph after = rewriter.finish();
  for (Update& update : after.data()->updates)
    if (variable_of(without_aliases(update.value)) != nullptr) update.value = copy(update.value);
  return after;
}

}  // namespace loglik
