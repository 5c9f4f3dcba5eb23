#include <algorithm>
#include <bit>
#include <cstdint>
#include <numeric>
#include <string_view>

#include "framework/leaves.h"
#include "framework/op.h"
#include "framework/passes/passes.h"
#include "framework/passes/rewriter.h"

namespace loglik {
namespace {

// Finds for each node the first that computes the same.
class Twins {
 public:
  explicit Twins(const Graph& graph) : graph_(graph), first_(graph.node_count()), hashes_(graph.node_count()), table_(std::bit_ceil(2 * graph.node_count() + 1), none) {
    std::iota(first_.begin(), first_.end(), 0u);
    for (std::uint32_t i = 0; i < first_.size(); ++i)
      if (!graph_.record(i).op->is_random()) first_[i] = find_or_insert(i);
  }
  const std::vector<std::uint32_t>& first() const { return first_; }

 private:
  static constexpr std::uint32_t none = UINT32_MAX;

  std::size_t hash(const NodeRecord& record) const {
    const std::size_t result = std::hash<std::string_view>()(record.op->name());
    if (record.inputs.empty()) {
      if (const auto* constant = dynamic_cast<const ConstantOp*>(record.op.get()))  // the first bytes tell most constants apart
        return result ^ std::hash<std::string_view>()({reinterpret_cast<const char*>(constant->value().data()), std::min<std::size_t>(constant->value().bytes(), 256)});
      if (const auto* variable = dynamic_cast<const VariableOp*>(record.op.get())) return mix(result, std::hash<const void*>()(variable->variable().get()));
    }
    std::size_t inputs = result;
    for (const Node input : record.inputs) inputs = mix(inputs, first_[input.index()] * 8 + input.output_index());
    return inputs;
  }
  static std::size_t mix(std::size_t hash, std::size_t value) {
    hash = (hash ^ value) * 0x9e3779b97f4a7c15u;
    return hash ^ (hash >> 29);
  }

  bool same(std::uint32_t a, std::uint32_t b) const {
    const NodeRecord &x = graph_.record(a), &y = graph_.record(b);
    const auto agree = [&](Node p, Node q) { return first_[p.index()] == first_[q.index()] && p.output_index() == q.output_index(); };
    return hashes_[a] == hashes_[b] && std::equal(x.inputs.begin(), x.inputs.end(), y.inputs.begin(), y.inputs.end(), agree) && x.op->same_as(*y.op);
  }

  std::uint32_t find_or_insert(std::uint32_t node) {
    hashes_[node] = hash(graph_.record(node));
    const std::size_t mask = table_.size() - 1;
    for (std::size_t slot = hashes_[node] & mask;; slot = (slot + 1) & mask) {
      if (table_[slot] == none) return table_[slot] = node;
      if (same(table_[slot], node)) return table_[slot];
    }
  }

  const Graph& graph_;
  std::vector<std::uint32_t> first_;
  std::vector<std::size_t> hashes_;
  std::vector<std::uint32_t> table_;  // open addressing, at most half full
};

}  // namespace

Graph eliminate_common_subexpressions(const Graph& before) {
  const Twins twins(before);
  const std::vector<std::uint32_t>& first = twins.first();
  const auto merged = [&](std::uint32_t i) { return first[i] != i; };
  bool any = false;
  for (std::uint32_t i = 0; i < first.size() && !any; ++i) any = merged(i);
  if (!any) return Graph(before.data());
  Rewriter after(before);
  for (std::uint32_t i = 0; i < first.size(); ++i) {
    if (!merged(i)) {
      after.copy(i);
      continue;
    }
    std::vector<Node> outputs;
    for (std::size_t k = 0; k < before.record(i).outputs.size(); ++k) outputs.push_back(after(before.node(first[i]).output(k)));
    after.replace(i, outputs);
  }
  return after.finish();
}

}  // namespace loglik
