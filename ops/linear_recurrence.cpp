#include "ops/linear_recurrence.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "framework/error.h"
#include "framework/fold.h"
#include "framework/primitives.h"
#include "framework/reduction_op.h"

namespace loglik {
namespace {

class LinearRecurrence final : public ReductionOp {
 public:
  LinearRecurrence(std::vector<std::int64_t> axes, double initial, bool reverse)
      : ReductionOp(std::move(axes), true), initial_(initial), reverse_(reverse) {}
  std::string_view name() const override { return "linear_recurrence"; }
  Attributes attributes() const override { return {{"axes", axes_}, {"initial", initial_}, {"reverse", reverse_}}; }

  std::vector<TensorType> infer(std::span<const TensorType> inputs) const override {
    require_float("a", inputs[0]);
    require_same_dtype(inputs);
    axes(inputs[0].shape.rank());
    if (inputs.size() > 1 && inputs[1].shape != inputs[0].shape)
      throw ShapeError(fmt::format("a is {}, b {}: they must be equal", to_string(inputs[0].shape), to_string(inputs[1].shape)));
    return {inputs[0]};
  }

  void run(const KernelArgs& args) const override {
    const ReductionLayout over = layout(args.shape(0));
    const FoldCut cut(over);
    if (args.inputs[0].count == 0) return;
    for_float(args.dtype(0), [&]<class T>() {
      const T* a = args.input<T>(0).data();
      const T* b = args.inputs.size() > 1 ? args.input<T>(1).data() : nullptr;
      T* y = args.output<T>(0).data();
      args.parallel_for(cut.units, cut.grain, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t unit = begin; unit < end; ++unit) walk(over, cut, unit, a, b, y);
      });
    });
  }

  std::vector<Node> gradient(const GradientArgs& args) const override {
    const Node a = args.input(0);
    const Node r = linear_recurrence(a, args.output_gradient(0), {.axes = axes_, .reverse = !reverse_});
    std::vector<Node> result{args.wants(0) ? r * args.output(0) : Node()};
    if (args.input_count() > 1) result.push_back(r);
    return result;
  }

 private:
  // Each step of the walk is a run of neighbours of one output, or one element of each of neighbouring outputs.
  template <class T>
  void walk(const ReductionLayout& over, const FoldCut& cut, std::int64_t unit, const T* a, const T* b, T* y) const {
    const auto step = [&](std::int64_t i, T& state) {
      const T next = a[i] * state + (b != nullptr ? b[i] : 0);
      y[i] = state;
      state = next;
    };
    const bool runs = over.inner_is_reduced();
    const std::int64_t column = unit % cut.blocks * FoldCut::widest;
    const std::int64_t width = runs ? over.inner() : std::min(FoldCut::widest, over.inner() - column);
    const std::int64_t first = over.output_offset(runs ? unit : unit / cut.blocks * over.inner() + column);
    std::array<T, FoldCut::widest> states;
    states.fill(static_cast<T>(initial_));
    for (std::int64_t r = 0; r < over.runs(); ++r) {
      const std::int64_t at = first + over.run_offset(reverse_ ? over.runs() - 1 - r : r);
      for (std::int64_t k = 0; k < width; ++k)
        if (runs)
          step(at + (reverse_ ? width - 1 - k : k), states[0]);
        else
          step(at + k, states[static_cast<std::size_t>(k)]);
    }
  }

  double initial_;
  bool reverse_;
};

}  // namespace

Node linear_recurrence(Operand a, Operand b, const LinearRecurrenceOptions& options) {
  return make_node(std::make_shared<LinearRecurrence>(options.axes, options.initial, options.reverse), {a, b});
}
Node linear_recurrence(Operand a, const LinearRecurrenceOptions& options) {
  return make_node(std::make_shared<LinearRecurrence>(options.axes, options.initial, options.reverse), {a});
}

void register_linear_recurrence_ops() {
  register_op("linear_recurrence", [](const Attributes& a) -> std::shared_ptr<const Op> {
    return std::make_shared<LinearRecurrence>(a.get<std::vector<std::int64_t>>("axes"), a.get<double>("initial"), a.get<bool>("reverse"));
  });
}

}  // namespace loglik
