// Reductions of what elementwise ops compute are fed as it is computed, tile by tile, while it is in the L1 cache. What nothing but reductions
// reads is then never written to memory.
//
// Several go together only if threads can share the elements in stretches that suit them all: see `suits`. Others stay as they are.
#include <algorithm>
#include <map>

#include "framework/passes/passes.h"
#include "framework/passes/tile_graph.h"

namespace loglik {
namespace {

// The axes that a reduction keeps, [begin, end): if they are neighbours, elements are {reduced, kept, reduced} to it.
struct Kept {
  std::size_t begin, end;
  bool all_reduced() const { return begin == end; }
  bool operator==(const Kept&) const = default;
};

std::optional<Kept> kept_axes(const TileReduction& op, std::size_t rank) {
  const std::vector<std::size_t> reduced = op.axes(rank);
  std::vector<char> kept(rank, 1);
  for (const std::size_t axis : reduced) kept[axis] = 0;
  const auto begin = std::find(kept.begin(), kept.end(), 1);
  const auto end = std::find(begin, kept.end(), 0);
  if (std::find(end, kept.end(), 1) != kept.end()) return {};
  return Kept{static_cast<std::size_t>(begin - kept.begin()), static_cast<std::size_t>(end - kept.begin())};
}

// Of one kind, or both by outer axes, or one by outer and one by inner axes that don't overlap: {batch, n} → {n} and → {batch}.
bool suits(const Kept& a, const Kept& b) {
  if (a == b || (!a.all_reduced() && !b.all_reduced() && a.begin == 0 && b.begin == 0)) return true;
  if (a.all_reduced() || b.all_reduced()) return false;
  return (a.begin == 0 && a.end >= b.begin) || (b.begin == 0 && b.end >= a.begin);
}

class Joiner {
 public:
  explicit Joiner(const Graph& before) : before_(before), after_(before), readers_(before), needed_(needed_by_outputs(before)), done_(before.node_count(), 0) {}

  Graph join() {
    for (std::uint32_t i = 0; i < before_.node_count(); ++i)
      if (!done_[i] && !join(i)) after_.copy(i);
    return after_.finish();
  }

 private:
  struct Found {
    std::uint32_t node;  // the reduction
    std::size_t output;  // of the elementwise op, that it reads
    std::shared_ptr<const TileReduction> op;
  };

  bool join(std::uint32_t index) {
    const auto tiles = tile_node(before_, index);
    if (!tiles) return false;
    const NodeRecord& record = before_.record(index);
    const std::vector<Found> found = reductions_of(index);
    if (found.empty()) return false;

    // Outputs that others read come first.
    const auto is_kept = [&](std::size_t output) {
      const auto joined = std::count_if(found.begin(), found.end(), [&](const Found& f) { return f.output == output; });
      return readers_.is_output(index, output) || readers_.is_update(index, output) ||
             readers_(index, output).size() > static_cast<std::size_t>(joined);
    };
    std::vector<std::uint32_t> number(record.outputs.size());
    std::uint32_t next = 0, kept = 0;
    for (const bool first : {true, false}) {
      for (std::size_t k = 0; k < number.size(); ++k)
        if (is_kept(k) == first) number[k] = next++;
      if (first) kept = next;
    }
    TileNode joined = *tiles;
    for (TileProgram::Instruction& instruction : joined.instructions)
      if (instruction.output) instruction.output = number[*instruction.output];
    std::vector<FusedElementwise::Reduction> reductions;
    for (const Found& f : found) reductions.push_back({f.op, number[f.output]});

    const SiteScope site(record.site);
    const Scope scope = after_.graph().enter(record.scope);
    const std::vector<Node> inputs = after_(joined.inputs);
    const Node fused = make_node(std::make_shared<FusedElementwise>(joined.program(record.outputs[0].shape), kept, std::move(reductions)),
                                 std::vector<Operand>(inputs.begin(), inputs.end()));
    std::vector<Node> outputs(record.outputs.size());
    for (std::size_t k = 0; k < outputs.size(); ++k)
      if (number[k] < kept) outputs[k] = fused.output(number[k]);
    after_.replace(index, outputs);
    for (std::size_t r = 0; r < found.size(); ++r) {
      const Node result = fused.output(kept + r);
      after_.replace(found[r].node, std::span(&result, 1));
      done_[found[r].node] = 1;
    }
    return true;
  }

  // What outputs need is computed before the State changes, the rest may be written over it: these are not mixed.
  std::vector<Found> reductions_of(std::uint32_t index) const {
    std::vector<Found> found;
    std::vector<Kept> kept;
    const NodeRecord& record = before_.record(index);
    for (std::size_t k = 0; k < record.outputs.size(); ++k)
      for (const std::uint32_t reader : readers_(index, k)) {
        const auto op = std::dynamic_pointer_cast<const TileReduction>(before_.record(reader).op);
        if (op == nullptr || needed_[reader] != needed_[index] || found.size() == FusedElementwise::most_reductions) continue;
        const auto axes = kept_axes(*op, record.outputs[k].shape.rank());
        if (!axes || !std::all_of(kept.begin(), kept.end(), [&](const Kept& other) { return suits(*axes, other); })) continue;
        found.push_back({reader, k, op});
        kept.push_back(*axes);
      }
    return found;
  }

  const Graph& before_;
  Rewriter after_;
  Readers readers_;
  std::vector<char> needed_;
  std::vector<char> done_;
};

}  // namespace

Graph fuse_reductions(const Graph& before) { return Joiner(before).join(); }

}  // namespace loglik
