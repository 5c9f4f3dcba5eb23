#include "ops/softmax.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "framework/fold.h"
#include "framework/primitives.h"
#include "framework/registry.h"
#include "framework/side_by_side.h"
#include "ops/exponential.h"
#include "ops/lanes.h"
#include "ops/softmax_patterns.h"

namespace loglik {
namespace {

class SoftmaxOp : public Op {
 public:
  explicit SoftmaxOp(std::int64_t axis) : axis_(axis) {}
  Attributes attributes() const override { return {{"axis", axis_}}; }
  bool may_overwrite(std::size_t, std::size_t) const override { return true; }
  std::span<const Pattern> patterns() const override { return softmax_patterns(); }

  std::vector<TensorType> infer(std::span<const TensorType> inputs) const override {
    require_float("x", inputs[0]);
    normalize_axis(axis_, inputs[0].shape.rank());
    return {inputs[0]};
  }

 protected:
  // Over the last axis, calls rows(first, end) for rows of so many elements; over another, block(offset, columns, size, stride) for blocks
  // of neighbouring columns: element r of column j is at offset + r·stride + j.
  template <class Rows, class Block>
  void for_pieces(const KernelArgs& args, Rows rows, Block block) const {
    const Extents& extents = args.shape(0);
    const auto axis = static_cast<std::size_t>(axis_ < 0 ? axis_ + static_cast<std::int64_t>(extents.size()) : axis_);
    const std::int64_t size = extents[axis];
    const std::int64_t stride = count(std::span(extents).subspan(axis + 1));
    if (args.inputs[0].count == 0) return;
    const std::int64_t groups = args.inputs[0].count / (size * stride);
    if (stride == 1) return args.parallel_for(groups, std::clamp<std::int64_t>(piece / size, 1, most_rows), rows);
    const std::int64_t blocks = (stride + FoldCut::widest - 1) / FoldCut::widest;
    const std::int64_t grain = std::max<std::int64_t>(1, piece / (size * std::min(stride, FoldCut::widest)));
    args.parallel_for(groups * blocks, grain, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t b = begin; b < end; ++b) {
        const std::int64_t column = b % blocks * FoldCut::widest;
        block(b / blocks * size * stride + column, std::min(FoldCut::widest, stride - column), size, stride);
      }
    });
  }
  std::int64_t size(const KernelArgs& args) const {
    const Extents& extents = args.shape(0);
    return extents[normalize_axis(axis_, extents.size())];
  }

  static constexpr std::int64_t piece = FoldCut::piece / 4;  // elements: exp is dear
  static constexpr std::int64_t most_rows = 1024;
  std::int64_t axis_;
};

// `max` of each column of a block; NaN is passed over: the sum will see it.
template <class T>
void column_maxima(const T* x, std::int64_t columns, std::int64_t rows, std::int64_t stride, T* max) {
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
      const T* x = args.input<T>(0).data();
      T* y = args.output<T>(0).data();
      const std::int64_t n = size(args);
      for_pieces(
          args,
          [=](std::int64_t begin, std::int64_t end) {
            simd::at_full_width([=] {
              for (std::int64_t row = begin; row < end; ++row) {
                const T* in = x + row * n;
                T* out = y + row * n;
                const T m = lane_max(in, n);
                side_by_side(static_cast<std::size_t>(n), [=](std::size_t j) { out[j] = in[j] - m; });
              }
            });
            exponentials(y + begin * n, (end - begin) * n);
            simd::at_full_width([=] {
              for (std::int64_t row = begin; row < end; ++row) {
                T* out = y + row * n;
                const T sum = static_cast<T>(lane_sum(n, [=](std::int64_t j) { return static_cast<double>(out[j]); }));
                side_by_side(static_cast<std::size_t>(n), [=](std::size_t j) { out[j] /= sum; });
              }
            });
          },
          [=](std::int64_t offset, std::int64_t columns, std::int64_t rows, std::int64_t stride) {
            std::array<T, FoldCut::widest> max;
            std::array<double, FoldCut::widest> sum;
            column_maxima(x + offset, columns, rows, stride, max.data());
            std::fill_n(sum.begin(), columns, 0.0);
            for (std::int64_t r = 0; r < rows; ++r) {
              T* out = y + offset + r * stride;
              for (std::int64_t j = 0; j < columns; ++j) out[j] = x[offset + r * stride + j] - max[static_cast<std::size_t>(j)];
              exponentials(out, columns);
              for (std::int64_t j = 0; j < columns; ++j) sum[static_cast<std::size_t>(j)] += out[j];
            }
            for (std::int64_t r = 0; r < rows; ++r)
              for (std::int64_t j = 0; j < columns; ++j) y[offset + r * stride + j] /= static_cast<T>(sum[static_cast<std::size_t>(j)]);
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
      const T* x = args.input<T>(0).data();
      T* y = args.output<T>(0).data();
      const std::int64_t n = size(args);
      for_pieces(
          args,
          [=](std::int64_t begin, std::int64_t end) {
            std::array<T, most_rows> max;
            std::array<double, most_rows> sum;
            sum_exponentials(x + begin * n, end - begin, n, max.data(), sum.data());
            for (std::int64_t row = begin; row < end; ++row) {
              const T* in = x + row * n;
              T* out = y + row * n;
              const T m = max[static_cast<std::size_t>(row - begin)],
                      log_sum = static_cast<T>(std::log(sum[static_cast<std::size_t>(row - begin)]));
              simd::at_full_width(
                  [=] { side_by_side(static_cast<std::size_t>(n), [=](std::size_t j) { out[j] = (in[j] - m) - log_sum; }); });
            }
          },
          [=](std::int64_t offset, std::int64_t columns, std::int64_t rows, std::int64_t stride) {
            std::array<T, FoldCut::widest> max, e;
            std::array<double, FoldCut::widest> sum;
            column_maxima(x + offset, columns, rows, stride, max.data());
            std::fill_n(sum.begin(), columns, 0.0);
            for (std::int64_t r = 0; r < rows; ++r) {
              for (std::int64_t j = 0; j < columns; ++j)
                e[static_cast<std::size_t>(j)] = x[offset + r * stride + j] - max[static_cast<std::size_t>(j)];
              exponentials(e.data(), columns);
              for (std::int64_t j = 0; j < columns; ++j) sum[static_cast<std::size_t>(j)] += e[static_cast<std::size_t>(j)];
            }
            for (std::int64_t j = 0; j < columns; ++j) sum[static_cast<std::size_t>(j)] = std::log(sum[static_cast<std::size_t>(j)]);
            for (std::int64_t r = 0; r < rows; ++r)
              for (std::int64_t j = 0; j < columns; ++j)
                y[offset + r * stride + j] =
                    (x[offset + r * stride + j] - max[static_cast<std::size_t>(j)]) - static_cast<T>(sum[static_cast<std::size_t>(j)]);
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
