// c = a·b;    ∂a = g·bᵀ, ∂b = aᵀ·g, products with transposed operands again
#include "ops/matmul.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "framework/error.h"
#include "framework/primitives.h"
#include "framework/registry.h"
#include "ops/product_kernels.h"
#include "ops/site_text.h"

namespace loglik {
namespace {

std::int64_t ceil_div(std::int64_t a, std::int64_t b) { return (a + b - 1) / b; }

// How one product {m, k} · {k, n} is cut into panels, along one side of the output. A function of shape and dtype only.
struct Panels {
  std::int64_t rows, columns;  // of a panel
  std::int64_t down = 0, across = 0;
  std::int64_t count() const { return down * across; }
};

// BLAS copies its operands into an order of its own: each cut across the rows repeats this for b, each across the columns for a. Measured
// with OpenBLAS 0.3.21 on AVX-512 that costs some 15/m and 40/n of the whole product; multiply_small's cuts cost 5/m and, for reading a
// again, 8/n. So the cheaper side is cut, into panels worth waking a thread for, as long as the cuts cost 1/32; in two in any case, which
// gains more where there are two threads.
Panels cut(std::int64_t m, std::int64_t n, std::int64_t k, std::size_t element_size) {
  const bool small = is_small_product(m, n, k) && element_size == sizeof(float);
  const std::int64_t row_cut = small ? 5 : 15, column_cut = small ? 8 : 40;
  constexpr std::int64_t budget = 32;
  constexpr double panel_work = 10e6;     // floating-point operations in float32: some 100 µs
  constexpr std::int64_t shortest = 128;  // side that is cut
  if (m == 0 || n == 0) return {1, 1};
  const bool by_rows = row_cut * n <= column_cut * m;
  const std::int64_t side = by_rows ? m : n;
  const double work =
      2 * static_cast<double>(m) * static_cast<double>(n) * static_cast<double>(k) * static_cast<double>(element_size) / sizeof(float);
  const std::int64_t affordable = std::max<std::int64_t>(2, 1 + side / (budget * (by_rows ? row_cut : column_cut)));
  std::int64_t count = 1;
  if (side >= shortest && work >= 2 * panel_work)
    count = work >= panel_work * static_cast<double>(affordable) ? affordable : static_cast<std::int64_t>(work / panel_work);
  const std::int64_t panel = ceil_div(ceil_div(side, count), 16) * 16;  // whole vectors
  const std::int64_t panels = ceil_div(side, panel);
  return by_rows ? Panels{panel, n, panels, 1} : Panels{m, panel, 1, panels};
}

// Products of many matrices: the output's leading axes with the distances, in matrices, between neighbours of a and of b; 0 where
// stretched.
struct Batch {
  std::array<std::int64_t, 8> sizes{}, a_strides{}, b_strides{};
  std::size_t rank = 0;
  std::int64_t count = 1;
  std::int64_t rows = 1;  // matrices of a and of the output that are multiplied by one b, as one

  Batch(const Extents& a, const Extents& b, const Extents& output, bool fold) {
    std::int64_t a_stride = 1, b_stride = 1;
    for (std::size_t from_last = 2; from_last < output.size(); ++from_last) {
      const std::int64_t size = output[output.size() - 1 - from_last];
      const std::int64_t a_size = from_last < a.size() ? a[a.size() - 1 - from_last] : 1;
      const std::int64_t b_size = from_last < b.size() ? b[b.size() - 1 - from_last] : 1;
      fold = fold && a_size == size && b_size == 1;
      if (fold) {
        rows *= size;
      } else if (size != 1) {
        sizes[rank] = size;
        a_strides[rank] = a_size == 1 ? 0 : a_stride * rows;
        b_strides[rank++] = b_size == 1 ? 0 : b_stride;
        count *= size;
      }
      if (!fold) a_stride *= a_size;
      b_stride *= b_size;
    }
  }
};

class Matmul final : public Op {
 public:
  Matmul(MatmulOptions options, bool sum) : transpose_a_(options.transpose_a), transpose_b_(options.transpose_b), sum_(sum) {}
  std::string_view name() const override { return sum_ ? "matmul_sum" : "matmul"; }
  Attributes attributes() const override { return {{"transpose_a", transpose_a_}, {"transpose_b", transpose_b_}}; }

