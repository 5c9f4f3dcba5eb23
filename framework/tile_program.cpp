#include "framework/tile_program.h"

#include <fmt/format.h>

#include <algorithm>

#include "framework/error.h"

namespace loglik {
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
    if (!instruction.output) continue;
    outputs_ = std::max<std::size_t>(outputs_, *instruction.output + 1);
    output_at_.resize(outputs_);
    output_at_[*instruction.output] = results_.size() - 1;
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

std::string TileProgram::names() const {
  std::string names;
  for (const Instruction& instruction : instructions_) names += fmt::format("{}{}", names.empty() ? "" : " ", instruction.op->name());
  return names;
}

double TileProgram::flops(const Shape& shape) const {
  double sum = 0;
  std::vector<TensorType> operands;
  for (const Instruction& instruction : instructions_) {
    operands.clear();
    for (const Operand& operand : instruction.operands)
      operands.push_back({operand.is_input ? inputs_[operand.index].dtype : results_[operand.index].type.dtype, shape});
    sum += instruction.op->flops(operands);
  }
  return sum;
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

TileRun::TileRun(const TileProgram& program, std::span<const TensorView> inputs, std::span<const TensorView> outputs,
                 std::span<const std::int64_t> extents, const TensorView* first)
    : program_(program), outputs_(outputs), input_count_(0) {
  if (first != nullptr) inputs_[input_count_++] = first;
  for (const TensorView& input : inputs) inputs_[input_count_++] = &input;
  for (std::size_t i = 0; i < input_count_; ++i)
    if (program_.input_slots_[i]) readers_[i].emplace(inputs_[i]->extents, extents);
}

void TileRun::operator()(std::int64_t begin, std::int64_t end) const { TileWorker(*this, end - begin)(begin, end); }

TileWorker::TileWorker(const TileRun& run, std::int64_t most) : run_(run) {
  for (std::size_t i = 0; i < run_.input_count_; ++i) {
    if (!run_.readers_[i] || !run_.readers_[i]->is_scalar()) continue;  // a scalar is the same for every tile
    const TensorView& input = *run_.inputs_[i];
    std::byte* stretched = slot(*run_.program_.input_slots_[i]);
    run_.readers_[i]->read(input.data, size_of(input.dtype), 0, std::min(run_.program_.tile_, most), stretched);
    input_at_[i] = stretched;
  }
}

void TileWorker::operator()(std::int64_t begin, std::int64_t end, std::byte* const* others) {
  const std::int64_t tiles = std::max<std::int64_t>(1, (end - begin + run_.program_.tile_ - 1) / run_.program_.tile_);
  const std::int64_t tile = ((end - begin + tiles - 1) / tiles + 15) / 16 * 16;  // of like size
  for (std::int64_t first = begin; first < end; first += tile) run_tile(first, std::min(tile, end - first), begin, others);
}

void TileWorker::run_tile(std::int64_t first, std::int64_t count, std::int64_t begin, std::byte* const* others) {
  const TileProgram& program = run_.program_;
  for (std::size_t i = 0; i < run_.input_count_; ++i) {
    const TensorView& input = *run_.inputs_[i];
    const auto& reader = run_.readers_[i];
    const std::size_t size = size_of(input.dtype);
    if (!reader || reader->is_whole()) {
      input_at_[i] = static_cast<const std::byte*>(input.data) + static_cast<std::size_t>(first) * size;
    } else if (!reader->is_scalar()) {
      std::byte* stretched = slot(*program.input_slots_[i]);
      reader->read(input.data, size, first, count, stretched);
      input_at_[i] = stretched;
    }
  }
  std::array<void*, TileProgram::most_instructions> result_at;
  for (std::size_t k = 0; k < program.instructions_.size(); ++k) {
    const TileProgram::Instruction& instruction = program.instructions_[k];
    const DType dtype = program.results_[k].type.dtype;
    if (!instruction.output) {
      result_at[k] = slot(program.results_[k].slot);
    } else if (*instruction.output < run_.outputs_.size()) {
      result_at[k] = static_cast<std::byte*>(run_.outputs_[*instruction.output].data) + static_cast<std::size_t>(first) * size_of(dtype);
    } else {
      result_at[k] = others[*instruction.output - run_.outputs_.size()] + static_cast<std::size_t>(first - begin) * size_of(dtype);
    }
    std::array<const void*, 8> operands;
    for (std::size_t i = 0; i < instruction.operands.size(); ++i) {
      const TileProgram::Operand& operand = instruction.operands[i];
      operands[i] = operand.is_input ? input_at_[operand.index] : result_at[operand.index];
    }
    const TileProgram::Operand& lead = instruction.operands[0];
    const DType first_dtype = lead.is_input ? run_.inputs_[lead.index]->dtype : program.results_[lead.index].type.dtype;
    instruction.op->tile({static_cast<std::size_t>(count), operands.data(), result_at[k], first_dtype, dtype});
  }
}

}  // namespace loglik
