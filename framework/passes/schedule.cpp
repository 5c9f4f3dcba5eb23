#include "framework/passes/schedule.h"

#include <algorithm>
#include <numeric>
#include <optional>
#include <set>
#include <unordered_map>

#include "framework/leaves.h"
#include "framework/op.h"
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
  if (is_leaf(value.op()) || value.op().is_alias()) return false;
  bool found = false;
  for (std::size_t k = 0; k < value.inputs().size(); ++k) {
    const Node input = value.inputs()[k];
    const VariableOp* read = variable_of(without_aliases(input));
    if (read == nullptr || !overlap(*read->variable(), update.variable.info())) continue;
    const bool same = read->variable() == update.variable.shared_info() && input.shape() == value.shape();
    if (!same || !value.op().may_overwrite(k, value.output_index())) return false;
    found = true;
  }
  return found;
}

// Updates by the Variables whose memory they write over: their own, the parts of a slab.
class Writers {
 public:
  void add(const VariableInfo& variable, std::size_t update) {
    writers_[&variable].push_back(update);
    for (const auto& part : variable.parts) writers_[part.get()].push_back(update);
  }
  void remove(const VariableInfo& variable, std::size_t update) {
    std::erase(writers_[&variable], update);
    for (const auto& part : variable.parts) std::erase(writers_[part.get()], update);
  }
  /// An update of which op `index` is not itself the value, that writes over what `read` reads; or none.
  std::optional<std::size_t> other_than(std::uint32_t index, const VariableInfo& read, const std::vector<Update>& updates) const {
    const auto look = [&](const VariableInfo* variable) -> std::optional<std::size_t> {
      if (const auto found = writers_.find(variable); found != writers_.end())
        for (const std::size_t u : found->second)
          if (updates[u].value.index() != index) return u;
      return {};
    };
    if (const auto u = look(&read)) return u;
    for (const auto& part : read.parts)
      if (const auto u = look(part.get())) return u;
    return {};
  }

 private:
  std::unordered_map<const VariableInfo*, std::vector<std::size_t>> writers_;
};

// An update, not of op `index` itself, that writes over a Variable which the op reads; or none.
std::optional<std::size_t> writer_under(const Graph& graph, std::uint32_t index, const Writers& writers, const std::vector<Update>& updates) {
  for (const Node input : graph.record(index).inputs)
    if (const VariableOp* read = variable_of(without_aliases(input)))
      if (const auto u = writers.other_than(index, *read->variable(), updates)) return u;
  return {};
}

// The nodes that write to the State, and what depends on them. Takes time in proportion to the edges, however many are taken back.
class Committing {
 public:
  explicit Committing(const Graph& graph) : graph_(graph), causes_(graph.node_count(), 0), first_(graph.node_count() + 1, 0) {
    for (std::size_t i = 0; i < graph.node_count(); ++i)
      for (const Node input : graph.record(i).inputs) ++first_[input.index() + 1];
    std::partial_sum(first_.begin(), first_.end(), first_.begin());
    readers_.resize(first_.back());
    std::vector<std::uint32_t> next(first_.begin(), first_.end() - 1);
    for (std::uint32_t i = 0; i < graph.node_count(); ++i)
      for (const Node input : graph.record(i).inputs) readers_[next[input.index()]++] = i;
  }

  bool operator()(std::uint32_t node) const { return causes_[node] > 0; }
  void add(std::uint32_t node) { ++causes_[node]; }
  void spread() {
    for (std::size_t i = 0; i < graph_.node_count(); ++i)
      for (const Node input : graph_.record(i).inputs) causes_[i] += causes_[input.index()] > 0;
  }
  void remove(std::uint32_t node) {
    std::vector<std::uint32_t> stack{node};
    while (!stack.empty()) {
      const std::uint32_t now = stack.back();
      stack.pop_back();
      if (--causes_[now] == 0) stack.insert(stack.end(), readers_.begin() + first_[now], readers_.begin() + first_[now + 1]);
    }
  }

 private:
  const Graph& graph_;
  std::vector<std::uint32_t> causes_;  // updates whose value the node is, and inputs that commit
  std::vector<std::uint32_t> first_;   // where a node's readers begin in `readers_`
  std::vector<std::uint32_t> readers_;
};

}  // namespace

Schedule schedule(const Graph& graph) {
  const std::vector<char> live = live_nodes(graph);
  const std::vector<char> needed = needed_by_outputs(graph);
  const auto& updates = graph.updates();
  Schedule result;
  result.in_place.resize(updates.size());
  std::set<std::pair<std::uint32_t, std::uint32_t>> written;  // a value is written over one Variable; for others it is copied
  for (std::size_t u = 0; u < updates.size(); ++u) {
    const Node value = updates[u].value;
    result.in_place[u] = !needed[value.index()] && can_overwrite(updates[u]) && written.emplace(value.index(), value.output_index()).second;
  }

  Writers writers;
  Committing commits(graph);
  for (std::size_t u = 0; u < updates.size(); ++u)
    if (result.in_place[u]) {
      commits.add(updates[u].value.index());
      writers.add(updates[u].variable.info(), u);
    }
  commits.spread();
  for (std::uint32_t i = 0; i < graph.node_count(); ++i)  // an update that turns out not to be in place may free others, never bind earlier ones
    while (live[i] && commits(i)) {
      const auto other = writer_under(graph, i, writers, updates);
      if (!other) break;
      result.in_place[*other] = 0;
      writers.remove(updates[*other].variable.info(), *other);
      commits.remove(updates[*other].value.index());
    }

  for (const bool phase : {false, true}) {
    if (phase) result.commit = result.nodes.size();
    for (std::uint32_t i = 0; i < graph.node_count(); ++i)
      if (live[i] && commits(i) == phase && !(graph.record(i).inputs.empty() && is_leaf(*graph.record(i).op))) result.nodes.push_back(i);
  }
  return result;
}

namespace {

bool needs_protection(const Graph& graph) {
  const auto is_variable = [](Node node) { return variable_of(without_aliases(node)) != nullptr; };
  return std::any_of(graph.updates().begin(), graph.updates().end(), [&](const Update& update) { return is_variable(update.value); }) ||
         std::any_of(graph.outputs().begin(), graph.outputs().end(), [&](const auto& output) { return is_variable(output.second); });
}

}  // namespace

Graph protect_updates(const Graph& before) {
  if (!needs_protection(before)) return Graph(before.data());
  Rewriter rewriter(before);
  for (std::size_t i = 0; i < before.node_count(); ++i) rewriter.copy(i);
  Graph after = rewriter.finish();
  const auto with_copy = [](Node node) {
    const SiteScope site(node.site());
    return copy(node);
  };
  std::vector<Update>& updates = after.data()->updates;
  for (auto& [name, node] : after.data()->outputs) {
    const VariableOp* read = variable_of(without_aliases(node));
    const auto changes = [&](const Update& update) { return overlap(*read->variable(), update.variable.info()); };
    if (read != nullptr && std::any_of(updates.begin(), updates.end(), changes)) node = with_copy(node);
  }
  for (Update& update : updates)
    if (variable_of(without_aliases(update.value)) != nullptr) update.value = with_copy(update.value);
  return after;
}

}  // namespace loglik