  std::vector<TensorType> infer(std::span<const TensorType> inputs) const override {
    const Shape& a = inputs[0].shape;
    const Shape& b = inputs[1].shape;
    require_float("a", inputs[0]);
    require_same_dtype(inputs);
    if (a.rank() < 2 || b.rank() < 2) throw ShapeError(fmt::format("{}: both need two axes or more", text(a, b)));
    const Dim inner_a = a[a.rank() - (transpose_a_ ? 2 : 1)];
    const Dim inner_b = b[b.rank() - (transpose_b_ ? 1 : 2)];
    if (inner_a != inner_b)
      throw ShapeError(fmt::format("{}: inner sizes {} and {} differ", text(a, b), to_string(inner_a), to_string(inner_b)));
    std::vector<Dim> dims = leading(a, b);
    dims.push_back(a[a.rank() - (transpose_a_ ? 1 : 2)]);
    dims.push_back(b[b.rank() - (transpose_b_ ? 2 : 1)]);
    return {{inputs[0].dtype, Shape(std::move(dims))}};
  }

  bool offers_epilogue() const override { return true; }

  void run(const KernelArgs& args) const override {
    for_float(args.dtype(0), [&]<class T>() { sum_ ? run_sum<T>(args) : run_batch<T>(args); });
  }

  std::vector<Node> gradient(const GradientArgs& args) const override {
    const Node a = args.input(0);
    const Node b = args.input(1);
    const Node g = args.output_gradient(0);
    // The gradient of a matrix that all products share is summed within the product.
    const bool shared_a = !sum_ && a.shape().rank() == 2 && b.shape().rank() > 2;
    const bool shared_b = !sum_ && b.shape().rank() == 2 && a.shape().rank() > 2;
    const auto product = [](Node x, Node y, bool transpose_x, bool transpose_y, bool shared) {
      const MatmulOptions options{transpose_x, transpose_y};
      return shared ? matmul_sum(x, y, options) : matmul(x, y, options);
    };
    Node a_gradient, b_gradient;
    if (args.wants(0))
      a_gradient = transpose_a_ ? product(b, g, transpose_b_, true, shared_a) : product(g, b, false, !transpose_b_, shared_a);
    if (args.wants(1))
      b_gradient = transpose_b_ ? product(g, a, true, transpose_a_, shared_b) : product(a, g, !transpose_a_, false, shared_b);
    return {a_gradient, b_gradient};
  }

  double flops(std::span<const TensorType> inputs) const override {  // 2·m·n·k a product
    const Shape& a = inputs[0].shape;
    const Shape& b = inputs[1].shape;
    double products = 1;
    for (const Dim dim : leading(a, b, true)) products *= static_cast<double>(dim.constant());
    const Dim inner = a[a.rank() - (transpose_a_ ? 2 : 1)];
    const Dim rows = a[a.rank() - (transpose_a_ ? 1 : 2)];
    const Dim columns = b[b.rank() - (transpose_b_ ? 2 : 1)];
    return 2 * products * static_cast<double>(rows.constant()) * static_cast<double>(columns.constant()) *
           static_cast<double>(inner.constant());
  }

 private:
  // "{batch, 784} · {512, 10}ᵀ"
  std::string text(const Shape& a, const Shape& b) const {
    return fmt::format("{}{} · {}{}", to_string(a), transpose_a_ ? "ᵀ" : "", to_string(b), transpose_b_ ? "ᵀ" : "");
  }

