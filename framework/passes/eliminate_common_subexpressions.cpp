#include <algorithm>
#include <string_view>
#include <unordered_map>

#include "framework/leaves.h"
#include "framework/op.h"
#include "framework/passes/passes.h"
#include "framework/passes/rewriter.h"

namespace loglik {
namespace {

std::size_t hash(const Op& op, std::span<const Node> inputs) {
  std::size_t result = std::hash<std::string_view>()(op.name());
  if (const auto* constant = dynamic_cast<const ConstantOp*>(&op))  // the first bytes tell most constants apart
    return result ^ std::hash<std::string_view>()({reinterpret_cast<const char*>(constant->value().data()), std::min<std::size_t>(constant->value().bytes(), 256)});
  if (const auto* variable = dynamic_cast<const VariableOp*>(&op)) return result ^ std::hash<const void*>()(variable->variable().get());
  for (const Node input : inputs) result = (result ^ (input.index() * 8 + input.output_index())) * 0x9e3779b97f4a7c15u + (result >> 29);
  return result;
}

}  // namespace

Graph eliminate_common_subexpressions(const Graph& before) {
  Rewriter after(before);
  std::unordered_multimap<std::size_t, Node> seen;  // nodes of the new graph
  for (std::size_t i = 0; i < before.node_count(); ++i) {
    const NodeRecord& record = before.record(i);
    const std::vector<Node> inputs = after(record.inputs);
    const std::size_t key = hash(*record.op, inputs);
    Node same;
    if (!record.op->is_random()) {
      const auto [first, last] = seen.equal_range(key);
      for (auto candidate = first; candidate != last && !same; ++candidate)
        if (candidate->second.inputs() == inputs && candidate->second.op().same_as(*record.op)) same = candidate->second;
    }
    if (!same) {
      seen.emplace(key, after.copy(i));
      continue;
    }
    std::vector<Node> outputs;
    for (std::size_t k = 0; k < record.outputs.size(); ++k) outputs.push_back(same.output(k));
    after.replace(i, outputs);
  }
  return after.finish();
}

}  // namespace loglik
