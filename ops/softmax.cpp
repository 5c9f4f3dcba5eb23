#include "ops/softmax.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <type_traits>

#include "framework/fold.h"
#include "framework/primitives.h"
#include "framework/registry.h"
#include "ops/exponential.h"

namespace loglik {
namespace {

class SoftmaxOp : public Op {
 public:
  explicit SoftmaxOp(std::int64_t axis) : axis_(axis) {}
  Attributes attributes() const override { return {{"axis", axis_}}; }
  bool may_overwrite(std::size_t, std::size_t) const override { return true; }

  std::vector<TensorType> infer(std::span<const TensorType> inputs) const override {
    require_float("x", inputs[0]);
    normalize_axis(axis_, inputs[0].shape.rank());
    return {inputs[0]};
  }

 protected:
  // Calls block(offset, columns, rows, stride) for each block of neighbouring columns: element r of column j is at offset + r·stride + j.
  // Over the last axis, columns and stride are 1 for the compiler to know.
  template <class Block>
  void for_blocks(const KernelArgs& args, Block block) const {
    const Extents& extents = args.shape(0);
    const auto axis = static_cast<std::size_t>(axis_ < 0 ? axis_ + static_cast<std::int64_t>(extents.size()) : axis_);
    const std::int64_t rows = extents[axis];
    const std::int64_t stride = count(std::span(extents).subspan(axis + 1));
    if (args.inputs[0].count == 0) return;
    const std::int64_t blocks = (stride + FoldCut::widest - 1) / FoldCut::widest;
    const std::int64_t grain = std::max<std::int64_t>(1, FoldCut::piece / 4 / (rows * std::min(stride, FoldCut::widest)));  // exp is dear
    args.parallel_for(args.inputs[0].count / (rows * stride) * blocks, grain, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t b = begin; b < end; ++b) {
        const std::int64_t column = b % blocks * FoldCut::widest;
        const std::int64_t offset = b / blocks * rows * stride + column;
        if (stride == 1)
          block(offset, one, rows, one);
        else
          block(offset, std::min(FoldCut::widest, stride - column), rows, stride);
      }
    });
  }

  static constexpr std::integral_constant<std::int64_t, 1> one{};
  std::int64_t axis_;
};

// `max` of each column of a block; NaN is passed over: the sum will see it.
template <class T, class Columns>
void column_maxima(const T* x, Columns columns, std::int64_t rows, Columns stride, T* max) {
  std::fill_n(max, columns, -std::numeric_limits<T>::infinity());
  for (std::int64_t r = 0; r < rows; ++r)
    for (std::int64_t j = 0; j < columns; ++j) max[j] = x[r * stride + j] > max[j] ? x[r * stride + j] : max[j];
}

class Softmax final : public SoftmaxOp {
 public:
  using SoftmaxOp::SoftmaxOp;
  std::string_view name() const override { return "softmax"; }

  void run(const KernelArgs& args) const override {
    for_float(args.dtype(0), [&]<class T>() {
      for_blocks(args, [&](std::int64_t offset, auto columns, std::int64_t rows, auto stride) {
        const T* x = args.input<T>(0).data() + offset;
        T* y = args.output<T>(0).data() + offset;
        std::array<T, FoldCut::widest> max;
        std::array<double, FoldCut::widest> sum;
        column_maxima(x, columns, rows, stride, max.data());
        std::fill_n(sum.begin(), columns, 0.0);
        for (std::int64_t r = 0; r < rows; ++r)
          for (std::int64_t j = 0; j < columns; ++j) {
            const T e = std::exp(x[r * stride + j] - max[static_cast<std::size_t>(j)]);
            y[r * stride + j] = e;
            sum[static_cast<std::size_t>(j)] += e;
          }
        for (std::int64_t r = 0; r < rows; ++r)
          for (std::int64_t j = 0; j < columns; ++j) y[r * stride + j] /= static_cast<T>(sum[static_cast<std::size_t>(j)]);
      });
    });
  }

  std::vector<Node> gradient(const GradientArgs& args) const override {
    const Node g = args.output_gradient(0), y = args.output(0);
    return {y * (g - reduce_sum(g * y, {axis_}, true))};
  }
};

class LogSoftmax final : public SoftmaxOp {
 public:
  using SoftmaxOp::SoftmaxOp;
  std::string_view name() const override { return "log_softmax"; }

  void run(const KernelArgs& args) const override {
    for_float(args.dtype(0), [&]<class T>() {
      for_blocks(args, [&](std::int64_t offset, auto columns, std::int64_t rows, auto stride) {
        const T* x = args.input<T>(0).data() + offset;
        T* y = args.output<T>(0).data() + offset;
        std::array<T, FoldCut::widest> max;
        std::array<double, FoldCut::widest> sum;
        column_maxima(x, columns, rows, stride, max.data());
        std::fill_n(sum.begin(), columns, 0.0);
        for (std::int64_t r = 0; r < rows; ++r)
          for (std::int64_t j = 0; j < columns; ++j)
            sum[static_cast<std::size_t>(j)] += std::exp(x[r * stride + j] - max[static_cast<std::size_t>(j)]);
        for (std::int64_t j = 0; j < columns; ++j) sum[static_cast<std::size_t>(j)] = std::log(sum[static_cast<std::size_t>(j)]);
        for (std::int64_t r = 0; r < rows; ++r)
          for (std::int64_t j = 0; j < columns; ++j)
            y[r * stride + j] = (x[r * stride + j] - max[static_cast<std::size_t>(j)]) - static_cast<T>(sum[static_cast<std::size_t>(j)]);
      });
    });
  }

  std::vector<Node> gradient(const GradientArgs& args) const override {
    const Node g = args.output_gradient(0);
    return {g - exp(args.output(0)) * reduce_sum(g, {axis_}, true)};
  }
};

template <class Class>
void register_over_axis(std::string_view name) {
  register_op(name, [](const Attributes& a) -> std::shared_ptr<const Op> { return std::make_shared<Class>(a.get<std::int64_t>("axis")); });
}

}  // namespace

Node softmax(Operand x, std::int64_t axis) { return make_node(std::make_shared<Softmax>(axis), {x}); }
Node log_softmax(Operand x, std::int64_t axis) { return make_node(std::make_shared<LogSoftmax>(axis), {x}); }

void register_softmax_ops() {
  register_over_axis<Softmax>("softmax");
  register_over_axis<LogSoftmax>("log_softmax");
}

}  // namespace loglik