  // The output's leading axes; with `summed`, those that matmul_sum adds up.
  std::vector<Dim> leading(const Shape& a, const Shape& b, bool summed = false) const {
    const Shape a_leading = a.slice(0, a.rank() - 2);
    const Shape b_leading = b.slice(0, b.rank() - 2);
    if (sum_ && a_leading != b_leading)
      throw ShapeError(fmt::format("{}: leading axes {} and {} differ", text(a, b), to_string(a_leading), to_string(b_leading)));
    if (sum_ && !summed) return {};
    try {
      const Shape result = broadcast_shapes(a_leading, b_leading);
      return {result.dims().begin(), result.dims().end()};
    } catch (const ShapeError& error) {
      throw ShapeError(fmt::format("{}: leading axes {}", text(a, b), error.what()));
    }
  }

  // One panel of c = a·b, or added to c, for matrices stored one row after another.
  template <class T>
  void multiply_panel(const Panels& panels, std::int64_t panel, std::int64_t m, std::int64_t n, std::int64_t k, const T* a, const T* b, bool add,
                      T* c) const {
    const std::int64_t row = panel / panels.across * panels.rows;
    const std::int64_t column = panel % panels.across * panels.columns;
    multiply<T>(is_small_product(m, n, k),
                {transpose_a_, transpose_b_, std::min(panels.rows, m - row), std::min(panels.columns, n - column), k,
                 a + (transpose_a_ ? row : row * k), transpose_a_ ? m : k, b + (transpose_b_ ? column * k : column), transpose_b_ ? k : n, add,
                 c + row * n + column, n});
  }

  // That panel of the matrix which begins at element `first` of the output is final, if it is of whole rows.
  static void finish_rows(const KernelArgs& args, const Panels& panels, std::int64_t panel, std::int64_t m, std::int64_t n, std::int64_t first) {
    const std::int64_t row = panel * panels.rows;
    if (panels.across == 1) args.finished(first + row * n, first + std::min(m, row + panels.rows) * n);
  }

  // Else all is final in the end: the rows of a panel of columns are too short for an epilogue, which takes as long to begin as for 500 elements.
  static void finish_columns(const KernelArgs& args, const Panels& panels) {
    constexpr std::int64_t piece = 16384;
    if (panels.across > 1 && args.epilogue != nullptr)
      args.parallel_for(args.outputs[0].count, piece, [&](std::int64_t begin, std::int64_t end) { args.finished(begin, end); });
  }

  template <class T>
  void run_batch(const KernelArgs& args) const {
    const Extents& output = args.output_shape(0);
    const Batch batch(args.shape(0), args.shape(1), output, !transpose_a_);
    const std::int64_t a_rows = output[output.size() - 2];
    const std::int64_t m = a_rows * batch.rows;
    const std::int64_t n = output.back();
    const std::int64_t k = args.shape(0)[args.shape(0).size() - (transpose_a_ ? 2 : 1)];
    const T* a = args.input<T>(0).data();
    const T* b = args.input<T>(1).data();
    T* c = args.output<T>(0).data();
    constexpr std::int64_t enough = 8;  // products to share out without cutting them
    const Panels panels = batch.count < enough ? cut(m, n, k, sizeof(T)) : Panels{m, n, 1, 1};
    if (args.outputs[0].count == 0) return;
    // Small products several a piece; a call costs as much as some 20,000 operations.
    const double work =
        2 * static_cast<double>(m) * static_cast<double>(n) * static_cast<double>(k) / static_cast<double>(panels.count()) + 2e4;
    const auto grain = static_cast<std::int64_t>(std::max(1.0, 8e6 / work));
    args.parallel_for(batch.count * panels.count(), panels.count() > 1 ? 1 : grain, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t piece = begin; piece < end; ++piece) {
        const std::int64_t matrix = piece / panels.count();
        std::int64_t a_matrix = 0, b_matrix = 0;
        std::int64_t rest = matrix;
        for (std::size_t axis = 0; axis < batch.rank; ++axis) {
          a_matrix += rest % batch.sizes[axis] * batch.a_strides[axis];
          b_matrix += rest % batch.sizes[axis] * batch.b_strides[axis];
          rest /= batch.sizes[axis];
        }
        multiply_panel<T>(panels, piece % panels.count(), m, n, k, a + a_matrix * a_rows * k, b + b_matrix * k * n, false, c + matrix * m * n);
        finish_rows(args, panels, piece % panels.count(), m, n, matrix * m * n);
      }
    });
    finish_columns(args, panels);
  }

