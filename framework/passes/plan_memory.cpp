#include "framework/passes/plan_memory.h"

#include <algorithm>
#include <optional>

#include "framework/leaves.h"
#include "framework/op.h"
#include "framework/passes/pack_buffers.h"

namespace loglik {
namespace {

constexpr std::size_t alignment = 64;
std::size_t aligned(std::size_t bytes) { return (bytes + alignment - 1) / alignment * alignment; }

// A part of a `pack`, to be computed at its place in the packed tensor.
struct Part {
  Node pack;
  std::int64_t offset;
};

class Planner {
 public:
  Planner(const Graph& graph, const Schedule& schedule) : graph_(graph), schedule_(schedule), end_(schedule.nodes.size()) {}

  MemoryPlan plan() {
    find_last_uses();
    plan_.values.resize(graph_.node_count());
    parts_.resize(graph_.node_count());
    for (std::size_t i = 0; i < graph_.node_count(); ++i) {
      plan_.values[i].resize(graph_.record(i).outputs.size());
      parts_[i].resize(graph_.record(i).outputs.size());
    }
    place_leaves();
    for (std::size_t u = 0; u < graph_.updates().size(); ++u)
      if (schedule_.in_place[u]) {
        const Update& update = graph_.updates()[u];
        location(update.value) = {Location::Kind::variable, update.variable.value().index(), 0};
      }
    for (std::uint32_t node : schedule_.nodes)
      if (graph_.record(node).op->packs_inputs()) claim_parts(node);
    for (std::size_t position = 0; position < schedule_.nodes.size(); ++position) place(position);
    return std::move(plan_);
  }

 private:
  Location& location(Node node) { return plan_.values[node.index()][node.output_index()]; }
  std::size_t& last_use(Node node) { return last_use_[node.index()][node.output_index()]; }

  void find_last_uses() {
    last_use_.resize(graph_.node_count());
    for (std::size_t i = 0; i < graph_.node_count(); ++i) last_use_[i].resize(graph_.record(i).outputs.size());
    for (std::size_t position = 0; position < end_; ++position)
      for (const Node input : graph_.record(schedule_.nodes[position]).inputs) last_use(input) = position;
    for (const auto& [name, node] : graph_.outputs()) last_use(node) = end_;
    for (const Update& update : graph_.updates()) last_use(update.value) = end_;
    for (std::size_t position = end_; position-- > 0;) {  // what an alias shows is in use as long as the alias
      const Node node = graph_.node(schedule_.nodes[position]);
      if (node.op().is_alias()) last_use(node.inputs()[0]) = std::max(last_use(node.inputs()[0]), last_use(node));
    }
  }

  std::uint32_t new_buffer(const TensorType& type, std::size_t first, std::size_t last) {
    plan_.buffers.push_back({type, first, last});
    return static_cast<std::uint32_t>(plan_.buffers.size() - 1);
  }

  void place_leaves() {
    for (std::size_t i = 0; i < graph_.node_count(); ++i) {
      const NodeRecord& record = graph_.record(i);
      const auto index = static_cast<std::uint32_t>(i);
      if (dynamic_cast<const InputOp*>(record.op.get()) != nullptr) plan_.values[i][0] = {Location::Kind::buffer, new_buffer(record.outputs[0], 0, end_), 0};
      else if (dynamic_cast<const ConstantOp*>(record.op.get()) != nullptr) plan_.values[i][0] = {Location::Kind::constant, index, 0};
      else if (dynamic_cast<const VariableOp*>(record.op.get()) != nullptr) plan_.values[i][0] = {Location::Kind::variable, index, 0};
    }
  }

  // Parts that a kernel computes, of constant shape, are computed at their place in the packed tensor; each once.
  void claim_parts(std::uint32_t pack) {
    std::int64_t offset = 0;
    for (Node part : graph_.record(pack).inputs) {
      const std::int64_t size = count(part.shape().constant());
      while (part.op().is_alias()) part = part.inputs()[0];
      std::optional<Part>& claim = parts_[part.index()][part.output_index()];
      if (!part.inputs().empty() && !claim && location(part).kind == Location::Kind::none) claim = Part{graph_.node(pack), offset};
      offset += size;
    }
  }

  void place(std::size_t position) {
    const Node node = graph_.node(schedule_.nodes[position]);
    const NodeRecord& record = graph_.record(node.index());
    std::vector<std::uint32_t> taken;  // buffers that another output of this node took over
    for (std::size_t k = 0; k < record.outputs.size(); ++k) {
      const Node value = node.output(k);
      if (location(value).kind != Location::Kind::none) continue;  // an update in place, or a pack whose parts came first
      if (record.op->is_alias()) {
        location(value) = location(node.inputs()[0]);
      } else if (const auto& part = parts_[value.index()][k]) {
        Location& whole = location(part->pack);
        if (whole.kind == Location::Kind::none) whole = {Location::Kind::buffer, new_buffer(part->pack.type(), position, last_use(part->pack)), 0};
        location(value) = {whole.kind, whole.index, whole.offset + part->offset};
        Buffer& buffer = plan_.buffers[whole.index];
        buffer.last = std::max(buffer.last, last_use(value));
      } else if (!take_over(value, position, taken)) {
        location(value) = {Location::Kind::buffer, new_buffer(value.type(), position, std::max(position, last_use(value))), 0};
      }
    }
  }

