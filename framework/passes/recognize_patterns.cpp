#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "framework/error.h"
#include "framework/leaves.h"
#include "framework/passes/passes.h"
#include "framework/passes/rewriter.h"
#include "framework/pattern.h"

namespace loglik {
namespace {

using Patterns = std::map<std::string_view, std::vector<Pattern>>;  // by the name of the root's op

Patterns brought_by_ops(const Graph& graph) {
  Patterns result;
  for (std::size_t i = 0; i < graph.node_count(); ++i)
    for (const Pattern& pattern : graph.record(i).op->patterns()) {
      std::vector<Pattern>& known = result[pattern.root];
      const auto same = [&](const Pattern& other) { return other.recognize == pattern.recognize; };
      if (std::none_of(known.begin(), known.end(), same)) known.push_back(pattern);
    }
  return result;
}

// How often each output of each node is used. What a replacement has left dead still counts, until remove_dead_nodes.
class Readers {
 public:
  void add(Node node, std::uint32_t times = 1) {
    if (node.index() >= counts_.size()) counts_.resize(node.index() + 1);
    std::vector<std::uint32_t>& outputs = counts_[node.index()];
    if (node.output_index() >= outputs.size()) outputs.resize(node.output_index() + 1, 0);
    outputs[node.output_index()] += times;
  }
  std::uint32_t of(Node node) const {
    if (node.index() >= counts_.size() || node.output_index() >= counts_[node.index()].size()) return 0;
    return counts_[node.index()][node.output_index()];
  }

 private:
  std::vector<std::vector<std::uint32_t>> counts_;
};

class Recognizer {
 public:
  Recognizer(const Graph& before, const Patterns& patterns) : before_(before), patterns_(patterns), after_(before) {
    for (std::size_t i = 0; i < before.node_count(); ++i)
      for (const Node input : before.record(i).inputs) readers_before_.add(input);
    for (const auto& [name, node] : before.outputs()) readers_before_.add(node);
    for (const Update& update : before.updates()) readers_before_.add(update.value);
  }

  /// Whether anything was recognised.
  bool run() {
    bool any = false;
    for (std::size_t i = 0; i < before_.node_count(); ++i) {
      const NodeRecord& record = before_.record(i);
      std::vector<std::uint32_t> used;
      for (std::size_t k = 0; k < record.outputs.size(); ++k) used.push_back(readers_before_.of(before_.node(i).output(k)));
      std::vector<Node> now = replacement(i, used);
      if (now.empty()) {
        const Node copy = after_.copy(i);
        for (std::size_t k = 0; k < used.size(); ++k) readers_.add(copy.output(k), used[k]);
        continue;
      }
      any = true;
      for (std::size_t k = 0; k < used.size(); ++k)
        if (k < now.size() && now[k]) readers_.add(now[k], used[k]);
      after_.replace(i, now);
    }
    return any;
  }
  Graph finish() { return after_.finish(); }

 private:
  std::vector<Node> replacement(std::size_t i, std::span<const std::uint32_t> used) {
    const NodeRecord& record = before_.record(i);
    const auto patterns = patterns_.find(record.op->name());
    if (patterns == patterns_.end() || record.inputs.empty()) return {};
    const SiteScope site(record.site);
    const Scope scope = after_.graph().enter(record.scope);
    const std::vector<Node> inputs = after_(record.inputs);
    const std::size_t first_new = after_.graph().node_count();
    const PatternArgs::Readers readers = [&](Node node) { return readers_.of(node); };
    for (const Pattern& pattern : patterns->second) {
      std::vector<Node> now = pattern.recognize(PatternArgs(record.op, inputs, record.outputs, used, readers));
      if (now.empty()) continue;
      require_types(record, used, now);
      for (std::size_t k = first_new; k < after_.graph().node_count(); ++k)
        for (const Node input : after_.graph().record(k).inputs) readers_.add(input);
      return now;
    }
    return {};
  }

  static void require_types(const NodeRecord& record, std::span<const std::uint32_t> used, std::span<const Node> now) {
    for (std::size_t k = 0; k < used.size(); ++k) {
      const Node node = k < now.size() ? now[k] : Node();
      if (node ? node.type() == record.outputs[k] : used[k] == 0) continue;
      throw ArgumentError(fmt::format("a pattern of {} puts {} in place of its output {}, {}", record.op->name(),
                                      node ? fmt::format("{} {}", node.op().name(), to_string(node.type())) : "nothing", k, to_string(record.outputs[k])));
    }
  }

  const Graph& before_;
  const Patterns& patterns_;
  Rewriter after_;
  Readers readers_before_, readers_;
};

bool same_value(Node a, Node b, int levels) {
  if (a == b) return true;
  if (levels == 0 || a.output_index() != b.output_index() || a.type() != b.type() || a.op().is_random() || a.inputs().size() != b.inputs().size() ||
      !a.op().same_as(b.op()))
    return false;
  for (std::size_t k = 0; k < a.inputs().size(); ++k)
    if (!same_value(a.inputs()[k], b.inputs()[k], levels - 1)) return false;
  return true;
}

}  // namespace

bool same_value(Node a, Node b) { return same_value(a, b, 6); }

Graph recognize_patterns(const Graph& before) {
  const Patterns patterns = brought_by_ops(before);
  Graph after(before.data());
  for (std::size_t count = before.node_count() + 1; after.node_count() < count && !patterns.empty();) {
    count = after.node_count();
    Recognizer round(after, patterns);
    if (!round.run()) break;
    after = remove_dead_nodes(round.finish());
  }
  return after;
}

}  // namespace loglik
