#include "ops/layer_norm.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <numeric>

#include "framework/error.h"
#include "framework/pattern.h"
#include "framework/primitives.h"
#include "framework/registry.h"
#include "ops/arithmetic.h"
#include "ops/layer_norm_kernels.h"
#include "ops/reductions.h"

namespace loglik {
namespace {

constexpr std::int64_t elements_a_piece = 8192;
constexpr std::int64_t most_blocks = 32;  // of rows, each with sums of its own

// What layer_norm and its gradient have in common: x is normalised in rows of `size` elements.
class LayerNormOp : public Op {
 public:
  explicit LayerNormOp(const LayerNormOptions& options) : options_(options) {}
  Attributes attributes() const override { return {{"axes", options_.axes}, {"epsilon", options_.epsilon}}; }
  double flops(std::span<const TensorType> inputs) const override { return 8 * static_cast<double>(inputs[0].shape.count().constant()); }

 protected:
  std::size_t leading(const Shape& x) const { return x.rank() - static_cast<std::size_t>(options_.axes); }
  Shape rows_of(const Shape& x) const { return x.slice(0, leading(x)); }
  Shape row_of(const Shape& x) const { return x.slice(leading(x), x.rank()); }
  std::int64_t size(const Extents& x) const { return count(std::span(x).subspan(x.size() - static_cast<std::size_t>(options_.axes))); }

  std::vector<std::int64_t> axes() const {
    std::vector<std::int64_t> result(static_cast<std::size_t>(options_.axes));
    std::iota(result.begin(), result.end(), -options_.axes);
    return result;
  }

  void check(const TensorType& x) const {
    require_float("x", x);
    if (options_.axes < 1) throw ArgumentError(fmt::format("axes = {}, must be at least 1", options_.axes));
    if (!(options_.epsilon >= 0)) throw ArgumentError(fmt::format("epsilon = {}, must be at least 0", options_.epsilon));
    if (static_cast<std::size_t>(options_.axes) > x.shape.rank())
      throw ShapeError(fmt::format("x {} has fewer than the {} axes to normalise", to_string(x.shape), options_.axes));
  }
  void check_type(std::string_view what, const TensorType& type, const TensorType& wanted) const {
    if (type.dtype != wanted.dtype) require_same_dtype(std::array{wanted, type});
    if (type.shape != wanted.shape)
      throw ShapeError(fmt::format("{} is {}, needs {}", what, to_string(type.shape), to_string(wanted.shape)));
  }

  LayerNormOptions options_;
};

class LayerNorm final : public LayerNormOp {  // (x, scale?, shift?) → (y, m, 1/√(v + ε))
 public:
  using LayerNormOp::LayerNormOp;
  std::string_view name() const override { return "layer_norm"; }
  bool may_overwrite(std::size_t input, std::size_t output) const override { return input == 0 && output == 0; }
  std::span<const Pattern> patterns() const override { return layer_norm_patterns(); }

  std::vector<TensorType> infer(std::span<const TensorType> inputs) const override {
    const TensorType& x = inputs[0];
    check(x);
    const TensorType row{x.dtype, row_of(x.shape)}, statistic{x.dtype, rows_of(x.shape)};
    if (inputs.size() > 1) check_type("scale", inputs[1], row);
    if (inputs.size() > 2) check_type("shift", inputs[2], row);
    return {x, statistic, statistic};
  }

  void run(const KernelArgs& args) const override {
    const std::int64_t n = size(args.shape(0)), rows = args.outputs[1].count;
    for_float(args.dtype(0), [&]<class T>() {
      const auto given = [&](std::size_t i) { return args.inputs.size() > i ? args.input<T>(i).data() : nullptr; };
      args.parallel_for(
          rows, std::max<std::int64_t>(1, elements_a_piece / std::max<std::int64_t>(n, 1)), [&](std::int64_t begin, std::int64_t end) {
            layer_norm_rows(args.input<T>(0).data() + begin * n, given(1), given(2), args.output<T>(0).data() + begin * n,
                            args.output<T>(1).data() + begin, args.output<T>(2).data() + begin, end - begin, n, options_.epsilon);
          });
    });
  }

  std::vector<Node> gradient(const GradientArgs& args) const override;
};

// (g, x, m, r, scale?) → dx, and with scale also dscale, dshift. Write z = (x − m)·r, a = g·scale, J v = r·(v − mean v − z·mean(v·z)),
// which is the derivative of z along v: then dx = J a, dscale = Σ g·z, dshift = Σ g. As J is symmetric, what comes in for them, h, i and k,
// gives
//
//     ∂g = scale·J h + i·z + k,    ∂scale = Σ g·J h,    ∂x = −r·(z·mean(h·dx) + mean(a·z)·J h + mean(h·z)·dx) + J(g·i)
//
// m and r are functions of x that ∂x counts in: none goes to them.
class LayerNormGradient final : public LayerNormOp {
 public:
  using LayerNormOp::LayerNormOp;
  std::string_view name() const override { return "layer_norm_gradient"; }
  bool may_overwrite(std::size_t input, std::size_t output) const override { return input <= 1 && output == 0; }

  std::vector<TensorType> infer(std::span<const TensorType> inputs) const override {
    const TensorType& x = inputs[1];
    check(x);
    const TensorType row{x.dtype, row_of(x.shape)}, statistic{x.dtype, rows_of(x.shape)};
    check_type("g", inputs[0], x);
    check_type("the mean", inputs[2], statistic);
    check_type("the reciprocal deviation", inputs[3], statistic);
    if (inputs.size() == 4) return {x};
    check_type("scale", inputs[4], row);
    return {x, row, row};
  }

