#include "framework/passes/plan_memory.h"

#include <algorithm>
#include <numeric>
#include <optional>

#include "framework/leaves.h"
#include "framework/op.h"

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

ArenaLayout lay_out_arena(const Graph& graph, const Schedule& schedule, const MemoryPlan& plan, const Sizes& sizes) {
  ArenaLayout layout;
  const std::size_t count = plan.buffers.size();
  std::vector<std::size_t> bytes(count);
  for (std::size_t i = 0; i < count; ++i) bytes[i] = aligned(bytes_of(plan.buffers[i].type, sizes));
  layout.offsets.resize(count);

  std::vector<std::size_t> order(count);
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return bytes[a] != bytes[b] ? bytes[a] > bytes[b] : a < b;
  });
  std::vector<std::size_t> placed;  // by offset
  for (std::size_t i : order) {
    const Buffer& buffer = plan.buffers[i];
    std::size_t offset = 0;
    for (std::size_t j : placed) {
      const Buffer& other = plan.buffers[j];
      if (other.last < buffer.first || buffer.last < other.first) continue;
      if (layout.offsets[j] >= offset + bytes[i]) break;
      offset = std::max(offset, layout.offsets[j] + bytes[j]);
    }
    layout.offsets[i] = offset;
    placed.insert(std::upper_bound(placed.begin(), placed.end(), i, [&](std::size_t a, std::size_t b) { return layout.offsets[a] < layout.offsets[b]; }), i);
    layout.bytes = std::max(layout.bytes, offset + bytes[i]);
  }

  std::vector<std::size_t> begins(schedule.nodes.size() + 2, 0), ends(schedule.nodes.size() + 2, 0);  // bytes that come and go, by position
  for (std::size_t i = 0; i < count; ++i) {
    begins[plan.buffers[i].first] += bytes[i];
    ends[plan.buffers[i].last + 1] += bytes[i];
  }
  for (std::size_t position = 0, live = 0; position < begins.size(); ++position) {
    live = live + begins[position] - ends[position];
    layout.live_bytes = std::max(layout.live_bytes, live);
  }

  for (std::size_t i = 0; i < graph.node_count(); ++i) {
    const NodeRecord& record = graph.record(i);
    for (std::size_t k = 0; k < record.outputs.size(); ++k)
      if (plan.values[i][k].kind == Location::Kind::buffer && !record.op->is_alias()) layout.bytes_without_reuse += aligned(bytes_of(record.outputs[k], sizes));
  }
  for (std::uint32_t index : schedule.nodes) {
    const NodeRecord& record = graph.record(index);
    std::vector<TensorType> types;
    for (const Node input : record.inputs) types.push_back(bind(input.type(), sizes));
    layout.scratch_bytes = std::max(layout.scratch_bytes, aligned(record.op->workspace(types)));
  }
  layout.scratch_offset = layout.bytes;
  layout.bytes += layout.scratch_bytes;
  return layout;
}

}  // namespace loglik
