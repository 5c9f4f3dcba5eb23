#include "ops/cross_entropy.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <type_traits>

#include "framework/error.h"
#include "framework/pattern.h"
#include "framework/primitives.h"
#include "framework/registry.h"
#include "framework/simd/math.h"
#include "ops/gather.h"
#include "ops/softmax.h"

namespace loglik {
namespace {

constexpr std::int64_t tile = 1024;            // elements whose exponentials are taken together
constexpr std::int64_t elements_a_piece = 4096;  // exp is dear

template <class T>
void exponentials(T* x, std::int64_t count) {
  if constexpr (std::is_same_v<T, float>)
    simd::exp(x, x, static_cast<std::size_t>(count));
  else
    for (std::int64_t i = 0; i < count; ++i) x[i] = std::exp(x[i]);
}

// Calls body(first row, rows) for runs of rows {n} that fill a tile together, or of one row that does not fit.
template <class Body>
void for_rows(const KernelArgs& args, std::int64_t rows, std::int64_t n, Body body) {
  const std::int64_t together = std::max<std::int64_t>(1, tile / std::max<std::int64_t>(n, 1));
  const std::int64_t grain = std::max<std::int64_t>(1, elements_a_piece / std::max<std::int64_t>(n, 1));
  args.parallel_for(rows, grain, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t row = begin; row < end; row += together) body(row, std::min(together, end - row));
  });
}

void check_labels(const TensorType& logits, const TensorType& labels) {
  require_float("x", logits);
  require_dtype("the labels", labels, DType::int32);
  const Shape& x = logits.shape;
  if (x.rank() == 0) throw ShapeError("x is a scalar, needs an axis of classes");
  if (x.without(x.rank() - 1) != labels.shape)
    throw ShapeError(fmt::format("x {} needs labels {}, got {}", to_string(x), to_string(x.without(x.rank() - 1)), to_string(labels.shape)));
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
      for_rows(args, rows, n, [=](std::int64_t first, std::int64_t count) {
        std::array<T, tile> e;
        std::array<double, tile> sums;
        for (std::int64_t i = 0; i < count; ++i) {
          const std::int64_t row = first + i, label = labels[static_cast<std::size_t>(row)];
          check_index(label, n, row);
          T m = -std::numeric_limits<T>::infinity();  // NaN is passed over: the sum will see it
          for (std::int64_t j = 0; j < n; ++j) m = x[row * n + j] > m ? x[row * n + j] : m;
          largest[row] = m;
          sums[static_cast<std::size_t>(i)] = 0;
        }
        const std::int64_t columns = std::min(n, tile);  // all of them, if there are several rows
        for (std::int64_t column = 0; column < n; column += columns) {
          const std::int64_t width = std::min(columns, n - column);
          for (std::int64_t i = 0; i < count; ++i)
            for (std::int64_t j = 0; j < width; ++j)
              e[static_cast<std::size_t>(i * width + j)] = x[(first + i) * n + column + j] - largest[first + i];
          exponentials(e.data(), count * width);
          for (std::int64_t i = 0; i < count; ++i)
            for (std::int64_t j = 0; j < width; ++j) sums[static_cast<std::size_t>(i)] += e[static_cast<std::size_t>(i * width + j)];
        }
        for (std::int64_t i = 0; i < count; ++i) {
          const std::int64_t row = first + i;
          log_sum[row] = static_cast<T>(std::log(sums[static_cast<std::size_t>(i)]));
          y[row] = log_sum[row] - (x[row * n + labels[static_cast<std::size_t>(row)]] - largest[row]);
        }
      });
    });
  }

  std::vector<Node> gradient(const GradientArgs& args) const override;
  double flops(std::span<const TensorType> inputs) const override { return 3 * static_cast<double>(inputs[0].shape.count().constant()); }
};

// (g, x, y, max, log sum) → g·(p − one_hot(y)), p = e^((x − max) − log sum) = softmax(x). max and log sum are functions of x: what an incoming h
// gives to x counts them in, and none goes to them.    ∂g = Σ h·(p − one_hot(y)),  ∂x = g·p·(h − Σ h·p)
class CrossEntropyGradient final : public Op {
 public:
  std::string_view name() const override { return "cross_entropy_gradient"; }
  bool may_overwrite(std::size_t input, std::size_t) const override { return input == 1; }

  std::vector<TensorType> infer(std::span<const TensorType> inputs) const override {
    check_labels(inputs[1], inputs[2]);
    for (const std::size_t i : {0, 3, 4})
      if (inputs[i] != TensorType{inputs[1].dtype, inputs[2].shape})
        throw ShapeError(fmt::format("input {} is {}, must have an element for each of the labels {}", i, to_string(inputs[i]), to_string(inputs[2].shape)));
    return {inputs[1]};
  }

  void run(const KernelArgs& args) const override {
    const std::int64_t n = args.shape(1).back(), rows = args.inputs[2].count;
    const auto labels = args.input<std::int32_t>(2);
    for_float(args.dtype(1), [&]<class T>() {
      const T *g = args.input<T>(0).data(), *x = args.input<T>(1).data(), *largest = args.input<T>(3).data(), *log_sum = args.input<T>(4).data();
      T* dx = args.output<T>(0).data();
      for_rows(args, rows, n, [=](std::int64_t first, std::int64_t count) {
        for (std::int64_t row = first; row < first + count; ++row)
          for (std::int64_t j = 0; j < n; ++j) dx[row * n + j] = (x[row * n + j] - largest[row]) - log_sum[row];
        exponentials(dx + first * n, count * n);
        for (std::int64_t row = first; row < first + count; ++row) {
          const std::int64_t label = labels[static_cast<std::size_t>(row)];
          check_index(label, n, row);
          dx[row * n + label] -= 1;
          for (std::int64_t j = 0; j < n; ++j) dx[row * n + j] *= g[row];
        }
      });
    });
  }

  std::vector<Node> gradient(const GradientArgs& args) const override {
    const Node g = args.input(0), x = args.input(1), labels = args.input(2), h = args.output_gradient(0);
    const Node p = softmax(x), mean = reduce_sum(h * p, {-1}, true);
    const auto column = [&](Node rows) { return reshape(rows, mean.shape()); };
    return {args.wants(0) ? reshape(mean, g.shape()) - take_along_last(h, labels) : Node(), args.wants(1) ? column(g) * (p * (h - mean)) : Node(), Node(),
            Node(), Node()};
  }

  double flops(std::span<const TensorType> inputs) const override { return 3 * static_cast<double>(inputs[1].shape.count().constant()); }
};

std::vector<Node> CrossEntropy::gradient(const GradientArgs& args) const {
  if (args.output_gradient(1) || args.output_gradient(2)) not_differentiable(args, "outputs 1 and 2 are there for that of output 0");
  if (!args.wants(0)) return {};
  return {make_node(std::make_shared<CrossEntropyGradient>(), {args.output_gradient(0), args.input(0), args.input(1), args.output(1), args.output(2)}), Node()};
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
  register_op("cross_entropy_gradient", [](const Attributes&) -> std::shared_ptr<const Op> { return std::make_shared<CrossEntropyGradient>(); });
}

}  // namespace loglik
