#include "framework/with_epilogue.h"

namespace loglik {

Attributes WithEpilogue::attributes() const {
  Attributes attributes = op_->attributes();
  attributes.set("ops", program_.names());
  return attributes;
}

std::vector<TensorType> WithEpilogue::infer(std::span<const TensorType>) const {
  std::vector<TensorType> outputs;
  for (std::size_t k = 0; k < program_.output_count(); ++k) outputs.push_back(program_.output_type(k));
  return outputs;
}

void WithEpilogue::run(const KernelArgs& args) const {
  const TensorView& result = args.outputs[carrier_];
  const TileRun run(program_, args.inputs.subspan(inputs_), args.outputs, result.extents, &result);
  const auto finished = [&run](std::int64_t begin, std::int64_t end) { run(begin, end); };
  const Epilogue epilogue(finished);
  op_->run({.inputs = args.inputs.first(inputs_),
            .outputs = args.outputs.subspan(carrier_, 1),
            .scratch = args.scratch,
            .random = args.random,
            .random_name = args.random_name,
            .epilogue = &epilogue});
}

// Another part of the op's result may come to lie over an element before the epilogue reads that.
bool WithEpilogue::may_overwrite(std::size_t input, std::size_t output) const {
  return input >= inputs_ && output != carrier_ && program_.may_overwrite(input - inputs_ + 1, output);
}

double WithEpilogue::flops(std::span<const TensorType> inputs) const {
  const auto own = inputs.first(inputs_);
  return op_->flops(own) + program_.flops(op_->infer(own)[0].shape);
}

}  // namespace loglik
