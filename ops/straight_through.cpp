#include "ops/straight_through.h"

#include <fmt/format.h>

#include <cstring>

#include "framework/error.h"
#include "framework/registry.h"

namespace loglik {
namespace {

// y = value;    ∂value = 0, ∂surrogate = g
class StraightThrough final : public Op {
 public:
  std::string_view name() const override { return "straight_through"; }
  bool is_alias() const override { return true; }
  std::vector<TensorType> infer(std::span<const TensorType> inputs) const override {
    require_float("value", inputs[0]);
    require_same_dtype(inputs);
    if (inputs[0].shape != inputs[1].shape)
      throw ShapeError(fmt::format("value is {}, its surrogate {}: they must have one shape", to_string(inputs[0].shape), to_string(inputs[1].shape)));
    return {inputs[0]};
  }
  void run(const KernelArgs& args) const override {
    const std::size_t bytes = static_cast<std::size_t>(args.inputs[0].count) * size_of(args.dtype(0));
    if (bytes > 0) std::memcpy(args.outputs[0].data, args.inputs[0].data, bytes);
  }
  std::vector<Node> gradient(const GradientArgs& args) const override { return {Node(), args.output_gradient(0)}; }
  std::vector<Node> simplify(const SimplifyArgs& args) const override { return {args.input(0)}; }  // once gradients have been taken
  double flops(std::span<const TensorType>) const override { return 0; }
};

}  // namespace

Node straight_through(Operand value, Operand surrogate) { return make_node(std::make_shared<StraightThrough>(), {value, surrogate}); }

void register_straight_through() {
  register_op("straight_through", [](const Attributes&) -> std::shared_ptr<const Op> { return std::make_shared<StraightThrough>(); });
}

}  // namespace loglik
