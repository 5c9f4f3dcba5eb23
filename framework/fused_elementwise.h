#pragma once
#include "framework/op.h"
#include "framework/tile_program.h"

namespace loglik {

/// Several elementwise ops as one: a TileProgram as the compiler makes it. Not differentiable, as it is made after differentiation.
class FusedElementwise final : public Op {
 public:
  explicit FusedElementwise(TileProgram program) : program_(std::move(program)) {}

  const TileProgram& program() const { return program_; }

  std::string_view name() const override { return "fused"; }
  Attributes attributes() const override;  ///< "ops": their names, in order
  std::vector<TensorType> infer(std::span<const TensorType> inputs) const override;
  void run(const KernelArgs& args) const override;
  bool may_overwrite(std::size_t input, std::size_t output) const override { return program_.may_overwrite(input, output); }
  double flops(std::span<const TensorType> inputs) const override;

 private:
  TileProgram program_;
};

}  // namespace loglik
