#include "framework/fused_elementwise.h"

namespace loglik {

Attributes FusedElementwise::attributes() const {
  std::string names;
  for (const TileProgram::Instruction& instruction : program_.instructions()) {
    if (!names.empty()) names += ' ';
    names += instruction.op->name();
  }
  return {{"ops", names}};
}

std::vector<TensorType> FusedElementwise::infer(std::span<const TensorType>) const {
  std::vector<TensorType> outputs(program_.output_count());
  for (std::size_t k = 0; k < program_.instructions().size(); ++k)
    if (const auto output = program_.instructions()[k].output) outputs[*output] = program_.result_type(k);
  return outputs;
}

void FusedElementwise::run(const KernelArgs& args) const {
  constexpr std::int64_t piece = 16 * ElementwiseOp::tile_size;  // as an elementwise op alone: work worth waking a thread
  const TileRun run(program_, args.inputs, args.outputs);
  args.parallel_for(args.outputs[0].count, piece, [&](std::int64_t begin, std::int64_t end) { run(begin, end); });
}

double FusedElementwise::flops(std::span<const TensorType> inputs) const {
  Shape shape;
  for (const TensorType& input : inputs) shape = broadcast_shapes(shape, input.shape);
  double sum = 0;
  std::vector<TensorType> operands;
  for (const TileProgram::Instruction& instruction : program_.instructions()) {
    operands.clear();
    for (const TileProgram::Operand& operand : instruction.operands)
      operands.push_back({operand.is_input ? inputs[operand.index].dtype : program_.result_type(operand.index).dtype, shape});
    sum += instruction.op->flops(operands);
  }
  return sum;
}

}  // namespace loglik
