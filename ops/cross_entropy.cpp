#include "ops/cross_entropy.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "framework/error.h"
#include "framework/pattern.h"
#include "framework/primitives.h"
#include "framework/registry.h"
#include "framework/side_by_side.h"
#include "ops/gather.h"
#include "ops/lanes.h"
#include "ops/softmax.h"

namespace loglik {
namespace {

// Calls body(begin, end) for runs of rows of n elements.
constexpr std::int64_t most_rows = 1024;
template <class Body>
void for_rows(const KernelArgs& args, std::int64_t rows, std::int64_t n, Body body) {
  constexpr std::int64_t elements = 4096;  // exp is dear
  args.parallel_for(rows, std::clamp<std::int64_t>(elements / std::max<std::int64_t>(n, 1), 1, most_rows), body);
}

void check_labels(const TensorType& logits, const TensorType& labels) {
  require_float("x", logits);
  require_dtype("the labels", labels, DType::int32);
  const Shape& x = logits.shape;
  if (x.rank() == 0) throw ShapeError("x is a scalar, needs an axis of classes");
  if (x.without(x.rank() - 1) != labels.shape)
    throw ShapeError(
        fmt::format("x {} needs labels {}, got {}", to_string(x), to_string(x.without(x.rank() - 1)), to_string(labels.shape)));
}

class CrossEntropy final : public Op {
 public:
  std::string_view name() const override { return "cross_entropy"; }

  std::vector<TensorType> infer(std::span<const TensorType> inputs) const override {
    check_labels(inputs[0], inputs[1]);
    const TensorType y{inputs[0].dtype, inputs[1].shape};
    return {y, y, y};
  }

  void run(const KernelArgs& args) const override {
    const std::int64_t n = args.shape(0).back(), rows = args.inputs[1].count;
    const auto labels = args.input<std::int32_t>(1);
    for_float(args.dtype(0), [&]<class T>() {
      const T* x = args.input<T>(0).data();
      T *y = args.output<T>(0).data(), *largest = args.output<T>(1).data(), *log_sum = args.output<T>(2).data();
      for_rows(args, rows, n, [=](std::int64_t begin, std::int64_t end) {
        for (std::int64_t row = begin; row < end; ++row) check_index(labels[static_cast<std::size_t>(row)], n, row);
        std::array<double, most_rows> sums;
        sum_exponentials(x + begin * n, end - begin, n, largest + begin, sums.data());
        for (std::int64_t row = begin; row < end; ++row) {
          log_sum[row] = static_cast<T>(std::log(sums[static_cast<std::size_t>(row - begin)]));
          y[row] = log_sum[row] - (x[row * n + labels[static_cast<std::size_t>(row)]] - largest[row]);
        }
      });
    });
  }

  std::vector<Node> gradient(const GradientArgs& args) const override;
  double flops(std::span<const TensorType> inputs) const override { return 3 * static_cast<double>(inputs[0].shape.count().constant()); }
};

// (g, x, y, max, log sum) → g·(p − one_hot(y)), p = e^((x − max) − log sum) = softmax(x). max and log sum are functions of x: what an
// incoming h gives to x counts them in, and none goes to them.    ∂g = Σ h·(p − one_hot(y)),  ∂x = g·p·(h − Σ h·p)
class CrossEntropyGradient final : public Op {
 public:
  std::string_view name() const override { return "cross_entropy_gradient"; }
  bool may_overwrite(std::size_t input, std::size_t) const override { return input == 1; }

  std::vector<TensorType> infer(std::span<const TensorType> inputs) const override {
    check_labels(inputs[1], inputs[2]);
    for (const std::size_t i : {0u, 3u, 4u})
      if (inputs[i] != TensorType{inputs[1].dtype, inputs[2].shape})
        throw ShapeError(fmt::format("input {} is {}, must have an element for each of the labels {}", i, to_string(inputs[i]),
                                     to_string(inputs[2].shape)));
    return {inputs[1]};
  }

  void run(const KernelArgs& args) const override {
    const std::int64_t n = args.shape(1).back(), rows = args.inputs[2].count;
    const auto labels = args.input<std::int32_t>(2);
    for_float(args.dtype(1), [&]<class T>() {
      const T *g = args.input<T>(0).data(), *x = args.input<T>(1).data(), *largest = args.input<T>(3).data(),
              *log_sum = args.input<T>(4).data();
      T* dx = args.output<T>(0).data();
      for_rows(args, rows, n, [=](std::int64_t begin, std::int64_t end) {
        const auto columns = static_cast<std::size_t>(n);
        simd::at_full_width([=] {
          for (std::int64_t row = begin; row < end; ++row) {
            const T* in = x + row * n;
            T* out = dx + row * n;
            const T m = largest[row], l = log_sum[row];
            side_by_side(columns, [=](std::size_t j) { out[j] = (in[j] - m) - l; });
          }
        });
        exponentials(dx + begin * n, (end - begin) * n);
        for (std::int64_t row = begin; row < end; ++row) {
          const std::int64_t label = labels[static_cast<std::size_t>(row)];
          check_index(label, n, row);
          dx[row * n + label] -= 1;
        }
        simd::at_full_width([=] {
          for (std::int64_t row = begin; row < end; ++row) {
            T* out = dx + row * n;
            const T scale = g[row];
            side_by_side(columns, [=](std::size_t j) { out[j] *= scale; });
          }
        });
      });
    });
  }

  std::vector<Node> gradient(const GradientArgs& args) const override {
    const Node g = args.input(0), x = args.input(1), labels = args.input(2), h = args.output_gradient(0);
    const Node p = softmax(x), mean = reduce_sum(h * p, {-1}, true);
    const auto column = [&](Node rows) { return reshape(rows, mean.shape()); };
    return {args.wants(0) ? reshape(mean, g.shape()) - take_along_last(h, labels) : Node(),
            args.wants(1) ? column(g) * (p * (h - mean)) : Node(), Node(), Node(), Node()};
  }

  double flops(std::span<const TensorType> inputs) const override { return 3 * static_cast<double>(inputs[1].shape.count().constant()); }
};

std::vector<Node> CrossEntropy::gradient(const GradientArgs& args) const {
  if (args.output_gradient(1) || args.output_gradient(2)) not_differentiable(args, "outputs 1 and 2 are there for that of output 0");
  if (!args.wants(0)) return {};
  return {make_node(std::make_shared<CrossEntropyGradient>(),
                    {args.output_gradient(0), args.input(0), args.input(1), args.output(1), args.output(2)}),
          Node()};
}

}  // namespace

Node cross_entropy(Operand logits, Operand labels) { return make_node(std::make_shared<CrossEntropy>(), {logits, labels}); }

// log_softmax(x)_y, where nothing else reads log_softmax(x).
std::vector<Node> recognize_cross_entropy(const PatternArgs& args) {
  const Node all = args.input(0);
  if (all.op().name() != "log_softmax" || args.readers(all) != 1) return {};
  const std::size_t rank = all.shape().rank();
  if (normalize_axis(all.op().attributes().get<std::int64_t>("axis"), rank) + 1 != rank) return {};
  return {-cross_entropy(all.inputs()[0], args.input(1))};
}

void register_cross_entropy_ops() {
  register_op("cross_entropy", [](const Attributes&) -> std::shared_ptr<const Op> { return std::make_shared<CrossEntropy>(); });
  register_op("cross_entropy_gradient",
              [](const Attributes&) -> std::shared_ptr<const Op> { return std::make_shared<CrossEntropyGradient>(); });
}

}  // namespace loglik