  std::size_t workspace(std::span<const TensorType> inputs) const override {
    if (inputs.size() == 4) return 0;
    const Extents x = inputs[1].shape.constant();
    const std::int64_t n = size(x);
    return static_cast<std::size_t>(blocks(count(rows_of(inputs[1].shape).constant()), n) * 2 * n) * sizeof(double);
  }

  void run(const KernelArgs& args) const override {
    const std::int64_t n = size(args.shape(1)), rows = args.inputs[2].count;
    const bool scaled = args.inputs.size() == 5;
    const std::int64_t block = rows_a_block(rows, n);
    auto* sums = args.workspace<double>();
    for_float(args.dtype(1), [&]<class T>() {
      args.parallel_for(blocks(rows, n), [&](std::int64_t b) {
        double* dscale = scaled ? sums + b * 2 * n : nullptr;
        if (scaled) std::fill_n(dscale, 2 * n, 0.0);
        const std::int64_t begin = b * block, end = std::min(rows, begin + block);
        layer_norm_gradient_rows(args.input<T>(0).data() + begin * n, args.input<T>(1).data() + begin * n, args.input<T>(2).data() + begin,
                                 args.input<T>(3).data() + begin, scaled ? args.input<T>(4).data() : nullptr,
                                 args.output<T>(0).data() + begin * n, dscale, scaled ? dscale + n : nullptr, end - begin, n);
      });
      if (!scaled) return;
      T *dscale = args.output<T>(1).data(), *dshift = args.output<T>(2).data();
      args.parallel_for(n, elements_a_piece / most_blocks, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t j = begin; j < end; ++j) {
          double scale = 0, shift = 0;
          for (std::int64_t b = 0; b < blocks(rows, n); ++b) {  // in order: same bits for any number of threads
            scale += sums[b * 2 * n + j];
            shift += sums[b * 2 * n + n + j];
          }
          dscale[j] = static_cast<T>(scale);
          dshift[j] = static_cast<T>(shift);
        }
      });
    });
  }

  std::vector<Node> gradient(const GradientArgs& args) const override {
    const Node g = args.input(0), x = args.input(1), h = args.output_gradient(0);
    const bool scaled = args.input_count() == 5;
    const Node scale = scaled ? args.input(4) : Node(), i = scaled ? args.output_gradient(1) : Node(),
               k = scaled ? args.output_gradient(2) : Node();
    const auto mean = [&](Node v) { return reduce_mean(v, axes(), true); };
    const auto along = [&](Node v) {  // J v
      return make_node(std::make_shared<LayerNormGradient>(options_), {v, x, args.input(2), args.input(3)});
    };
    Node of_g, of_x, of_scale;
    const auto add = [](Node& sum, Node term) { sum = sum ? sum + term : term; };
    const Node z = layer_norm(x, options_);
    if (h) {
      const Node j = along(h), a = scaled ? g * scale : g, dx = args.output(0);
      const Node r = rsqrt(reduce_variance(x, axes(), true) + options_.epsilon);
      add(of_g, scaled ? scale * j : j);
      if (scaled) of_scale = sum_to(g * j, scale.shape());
      add(of_x, -r * (z * mean(h * dx) + mean(a * z) * j + mean(h * z) * dx));
    }
    if (i) {
      add(of_g, i * z);
      add(of_x, along(g * i));
    }
    if (k) add(of_g, broadcast_to(k, g.shape()));
    return {of_g, of_x, Node(), Node(), of_scale};
  }

 private:
  static std::int64_t rows_a_block(std::int64_t rows, std::int64_t n) {
    return std::max((rows + most_blocks - 1) / most_blocks, std::max<std::int64_t>(1, elements_a_piece / std::max<std::int64_t>(n, 1)));
  }
  static std::int64_t blocks(std::int64_t rows, std::int64_t n) {
    const std::int64_t block = rows_a_block(rows, n);
    return (rows + block - 1) / block;
  }
};

std::vector<Node> LayerNorm::gradient(const GradientArgs& args) const {
  if (args.output_gradient(1) || args.output_gradient(2)) not_differentiable(args, "outputs 1 and 2 are there for that of output 0");
  std::vector<Operand> operands{args.output_gradient(0), args.input(0), args.output(1), args.output(2)};
  if (args.input_count() == 1) return {make_node(std::make_shared<LayerNormGradient>(options_), operands)};
  operands.emplace_back(args.input(1));
  const Node all = make_node(std::make_shared<LayerNormGradient>(options_), operands);
  return {all, all.output(1), all.output(2)};
}

LayerNormOptions options_from(const Attributes& a) { return {.axes = a.get<std::int64_t>("axes"), .epsilon = a.get<double>("epsilon")}; }

}  // namespace

Node layer_norm(Operand x, const LayerNormOptions& options) { return make_node(std::make_shared<LayerNorm>(options), {x}); }
Node layer_norm(Operand x, Operand scale, const LayerNormOptions& options) {
  return make_node(std::make_shared<LayerNorm>(options), {x, scale});
}
Node layer_norm(Operand x, Operand scale, Operand shift, const LayerNormOptions& options) {
  return make_node(std::make_shared<LayerNorm>(options), {x, scale, shift});
}

void register_layer_norm_ops() {
  register_op("layer_norm", [](const Attributes& a) -> std::shared_ptr<const Op> { return std::make_shared<LayerNorm>(options_from(a)); });
  register_op("layer_norm_gradient",
              [](const Attributes& a) -> std::shared_ptr<const Op> { return std::make_shared<LayerNormGradient>(options_from(a)); });
}

}  // namespace loglik
