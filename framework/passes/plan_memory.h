#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "framework/graph.h"
#include "framework/passes/schedule.h"

namespace loglik {

/// Where the elements of one value (an output of a node) are.
struct Location {
  enum class Kind : std::uint8_t { none, buffer, constant, variable };
  Kind kind = Kind::none;
  std::uint32_t index = 0;   ///< of the buffer, or of the constant's or Variable's node
  std::int64_t offset = 0;   ///< in elements, within it
};

/// A stretch of the arena, and the positions of the schedule between which it is in use.
struct Buffer {
  TensorType type;   ///< of the value it was made for; its size is that of the largest it holds
  std::size_t first = 0;
  std::size_t last = 0;
};

/// Which values share memory: does not depend on the sizes of symbols.
struct MemoryPlan {
  std::vector<std::vector<Location>> values;  ///< by node, output
  std::vector<Buffer> buffers;
  const Location& operator()(Node node) const { return values[node.index()][node.output_index()]; }
};

/// Aliases (reshapes) are where their input is; an op that may overwrite an input of the same type whose last use it is takes its memory; parts
/// of a `pack` are computed in place; the inputs of a run and everything that is an output of the graph live to the end.
MemoryPlan plan_memory(const Graph& graph, const Schedule& schedule);

/// Offsets of the buffers in one arena for given sizes.
struct ArenaLayout {
  std::vector<std::size_t> offsets;          ///< by buffer, bytes, multiples of 64
  std::vector<std::size_t> scratch_offsets;  ///< likewise of the steps' scratch memory, by position of the schedule
  std::size_t bytes = 0;                   ///< of the arena, scratch memory included
  std::size_t scratch_bytes = 0;           ///< the most that one op asks for
  std::size_t live_bytes = 0;              ///< the most that is in use at one time: no layout can be smaller
  std::size_t bytes_without_reuse = 0;     ///< if every value and every op's scratch had memory of its own
};

/// The scratch memory that each op of the schedule asks for (Op::workspace), by position. Smaller sizes may need more of it: work is cut otherwise.
std::vector<std::size_t> scratch_bytes(const Graph& graph, const Schedule& schedule, const Sizes& sizes);

/// Packs the buffers, and the ops' scratch memory, each piece for its op alone: see pack_buffers.
ArenaLayout lay_out_arena(const Graph& graph, const Schedule& schedule, const MemoryPlan& plan, const Sizes& sizes);
/// The same with this much scratch.
ArenaLayout lay_out_arena(const Graph& graph, const MemoryPlan& plan, const Sizes& sizes, std::span<const std::size_t> scratch);

/// A type with the sizes of its symbols filled in.
TensorType bind(const TensorType& type, const Sizes& sizes);

}  // namespace loglik
