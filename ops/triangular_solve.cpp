// op(l)·x = b;    ∂b = op(l)⁻ᵀ·g,  ∂l = −∂b·xᵀ within the triangle (transposed: −x·∂bᵀ). From the right: ∂b = g·op(l)⁻ᵀ,  ∂l = −xᵀ·∂b.
#include "ops/triangular_solve.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "framework/error.h"
#include "framework/op.h"
#include "framework/primitives.h"
#include "framework/registry.h"
#include "ops/matmul.h"
#include "ops/triangle.h"

namespace loglik {
namespace {

constexpr std::int64_t widest = 64;  // columns that are solved side by side

// Where a stretched operand's matrix lies that belongs to matrix `index` of the output's leading axes, in matrices.
std::int64_t operand_matrix(std::int64_t index, const Extents& output, const Extents& operand) {
  std::int64_t place = 0, stride = 1;
  for (std::size_t from_last = 2; from_last < operand.size(); ++from_last) {
    const std::int64_t size = output[output.size() - 1 - from_last], own = operand[operand.size() - 1 - from_last];
    if (own != 1) place += index % size * stride;
    index /= size;
    stride *= own;
  }
  return place;
}

// m·x = b for one triangle m and some columns, all by their strides.
template <class T>
struct Substitution {
  const T* m;
  std::int64_t row_stride, column_stride;  // of m
  const T* b;
  T* x;
  std::int64_t x_row, x_column;  // strides of x and b
  std::int64_t n;
  bool lower;

  // Columns [begin, end), at most `widest`.
  void solve(std::int64_t begin, std::int64_t end) const {
    const std::int64_t width = end - begin;
    for (std::int64_t step = 0; step < n; ++step) {
      const std::int64_t i = lower ? step : n - 1 - step;
      std::array<double, widest> rest;
      for (std::int64_t c = 0; c < width; ++c)
        rest[static_cast<std::size_t>(c)] = static_cast<double>(b[i * x_row + (begin + c) * x_column]);
      for (std::int64_t done = 0; done < step; ++done) {
        const std::int64_t j = lower ? done : n - 1 - done;
        const auto factor = static_cast<double>(m[i * row_stride + j * column_stride]);
        for (std::int64_t c = 0; c < width; ++c)
          rest[static_cast<std::size_t>(c)] -= factor * static_cast<double>(x[j * x_row + (begin + c) * x_column]);
      }
      const auto pivot = static_cast<double>(m[i * (row_stride + column_stride)]);
      for (std::int64_t c = 0; c < width; ++c)
        x[i * x_row + (begin + c) * x_column] = static_cast<T>(rest[static_cast<std::size_t>(c)] / pivot);
    }
  }
};

class TriangularSolve final : public Op {
 public:
  explicit TriangularSolve(TriangularSolveOptions options) : options_(options) {}
  std::string_view name() const override { return "triangular_solve"; }
  Attributes attributes() const override {
    return {{"lower", options_.lower}, {"transposed", options_.transposed}, {"left", options_.left}};
  }

  std::vector<TensorType> infer(std::span<const TensorType> inputs) const override {
    require_float("l", inputs[0]);
    require_same_dtype(inputs);
    const std::int64_t n = square_size("l", inputs[0]);
    const Shape& l = inputs[0].shape;
    const Shape& b = inputs[1].shape;
    if (b.rank() < 2) throw ShapeError(fmt::format("b is {}, needs two axes or more", to_string(b)));
    if (const Dim rows = b[b.rank() - (options_.left ? 2 : 1)]; rows != Dim(n))
      throw ShapeError(fmt::format("l is {}, b {}: sizes {} and {} differ", to_string(l), to_string(b), n, to_string(rows)));
    try {
      const Shape leading = broadcast_shapes(l.slice(0, l.rank() - 2), b.slice(0, b.rank() - 2));
      std::vector<Dim> dims(leading.dims().begin(), leading.dims().end());
      dims.insert(dims.end(), b.dims().end() - 2, b.dims().end());
      return {{inputs[0].dtype, Shape(std::move(dims))}};
    } catch (const ShapeError& error) {
      throw ShapeError(fmt::format("l is {}, b {}: leading axes {}", to_string(l), to_string(b), error.what()));
    }
  }

  void run(const KernelArgs& args) const override {
    const Extents& output = args.output_shape(0);
    const std::int64_t n = args.shape(0).back(), columns = output[output.size() - (options_.left ? 1 : 2)];
    if (args.outputs[0].count == 0) return;
    const std::int64_t blocks = (columns + widest - 1) / widest, matrices = args.outputs[0].count / (n * columns);
    for_float(args.dtype(0), [&]<class T>() {
      const T* l = args.input<T>(0).data();
      const T* b = args.input<T>(1).data();
      T* x = args.output<T>(0).data();
      const bool swapped = options_.transposed == options_.left;  // from the right it is op(l)ᵀ·xᵀ = bᵀ
      const std::int64_t grain = std::max<std::int64_t>(1, 32768 / (n * n * std::min(columns, widest)));
      args.parallel_for(matrices * blocks, grain, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t unit = begin; unit < end; ++unit) {
          const std::int64_t matrix = unit / blocks, column = unit % blocks * widest;
          const Substitution<T> substitution{.m = l + operand_matrix(matrix, output, args.shape(0)) * n * n,
                                             .row_stride = swapped ? 1 : n,
                                             .column_stride = swapped ? n : 1,
                                             .b = b + operand_matrix(matrix, output, args.shape(1)) * n * columns,
                                             .x = x + matrix * n * columns,
                                             .x_row = options_.left ? columns : 1,
                                             .x_column = options_.left ? 1 : n,
                                             .n = n,
                                             .lower = options_.lower != swapped};
          substitution.solve(column, std::min(column + widest, columns));
        }
      });
    });
  }

  std::vector<Node> gradient(const GradientArgs& args) const override {
    const Node l = args.input(0), x = args.output(0);
    TriangularSolveOptions adjoint = options_;
    adjoint.transposed = !adjoint.transposed;
    const Node by_b = triangular_solve(l, args.output_gradient(0), adjoint);
    if (!args.wants(0)) return {Node(), by_b};
    // by_b·xᵀ, its transpose, xᵀ·by_b, or the transpose of that.
    const Node first = options_.transposed ? x : by_b, second = options_.transposed ? by_b : x;
    const Node product = options_.left ? matmul(first, second, {.transpose_b = true}) : matmul(second, first, {.transpose_a = true});
    return {-triangle(product, {.lower = options_.lower}), by_b};
  }

  bool may_overwrite(std::size_t input, std::size_t) const override {
    return input == 1;
  }  // an element of b is read only where x replaces it

  double flops(std::span<const TensorType> inputs) const override {  // n² a column
    return static_cast<double>(infer(inputs)[0].shape.count().constant()) * static_cast<double>(inputs[0].shape.back().constant());
  }

 private:
  TriangularSolveOptions options_;
};

}  // namespace

Node triangular_solve(Operand l, Operand b, TriangularSolveOptions options) {
  return make_node(std::make_shared<TriangularSolve>(options), {l, b});
}

void register_triangular_solve_ops() {
  register_op("triangular_solve", [](const Attributes& a) -> std::shared_ptr<const Op> {
    return std::make_shared<TriangularSolve>(
        TriangularSolveOptions{.lower = a.get<bool>("lower"), .transposed = a.get<bool>("transposed"), .left = a.get<bool>("left")});
  });
}

}  // namespace loglik
