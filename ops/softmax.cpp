#include "ops/softmax.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "framework/fold.h"
#include "framework/primitives.h"
#include "framework/registry.h"
#include "ops/exponential.h"
#include "ops/softmax_patterns.h"
#include "ops/sum_exp_kernels.h"

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
  // Calls lines(offset, count, length) for some lines that lie one after the other, where the axis is the last one; else columns(offset, count,
  // rows, stride) for a block of neighbouring columns: element r of column j is at offset + r·stride + j.
  template <class Lines, class Columns>
  void for_blocks(const KernelArgs& args, Lines lines, Columns columns) const {
    const Extents& extents = args.shape(0);
    const auto axis = static_cast<std::size_t>(axis_ < 0 ? axis_ + static_cast<std::int64_t>(extents.size()) : axis_);
    const std::int64_t rows = extents[axis];
    const std::int64_t stride = count(std::span(extents).subspan(axis + 1));
    if (args.inputs[0].count == 0) return;
    const std::int64_t blocks = (stride + FoldCut::widest - 1) / FoldCut::widest;
    const std::int64_t grain = std::max<std::int64_t>(1, FoldCut::piece / 4 / (rows * std::min(stride, FoldCut::widest)));  // exp is dear
    args.parallel_for(args.inputs[0].count / (rows * stride) * blocks, grain, [&](std::int64_t begin, std::int64_t end) {
      if (stride == 1) return lines(begin * rows, end - begin, rows);
      for (std::int64_t b = begin; b < end; ++b) {
        const std::int64_t column = b % blocks * FoldCut::widest;
        columns(b / blocks * rows * stride + column, std::min(FoldCut::widest, stride - column), rows, stride);
      }
    });
  }

  std::int64_t axis_;
};

// `max` of each column of a block; NaN is passed over: the sum will see it.
template <class T>
void column_maxima(const T* x, std::int64_t columns, std::int64_t rows, std::int64_t stride, T* max) {
  std::fill_n(max, columns, -std::numeric_limits<T>::infinity());
  for (std::int64_t r = 0; r < rows; ++r)
    for (std::int64_t j = 0; j < columns; ++j) max[j] = x[r * stride + j] > max[j] ? x[r * stride + j] : max[j];
}

// Lines so short that several share the calls of vector functions.
constexpr std::int64_t short_line = 64, most_lines = 64;

// exps[l·length + k] = exp(x[l·length + k] − max[l]) of up to most_lines short lines, and sum[l] = Σ over k; x may be exps.
template <class T>
void short_lines(const T* x, std::int64_t lines, std::int64_t length, T* exps, T* max, double* sum) {
  for (std::int64_t l = 0; l < lines; ++l) {
    const T* line = x + l * length;
    T most = -std::numeric_limits<T>::infinity();
    for (std::int64_t k = 0; k < length; ++k) most = line[k] > most ? line[k] : most;
    max[l] = most;
    for (std::int64_t k = 0; k < length; ++k) exps[l * length + k] = line[k] - most;
  }
  exps_of(exps, lines * length);
  for (std::int64_t l = 0; l < lines; ++l) {
    double total = 0;
    for (std::int64_t k = 0; k < length; ++k) total += exps[l * length + k];
    sum[l] = total;
  }
}

class Softmax final : public SoftmaxOp {
 public:
  using SoftmaxOp::SoftmaxOp;
  std::string_view name() const override { return "softmax"; }

