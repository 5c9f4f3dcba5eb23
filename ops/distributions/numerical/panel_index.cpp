#include "framework/registry.h"
#include "ops/distributions/numerical/steps.h"
#include "ops/distributions/numerical/strided_column_kernels.h"

namespace loglik::numerical {
namespace {

// The largest i in [0, panels) with edges[i] ≤ v, else 0.
std::int64_t find(const StridedColumn& edges, std::int64_t panels, double v) {
  std::int64_t low = 0, high = panels;
  while (high - low > 1) {
    const std::int64_t middle = (low + high) / 2;
    (edges[middle] <= v ? low : high) = middle;
  }
  return low;
}

class PanelIndex final : public Op {
 public:
  std::string_view name() const override { return "panel_index"; }

  std::vector<TensorType> infer(std::span<const TensorType> inputs) const override {
    if (column_length("the edges", inputs[0]) < 2) throw ShapeError("needs two edges or more");
    require_same_dtype(inputs);
    require_columns("v", inputs[1].shape, columns_of(inputs[0].shape));
    return {{DType::int32, inputs[1].shape}};
  }

  void run(const KernelArgs& args) const override {
    const std::int64_t width = column_count(args.inputs[0]), panels = args.shape(0)[0] - 1;
    const auto index = args.output<std::int32_t>(0);
    args.parallel_for(static_cast<std::int64_t>(index.size()), 256, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t i = begin; i < end; ++i)
        index[static_cast<std::size_t>(i)] = static_cast<std::int32_t>(find(strided_column(args, 0, i % width, width), panels, strided_column(args, 1, i, 0)[0]));
    });
  }

  std::vector<Node> gradient(const GradientArgs& args) const override { not_differentiable(args, "its result is an index"); }
};

}  // namespace

Node panel_index(Operand edges, Operand v) { return make_node(std::make_shared<PanelIndex>(), {edges, v}); }

void register_panel_index() {
  register_op("panel_index", [](const Attributes&) -> std::shared_ptr<const Op> { return std::make_shared<PanelIndex>(); });
}

}  // namespace loglik::numerical
