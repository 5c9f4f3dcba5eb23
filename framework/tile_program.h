#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
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

  /// `shape`: of every result; inputs of other shapes broadcast to it. `inputs`: their types. Throws ArgumentError for more than there may be.
  TileProgram(std::vector<Instruction> instructions, std::span<const TensorType> inputs, const Shape& shape);

  const std::vector<Instruction>& instructions() const { return instructions_; }
  const TensorType& result_type(std::size_t instruction) const { return results_[instruction].type; }
  std::size_t output_count() const { return outputs_; }
  std::int64_t tile_size() const { return tile_; }  ///< elements

  /// May output `output` lie in the memory of input `input`, which has its shape and size? So it may if nothing reads the input later on.
  bool may_overwrite(std::size_t input, std::size_t output) const;

 private:
  friend class TileRun;
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
  std::uint32_t slots_ = 0;
  std::size_t slot_bytes_ = 0;
  std::int64_t tile_ = ElementwiseOp::tile_size;
};

/// A TileProgram bound to memory, on the stack of the one who runs it. Any number of threads may run disjoint ranges.
class TileRun {
 public:
  TileRun(const TileProgram& program, std::span<const TensorView> inputs, std::span<const TensorView> outputs);

  /// Computes elements [begin, end) of every output.
  void operator()(std::int64_t begin, std::int64_t end) const;

 private:
  const TileProgram& program_;
  std::span<const TensorView> inputs_, outputs_;
  std::array<std::optional<BroadcastReader>, TileProgram::most_inputs> readers_;
};

}  // namespace loglik
