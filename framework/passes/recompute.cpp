// Values of the forward pass that the backward pass reads are kept all the time in between, or computed again from those that are kept.
//
// What is computed again goes by groups: elementwise ops that are computed in one go (elementwise_groups.h) are one, any other op is one of
// its own. Groups that take fewest operations a byte come first; among those that take about as many, each lies as far as can be from those
// before it, so that what is left over is spread evenly and serves as checkpoints. Plans are tried with ever longer beginnings of that list. A
// copy stands right before the first op of the backward pass that reads it, and takes the place of the first for all that follow.
#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <optional>
#include <tuple>
#include <utility>

#include "framework/leaves.h"
#include "framework/passes/elementwise_groups.h"
#include "framework/passes/passes.h"
#include "framework/passes/plan_memory.h"
#include "framework/passes/rewriter.h"

namespace loglik {
namespace {

constexpr std::size_t most_plans = 32;

class Forward {
 public:
  Forward(const Graph& graph, std::uint32_t loss, const Sizes& sizes) : graph_(graph), end_(loss + 1), group_(end_, no_group) {
    find_groups();
    keep_outputs();
    weigh(sizes);
  }

  std::size_t group_count() const { return order_.size(); }

  /// The graph in which these many groups are computed again.
  Graph recompute(std::size_t groups) const {
    std::vector<char> chosen(end_, 0);  // by group
    for (std::size_t k = 0; k < groups; ++k) chosen[order_[k]] = 1;
    std::vector<char> again(graph_.node_count(), 0);
    for (std::uint32_t i = 0; i < end_; ++i) {
      if (kept_[i]) continue;
      if (graph_.record(i).op->is_alias()) again[i] = again[graph_.record(i).inputs[0].index()];
      else again[i] = group_[i] != no_group && chosen[group_[i]];
    }
    Rewriter after(graph_);
    for (std::uint32_t i = 0; i < graph_.node_count(); ++i) {
      if (i >= end_) copy_inputs(i, again, after);
      after.copy(i);
    }
    return after.finish();
  }

 private:
  void find_groups() {
    const std::vector<std::uint32_t> elementwise = elementwise_groups(graph_);
    for (std::uint32_t i = 0; i < end_; ++i)
      if (!is_leaf(*graph_.record(i).op) && !graph_.record(i).op->is_alias()) group_[i] = elementwise[i] == no_group ? i : elementwise[i];
  }

  // What lives to the end of the step needs no copy.
  void keep_outputs() {
    kept_.resize(end_, 0);
    const auto keep = [&](Node node) {
      if (node.index() < end_) kept_[node.index()] = 1;
    };
    for (const auto& [name, node] : graph_.outputs()) keep(node);
    for (const Update& update : graph_.updates()) keep(update.value);
    for (std::uint32_t i = end_; i-- > 0;)
      if (kept_[i] && graph_.record(i).op->is_alias()) keep(graph_.record(i).inputs[0]);
  }

  void weigh(const Sizes& sizes) {
    std::vector<double> operations(end_, 0), bytes(end_, 0);
    std::vector<TensorType> types;
    for (std::uint32_t i = 0; i < end_; ++i) {
      if (group_[i] == no_group || kept_[i]) continue;
      const NodeRecord& record = graph_.record(i);
      types.clear();
      for (const Node input : record.inputs) types.push_back(bind(input.type(), sizes));
      operations[group_[i]] += record.op->flops(types);
      for (const TensorType& type : record.outputs)
        bytes[group_[i]] += static_cast<double>(count(type.shape.bind(sizes))) * static_cast<double>(size_of(type.dtype));
    }
    std::vector<std::tuple<int, std::uint32_t, std::uint32_t>> ranked;  // log₂ of the operations a byte, place among the like, group
    for (std::uint32_t group = 0; group < end_; ++group)
      if (bytes[group] > 0) ranked.emplace_back(static_cast<int>(std::floor(std::log2(operations[group] / bytes[group] + 1e-3))), 0, group);
    std::sort(ranked.begin(), ranked.end());
    for (auto begin = ranked.begin(); begin != ranked.end();) {
      const auto end = std::find_if(begin, ranked.end(), [&](const auto& other) { return std::get<0>(other) != std::get<0>(*begin); });
      const int bits = std::bit_width(static_cast<std::size_t>(end - begin - 1));
      for (auto place = begin; place != end; ++place)
        for (int bit = 0; bit < bits; ++bit)
          if ((place - begin) >> bit & 1) std::get<1>(*place) |= 1u << (bits - 1 - bit);  // bits reversed: halves, then quarters, …
      begin = end;
    }
    std::sort(ranked.begin(), ranked.end());
    for (const auto& [cost, place, group] : ranked) order_.push_back(group);
  }

  // Copies what node `index` reads and what is wanted anew for that, inputs first, on a stack of its own: graphs are deep.
  void copy_inputs(std::uint32_t index, std::vector<char>& again, Rewriter& after) const {
    std::vector<std::uint32_t> stack{index};
    while (!stack.empty()) {
      const std::uint32_t now = stack.back();
      const std::size_t before = stack.size();
      for (const Node input : graph_.record(now).inputs)
        if (again[input.index()]) stack.push_back(input.index());
      if (stack.size() != before) continue;
      stack.pop_back();
      if (now != index && std::exchange(again[now], 0)) after.copy(now);
    }
  }

  const Graph& graph_;
  std::uint32_t end_;  // the loss is the last of the forward pass
  std::vector<std::uint32_t> group_;
  std::vector<char> kept_;
  std::vector<std::uint32_t> order_;  // groups, the first to be computed again first
};

}  // namespace

Recomputed recompute(const Graph& before, std::string_view loss, const Sizes& sizes, std::size_t budget, const PlanBytes& plan_bytes) {
  Recomputed best{Graph(before.data()), plan_bytes(before)};
  const auto objective = std::find_if(before.outputs().begin(), before.outputs().end(), [&](const auto& output) { return output.first == loss; });
  if (best.bytes <= budget || objective == before.outputs().end()) return best;
  const Forward forward(before, objective->second.index(), sizes);
  std::size_t tried = 0;
  for (std::size_t plan = 1; plan <= most_plans && best.bytes > budget; ++plan) {
    const std::size_t groups = (forward.group_count() * plan + most_plans - 1) / most_plans;
    if (groups == std::exchange(tried, groups)) continue;
    Graph graph = forward.recompute(groups);
    if (const std::size_t bytes = plan_bytes(graph); bytes < best.bytes) best = {std::move(graph), bytes};
  }
  return best;
}

}  // namespace loglik
