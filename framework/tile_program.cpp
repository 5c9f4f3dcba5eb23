#include "framework/tile_program.h"

#include <fmt/format.h>

#include <algorithm>

#include "framework/error.h"

namespace loglik {
namespace {

// Of intermediate values and stretched inputs: the larger part of an L1 cache of 32 KB or more, the rest is for what streams through.
constexpr std::size_t tile_bytes = 20 * 1024;
constexpr std::size_t least_tile = 64;
constexpr std::size_t most_slots = TileProgram::most_inputs + TileProgram::most_instructions;
constexpr std::size_t stack_bytes = std::max(tile_bytes, most_slots * least_tile * sizeof(double));

}  // namespace

TileProgram::TileProgram(std::vector<Instruction> instructions, std::span<const TensorType> inputs, const Shape& shape)
    : instructions_(std::move(instructions)), inputs_(inputs.begin(), inputs.end()) {
  if (instructions_.size() > most_instructions || inputs_.size() > most_inputs)
    throw ArgumentError(fmt::format("TileProgram: {} instructions and {} inputs, at most {} and {} go together", instructions_.size(), inputs_.size(),
                                    most_instructions, most_inputs));
  for (const Instruction& instruction : instructions_) {
    std::vector<TensorType> operands;
    for (const Operand& operand : instruction.operands) {
      operands.push_back(operand.is_input ? inputs_[operand.index] : results_[operand.index].type);
      operands.back().shape = shape;
    }
    results_.push_back({instruction.op->infer(operands)[0]});
    if (instruction.output) outputs_ = std::max<std::size_t>(outputs_, *instruction.output + 1);
  }
  input_slots_.resize(inputs_.size());
  for (std::size_t i = 0; i < inputs_.size(); ++i)
    if (inputs_[i].shape != shape) input_slots_[i] = slots_++;
  assign_slots();
}

std::uint32_t TileProgram::take_slot(std::vector<char>& free) {
  for (std::uint32_t slot = 0; slot < slots_; ++slot)
    if (std::exchange(free[slot], 0)) return slot;
  free.push_back(0);
  return slots_++;
}

// A slot for each result that is not an output, from the instruction that computes it to the last that reads it. That one may write its own
// result there, if elements are of one size.
void TileProgram::assign_slots() {
  std::vector<std::size_t> last_use(instructions_.size(), 0);
  std::size_t element = 1;
  for (std::size_t i = 0; i < instructions_.size(); ++i) {
    element = std::max(element, size_of(results_[i].type.dtype));
    for (const Operand& operand : instructions_[i].operands)
      if (!operand.is_input) last_use[operand.index] = i;
  }
  for (std::size_t i = 0; i < inputs_.size(); ++i)
    if (input_slots_[i]) element = std::max(element, size_of(inputs_[i].dtype));
  std::vector<char> free(slots_, 0);  // those of inputs are never free
  for (std::size_t i = 0; i < instructions_.size(); ++i) {
    std::vector<std::uint32_t> others;
    for (const Operand& operand : instructions_[i].operands) {
      if (operand.is_input || last_use[operand.index] != i || instructions_[operand.index].output) continue;
      const Result& dead = results_[operand.index];
      if (size_of(dead.type.dtype) == size_of(results_[i].type.dtype)) free[dead.slot] = 1;
      else others.push_back(dead.slot);
    }
    if (!instructions_[i].output) results_[i].slot = take_slot(free);
    for (const std::uint32_t slot : others) free[slot] = 1;
    if (!instructions_[i].output && last_use[i] == 0) free[results_[i].slot] = 1;  // nobody reads it
  }
  const std::size_t fitting = slots_ == 0 ? ElementwiseOp::tile_size : tile_bytes / (slots_ * element) / least_tile * least_tile;
  tile_ = static_cast<std::int64_t>(std::clamp(fitting, least_tile, ElementwiseOp::tile_size));
  slot_bytes_ = static_cast<std::size_t>(tile_) * element;
}

bool TileProgram::may_overwrite(std::size_t input, std::size_t output) const {
  bool written = false;
  for (const Instruction& instruction : instructions_) {
    const bool reads = std::any_of(instruction.operands.begin(), instruction.operands.end(),
                                   [&](const Operand& operand) { return operand.is_input && operand.index == input; });
    if (written && reads) return false;
    written = written || instruction.output == output;
  }
  return true;
}

TileRun::TileRun(const TileProgram& program, std::span<const TensorView> inputs, std::span<const TensorView> outputs)
    : program_(program), inputs_(inputs), outputs_(outputs) {
  for (std::size_t i = 0; i < inputs.size(); ++i)
    if (program_.input_slots_[i]) readers_[i].emplace(inputs[i].extents, outputs[0].extents);
}

void TileRun::operator()(std::int64_t begin, std::int64_t end) const {
  alignas(64) std::array<std::byte, stack_bytes> memory;
  std::array<const void*, TileProgram::most_inputs> input_at;
  std::array<void*, TileProgram::most_instructions> result_at;
  const auto slot = [&](std::uint32_t index) { return memory.data() + index * program_.slot_bytes_; };
  const std::int64_t tile = std::min(program_.tile_, end - begin);
  for (std::size_t i = 0; i < inputs_.size(); ++i)
    if (readers_[i] && readers_[i]->is_scalar()) {  // the same for every tile
      input_at[i] = slot(*program_.input_slots_[i]);
      readers_[i]->read(inputs_[i].data, size_of(inputs_[i].dtype), 0, tile, slot(*program_.input_slots_[i]));
    }
  for (std::int64_t first = begin; first < end; first += tile) {
    const std::int64_t count = std::min(tile, end - first);
    for (std::size_t i = 0; i < inputs_.size(); ++i) {
      const std::size_t size = size_of(inputs_[i].dtype);
      if (!readers_[i] || readers_[i]->is_whole()) {
        input_at[i] = static_cast<const std::byte*>(inputs_[i].data) + static_cast<std::size_t>(first) * size;
      } else if (!readers_[i]->is_scalar()) {
        input_at[i] = slot(*program_.input_slots_[i]);
        readers_[i]->read(inputs_[i].data, size, first, count, slot(*program_.input_slots_[i]));
      }
    }
    for (std::size_t k = 0; k < program_.instructions_.size(); ++k) {
      const TileProgram::Instruction& instruction = program_.instructions_[k];
      const DType dtype = program_.results_[k].type.dtype;
      result_at[k] = instruction.output ? static_cast<std::byte*>(outputs_[*instruction.output].data) + static_cast<std::size_t>(first) * size_of(dtype)
                                        : slot(program_.results_[k].slot);
      std::array<const void*, 8> operands;
      for (std::size_t i = 0; i < instruction.operands.size(); ++i) {
        const TileProgram::Operand& operand = instruction.operands[i];
        operands[i] = operand.is_input ? input_at[operand.index] : result_at[operand.index];
      }
      const TileProgram::Operand& lead = instruction.operands[0];
      const DType first_dtype = lead.is_input ? inputs_[lead.index].dtype : program_.results_[lead.index].type.dtype;
      instruction.op->tile({static_cast<std::size_t>(count), operands.data(), result_at[k], first_dtype, dtype});
    }
  }
}

}  // namespace loglik