  void run(const KernelArgs& args) const override {
    for_float(args.dtype(0), [&]<class T>() {
      const T* in = args.input<T>(0).data();
      T* out = args.output<T>(0).data();
      const auto line = [&](std::int64_t offset, std::int64_t length) {
        const T *x = in + offset, max = largest(x, length);
        T* y = out + offset;
        exp_shifted(x, [max](std::size_t) { return max; }, y, length);
        simd::at_full_width([=] {
          const T factor = static_cast<T>(1 / sum_run(y, length, [](T v) { return v; }));
          side_by_side(static_cast<std::size_t>(length), [=](std::size_t k) { y[k] *= factor; });
        });
      };
      for_blocks(
          args,
          [&](std::int64_t offset, std::int64_t count, std::int64_t length) {
            if (length > short_line) {
              for (std::int64_t l = 0; l < count; ++l) line(offset + l * length, length);
              return;
            }
            std::array<T, most_lines> max;
            std::array<double, most_lines> sum;
            for (std::int64_t done = 0; done < count; done += most_lines) {
              const std::int64_t lines = std::min(most_lines, count - done), first = offset + done * length;
              short_lines(in + first, lines, length, out + first, max.data(), sum.data());
              for (std::int64_t l = 0; l < lines; ++l)
                for (std::int64_t k = 0; k < length; ++k) out[first + l * length + k] *= static_cast<T>(1 / sum[static_cast<std::size_t>(l)]);
            }
          },
          [&](std::int64_t offset, std::int64_t columns, std::int64_t rows, std::int64_t stride) {
            const T* x = in + offset;
            T* y = out + offset;
            std::array<T, FoldCut::widest> max;
            std::array<double, FoldCut::widest> sum{};
            column_maxima(x, columns, rows, stride, max.data());
            for (std::int64_t r = 0; r < rows; ++r) {
              exp_shifted(x + r * stride, [&](std::size_t j) { return max[j]; }, y + r * stride, columns);
              for (std::int64_t j = 0; j < columns; ++j) sum[static_cast<std::size_t>(j)] += y[r * stride + j];
            }
            for (std::int64_t r = 0; r < rows; ++r)
              for (std::int64_t j = 0; j < columns; ++j) y[r * stride + j] *= static_cast<T>(1 / sum[static_cast<std::size_t>(j)]);
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
      const T* in = args.input<T>(0).data();
      T* out = args.output<T>(0).data();
      for_blocks(
          args,
          [&](std::int64_t offset, std::int64_t count, std::int64_t length) {
            if (length > short_line) {
              for (std::int64_t l = 0; l < count; ++l) {
                const T* x = in + offset + l * length;
                const T max = largest(x, length);
                shift(x, max, std::log(sum_exp(x, max, length)), out + offset + l * length, length);
              }
              return;
            }
            std::array<T, most_lines> max;
            std::array<double, most_lines> sum;
            std::array<T, most_lines * short_line> exps;
            for (std::int64_t done = 0; done < count; done += most_lines) {
              const std::int64_t lines = std::min(most_lines, count - done), first = offset + done * length;
              short_lines(in + first, lines, length, exps.data(), max.data(), sum.data());
              for (std::int64_t l = 0; l < lines; ++l) {
                const auto at = static_cast<std::size_t>(l);
                shift(in + first + l * length, max[at], std::log(sum[at]), out + first + l * length, length);
              }
            }
          },
          [&](std::int64_t offset, std::int64_t columns, std::int64_t rows, std::int64_t stride) {
            const T* x = in + offset;
            T* y = out + offset;
            std::array<T, FoldCut::widest> max, terms;
            std::array<double, FoldCut::widest> sum{};
            column_maxima(x, columns, rows, stride, max.data());
            for (std::int64_t r = 0; r < rows; ++r) {
              exp_shifted(x + r * stride, [&](std::size_t j) { return max[j]; }, terms.data(), columns);
              for (std::int64_t j = 0; j < columns; ++j) sum[static_cast<std::size_t>(j)] += terms[static_cast<std::size_t>(j)];
            }
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

 private:
  template <class T>
  static void shift(const T* x, T max, double log_sum, T* y, std::int64_t count) {
    const T rest = static_cast<T>(log_sum);
    for (std::int64_t k = 0; k < count; ++k) y[k] = (x[k] - max) - rest;
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
