#pragma once
#include "framework/op.h"
#include "framework/reduction_op.h"
#include "framework/tile_program.h"

namespace loglik {

/// Several elementwise ops as one, and reductions of what they give: a TileProgram as the compiler makes it. Not differentiable, as it is made
/// after differentiation.
///
/// Its outputs are the first of the program's, then the reductions' results. What is read by reductions alone is no output: it is never
/// written to memory.
class FusedElementwise final : public Op {
 public:
  struct Reduction {
    std::shared_ptr<const TileReduction> op;
    std::uint32_t value;  ///< which of the program's outputs it reduces
  };
  static constexpr std::size_t most_reductions = 4;

  explicit FusedElementwise(TileProgram program) : FusedElementwise(std::move(program), 0, {}) {}
  /// The program's outputs from number `kept` on are for reductions alone. Throws ArgumentError for more reductions than there may be.
  FusedElementwise(TileProgram program, std::size_t kept, std::vector<Reduction> reductions);

  const TileProgram& program() const { return program_; }
  const std::vector<Reduction>& reductions() const { return reductions_; }

  std::string_view name() const override { return "fused"; }
  Attributes attributes() const override;  ///< "ops": their names, in order
  std::vector<TensorType> infer(std::span<const TensorType> inputs) const override;
  std::size_t workspace(std::span<const TensorType> inputs) const override;
  void run(const KernelArgs& args) const override;
  bool may_overwrite(std::size_t input, std::size_t output) const override;
  double flops(std::span<const TensorType> inputs) const override;

 private:
  void run_with_reductions(const KernelArgs& args) const;
  TileProgram program_;
  std::size_t kept_;
  std::vector<Reduction> reductions_;
};

}  // namespace loglik