  template <class T>
  void run_sum(const KernelArgs& args) const {
    const std::int64_t m = args.output_shape(0)[0];
    const std::int64_t n = args.output_shape(0)[1];
    const Extents& shape = args.shape(0);
    std::int64_t k = shape[shape.size() - (transpose_a_ ? 2 : 1)];
    std::int64_t terms = 1;
    for (std::size_t axis = 0; axis + 2 < shape.size(); ++axis) terms *= shape[axis];
    if ((transpose_a_ && !transpose_b_) || terms == 0) {  // the terms follow one another along k: a single product
      k *= terms;
      terms = 1;
    }
    const T* a = args.input<T>(0).data();
    const T* b = args.input<T>(1).data();
    T* c = args.output<T>(0).data();
    const Panels panels = cut(m, n, k * terms, sizeof(T));
    args.parallel_for(panels.count(), [&](std::int64_t panel) {
      for (std::int64_t term = 0; term < terms; ++term)
        multiply_panel<T>(panels, panel, m, n, k, a + term * m * k, b + term * k * n, term > 0, c);
      finish_rows(args, panels, panel, m, n, 0);
    });
    finish_columns(args, panels);
  }

  bool transpose_a_, transpose_b_, sum_;
};

template <bool sum>
std::shared_ptr<const Op> make_matmul(const Attributes& a) {
  return std::make_shared<Matmul>(MatmulOptions{a.get<bool>("transpose_a"), a.get<bool>("transpose_b")}, sum);
}

// A product with vectors: as matrices, without the axes so added.
Node matmul_vectors(Operand a, Operand b, MatmulOptions options) {
  const Shape left = a.shape();
  const Shape right = b.shape();
  if ((left.rank() == 1 && options.transpose_a) || (right.rank() == 1 && options.transpose_b))
    throw ShapeError(fmt::format("{}{} · {}: a vector can't be transposed", at("matmul", a.site()), to_string(left), to_string(right)));
  if (left.rank() == 0 || right.rank() == 0)
    throw ShapeError(fmt::format("{}{} · {}: a scalar has no inner axis; * multiplies by it", at("matmul", a.site()), to_string(left),
                                 to_string(right)));
  const Dim inner_a = left[left.rank() - (options.transpose_a ? 2 : 1)];
  const Dim inner_b = right[right.rank() - (options.transpose_b || right.rank() == 1 ? 1 : 2)];
  if (inner_a != inner_b)  // said here in the user's shapes
    throw ShapeError(fmt::format("{}{} · {}: inner sizes {} and {} differ", at("matmul", a.site()), to_string(left), to_string(right),
                                 to_string(inner_a), to_string(inner_b)));
  const SiteScope site(a.site());
  const Node row = left.rank() == 1 ? reshape(a, {1, left[0]}) : a.node();
  const Node column = right.rank() == 1 ? reshape(b, {right[0], 1}) : b.node();
  const Node product = matmul(row, column, options);
  Shape shape = product.shape();
  if (right.rank() == 1) shape = shape.without(shape.rank() - 1);
  if (left.rank() == 1) shape = shape.without(shape.rank() - (right.rank() == 1 ? 1 : 2));
  return reshape(product, shape);
}

}  // namespace

Node matmul(Operand a, Operand b, MatmulOptions options) {
  if (!a.is_number() && !b.is_number() && (a.shape().rank() < 2 || b.shape().rank() < 2)) return matmul_vectors(a, b, options);
  return make_node(std::make_shared<Matmul>(options, false), {a, b});
}

Node matmul_sum(Operand a, Operand b, MatmulOptions options) { return make_node(std::make_shared<Matmul>(options, true), {a, b}); }

void register_matmul_ops() {
  register_op("matmul", make_matmul<false>);
  register_op("matmul_sum", make_matmul<true>);
}

}  // namespace loglik