  // Lets `value` have the memory of an input that nobody needs any more.
  bool take_over(Node value, std::size_t position, std::vector<std::uint32_t>& taken) {
    for (std::size_t i = 0; i < value.inputs().size(); ++i) {
      const Node input = value.inputs()[i];
      const Location from = location(input);
      if (from.kind != Location::Kind::buffer || input.shape() != value.shape() || size_of(input.dtype()) != size_of(value.dtype())) continue;
      Buffer& buffer = plan_.buffers[from.index];
      const bool whole = from.offset == 0 && buffer.type.shape.same_count(value.shape()) && size_of(buffer.type.dtype) == size_of(value.dtype());
      if (!whole || buffer.last != position || std::find(taken.begin(), taken.end(), from.index) != taken.end()) continue;
      if (!value.op().may_overwrite(i, value.output_index()) || read_otherwise(value, i, from.index)) continue;
      taken.push_back(from.index);
      buffer.last = std::max(position, last_use(value));
      location(value) = from;
      return true;
    }
    return false;
  }

  // Does the op read that buffer through another input that it may not overwrite?
  bool read_otherwise(Node value, std::size_t except, std::uint32_t buffer) {
    for (std::size_t i = 0; i < value.inputs().size(); ++i) {
      const Node input = value.inputs()[i];
      const Location& from = location(input);
      if (i == except || from.kind != Location::Kind::buffer || from.index != buffer) continue;
      if (input.shape() != value.shape() || !value.op().may_overwrite(i, value.output_index())) return true;
    }
    return false;
  }

  const Graph& graph_;
  const Schedule& schedule_;
  std::size_t end_;
  MemoryPlan plan_;
  std::vector<std::vector<std::size_t>> last_use_;
  std::vector<std::vector<std::optional<Part>>> parts_;
};

std::size_t bytes_of(const TensorType& type, const Sizes& sizes) { return static_cast<std::size_t>(count(type.shape.bind(sizes))) * size_of(type.dtype); }

}  // namespace

TensorType bind(const TensorType& type, const Sizes& sizes) {
  const Extents extents = type.shape.bind(sizes);
  return {type.dtype, Shape(std::span<const std::int64_t>(extents))};
}

MemoryPlan plan_memory(const Graph& graph, const Schedule& schedule) { return Planner(graph, schedule).plan(); }

std::vector<std::size_t> scratch_bytes(const Graph& graph, const Schedule& schedule, const Sizes& sizes) {
  std::vector<std::size_t> result;
  std::vector<TensorType> types;
  for (const std::uint32_t index : schedule.nodes) {
    const NodeRecord& record = graph.record(index);
    types.clear();
    for (const Node input : record.inputs) types.push_back(bind(input.type(), sizes));
    result.push_back(aligned(record.op->workspace(types)));
  }
  return result;
}

ArenaLayout lay_out_arena(const Graph& graph, const Schedule& schedule, const MemoryPlan& plan, const Sizes& sizes) {
  return lay_out_arena(graph, plan, sizes, scratch_bytes(graph, schedule, sizes));
}

ArenaLayout lay_out_arena(const Graph& graph, const MemoryPlan& plan, const Sizes& sizes, std::span<const std::size_t> scratch) {
  std::vector<Lifetime> lifetimes;
  for (const Buffer& buffer : plan.buffers) lifetimes.push_back({aligned(bytes_of(buffer.type, sizes)), buffer.first, buffer.last});
  for (std::size_t position = 0; position < scratch.size(); ++position)
    if (scratch[position] > 0) lifetimes.push_back({scratch[position], position, position});

  ArenaLayout layout;
  layout.live_bytes = most_live(lifetimes);
  Packing packing = pack_buffers(lifetimes);
  layout.bytes = packing.bytes;
  layout.scratch_offsets.resize(scratch.size(), 0);
  std::size_t next = plan.buffers.size();
  for (std::size_t position = 0; position < scratch.size(); ++position) {
    layout.scratch_bytes = std::max(layout.scratch_bytes, scratch[position]);
    layout.bytes_without_reuse += scratch[position];
    if (scratch[position] > 0) layout.scratch_offsets[position] = packing.offsets[next++];
  }
  layout.offsets = std::move(packing.offsets);
  layout.offsets.resize(plan.buffers.size());
  for (std::size_t i = 0; i < graph.node_count(); ++i) {
    const NodeRecord& record = graph.record(i);
    for (std::size_t k = 0; k < record.outputs.size(); ++k)
      if (plan.values[i][k].kind == Location::Kind::buffer && !record.op->is_alias()) layout.bytes_without_reuse += aligned(bytes_of(record.outputs[k], sizes));
  }
  return layout;
}

}  // namespace loglik
