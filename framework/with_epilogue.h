#pragma once
#include "framework/op.h"
#include "framework/tile_program.h"

namespace loglik {

/// An op that offers an epilogue (a product, a convolution), and a TileProgram that works on each part of its result as soon as that is there,
/// as the compiler makes it. The result itself is input 0 of the program and nobody else's: it lies in the memory of one of the program's
/// outputs, until that is written over it. Not differentiable, as it is made after differentiation.
///
/// Inputs: the op's, then the program's others. Outputs: the program's. Name: the op's.
class WithEpilogue final : public Op {
 public:
  /// `inputs`: how many the op has; `carrier`: which output has the op's result at first.
  WithEpilogue(std::shared_ptr<const Op> op, std::size_t inputs, TileProgram program, std::size_t carrier)
      : op_(std::move(op)), inputs_(inputs), program_(std::move(program)), carrier_(carrier) {}

  std::string_view name() const override { return op_->name(); }
  Attributes attributes() const override;  ///< the op's, and "ops": those of the epilogue
  std::vector<TensorType> infer(std::span<const TensorType> inputs) const override;
  std::size_t workspace(std::span<const TensorType> inputs) const override { return op_->workspace(inputs.first(inputs_)); }
  void run(const KernelArgs& args) const override;
  bool may_overwrite(std::size_t input, std::size_t output) const override;
  double flops(std::span<const TensorType> inputs) const override;

 private:
  std::shared_ptr<const Op> op_;
  std::size_t inputs_;
  TileProgram program_;
  std::size_t carrier_;
};

}  // namespace loglik
