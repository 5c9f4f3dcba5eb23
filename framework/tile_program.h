#pragma once
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "framework/broadcast.h"
#include "framework/elementwise.h"

namespace loglik {

/// Elementwise ops of one shape as a straight-line program, run tile by tile: every op on some hundred elements, whose intermediate values
/// stay in the L1 cache, before the next tile begins. Each op's own `tile` computes it: bit for bit what the ops give one after the other.
class TileProgram {
 public:
  /// Where an operand comes from: input `index` of the program, or the result of an earlier instruction.
  struct Operand {
    bool is_input;
    std::uint32_t index;
  };
  struct Instruction {
    std::shared_ptr<const ElementwiseOp> op;
    std::vector<Operand> operands;
    std::optional<std::uint32_t> output = {};  ///< of the program, that its result is
  };
  static constexpr std::size_t most_inputs = 24, most_instructions = 16;
  static constexpr std::size_t least_tile = 64;
  /// Of intermediate values and stretched inputs: the larger part of an L1 cache of 32 KB or more, the rest is for what streams through.
  static constexpr std::size_t tile_bytes = 20 * 1024;
  static constexpr std::size_t stack_bytes = std::max(tile_bytes, (most_inputs + most_instructions) * least_tile * sizeof(double));

  /// `shape`: of every result; inputs of other shapes broadcast to it. `inputs`: their types. Throws ArgumentError for more than there may be.
  TileProgram(std::vector<Instruction> instructions, std::span<const TensorType> inputs, const Shape& shape);

  const std::vector<Instruction>& instructions() const { return instructions_; }
  std::size_t output_count() const { return outputs_; }
  const TensorType& output_type(std::size_t output) const { return results_[output_at_[output]].type; }
  std::string names() const;                ///< of the ops, in order: "add relu"
  double flops(const Shape& shape) const;   ///< of one run on elements of a (concrete) shape
  std::int64_t tile_size() const { return tile_; }  ///< elements

  /// May output `output` lie in the memory of input `input`, which has its shape and size? So it may if nothing reads the input later on.
  bool may_overwrite(std::size_t input, std::size_t output) const;

 private:
  friend class TileRun;
  friend class TileWorker;
  struct Result {
    TensorType type;
    std::uint32_t slot = 0;  // of tile memory, unless an output
  };
  std::uint32_t take_slot(std::vector<char>& free);
  void assign_slots();

  std::vector<Instruction> instructions_;
  std::vector<Result> results_;
  std::vector<std::optional<std::uint32_t>> input_slots_;  // of inputs that are stretched
  std::vector<TensorType> inputs_;
  std::size_t outputs_ = 0;
  std::vector<std::size_t> output_at_;  // by output: the instruction
  std::uint32_t slots_ = 0;
  std::size_t slot_bytes_ = 0;
  std::int64_t tile_ = ElementwiseOp::tile_size;
};

/// A TileProgram bound to memory, on the stack of the one who runs it. Any number of threads may run disjoint ranges.
class TileRun {
 public:
  /// `extents`: of the elements. Outputs of the program beyond `outputs` are kept by nobody but a TileWorker's caller. With `first` that is
  /// input 0, and `inputs` are the others.
  TileRun(const TileProgram& program, std::span<const TensorView> inputs, std::span<const TensorView> outputs,
          std::span<const std::int64_t> extents, const TensorView* first = nullptr);

  /// Computes elements [begin, end) of every output.
  void operator()(std::int64_t begin, std::int64_t end) const;

 private:
  friend class TileWorker;
  const TileProgram& program_;
  std::span<const TensorView> outputs_;
  std::size_t input_count_;
  std::array<const TensorView*, TileProgram::most_inputs> inputs_;
  std::array<std::optional<BroadcastReader>, TileProgram::most_inputs> readers_;
};

/// One thread's memory for a TileRun, for several ranges one after the other.
class TileWorker {
 public:
  /// `most`: elements of the longest range.
  TileWorker(const TileRun& run, std::int64_t most);
  /// Computes elements [begin, end) of every output; those beyond the run's outputs go to `others`, from its beginning.
  void operator()(std::int64_t begin, std::int64_t end, std::byte* const* others = nullptr);

 private:
  std::byte* slot(std::uint32_t index) { return memory_.data() + index * run_.program_.slot_bytes_; }
  void run_tile(std::int64_t first, std::int64_t count, std::int64_t begin, std::byte* const* others);
  const TileRun& run_;
  std::array<const void*, TileProgram::most_inputs> input_at_;
  alignas(64) std::array<std::byte, TileProgram::stack_bytes> memory_;
};

}  // namespace loglik
