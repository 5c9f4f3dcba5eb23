// reduce_sum, sum_of_squares, sum_to.
#include <algorithm>
#include <array>
#include <type_traits>

#include "framework/error.h"
#include "framework/primitives.h"
#include "framework/reduction.h"
#include "framework/registry.h"

namespace loglik {
namespace {

constexpr std::int64_t lanes = 16;          // partial sums side by side: vectors of any width, the same bits
constexpr std::int64_t block = 64 * lanes;  // elements added in T before they go to the wide accumulator
constexpr std::int64_t column_block = 128;  // neighbouring outputs added up together
constexpr std::int64_t piece = 16384;       // elements a piece of work reads, about

template <class T> using Wide = std::conditional_t<std::is_floating_point_v<T>, double, std::uint32_t>;

// Σ f(x) over contiguous elements.
template <class T, class F> Wide<T> sum_run(const T* x, std::int64_t count, F f) {
  using Lane = std::conditional_t<std::is_floating_point_v<T>, decltype(f(T())), std::uint32_t>;
  Wide<T> total = 0;
  while (count > 0) {
    const std::int64_t n = std::min(count, block);
    std::array<Lane, lanes> partial{};
    std::int64_t i = 0;
    for (; i + lanes <= n; i += lanes)
      for (std::int64_t lane = 0; lane < lanes; ++lane) partial[static_cast<std::size_t>(lane)] += static_cast<Lane>(f(x[i + lane]));
    for (std::int64_t lane = 0; i < n; ++i, ++lane) partial[static_cast<std::size_t>(lane)] += static_cast<Lane>(f(x[i]));
    for (std::size_t width = lanes / 2; width > 0; width /= 2)
      for (std::size_t lane = 0; lane < width; ++lane) partial[lane] += partial[lane + width];
    total += static_cast<Wide<T>>(partial[0]);
    x += n;
    count -= n;
  }
  return total;
}

// y[j] = Σ_r x[offset(r) + j] for `columns` neighbouring outputs.
template <class T> void sum_columns(const T* x, const ReductionLayout& layout, std::int64_t columns, T* y) {
  constexpr std::int64_t rows = 64;  // added in T before they go to the wide accumulators
  std::array<Wide<T>, column_block> total{};
  for (std::int64_t first = 0; first < layout.reduced(); first += rows) {
    std::array<std::conditional_t<std::is_floating_point_v<T>, T, std::uint32_t>, column_block> partial{};
    const std::int64_t last = std::min(first + rows, layout.reduced());
    for (std::int64_t r = first; r < last; ++r) {
      const T* row = x + layout.run_offset(r);
      for (std::int64_t j = 0; j < columns; ++j) partial[static_cast<std::size_t>(j)] += row[j];
    }
    for (std::int64_t j = 0; j < columns; ++j) total[static_cast<std::size_t>(j)] += partial[static_cast<std::size_t>(j)];
  }
  for (std::int64_t j = 0; j < columns; ++j) y[j] = static_cast<T>(total[static_cast<std::size_t>(j)]);
}

class ReduceSum final : public Op {  // y = Σ x;    ∂x = g, stretched
 public:
  ReduceSum(std::vector<std::int64_t> axes, bool keep_dims) : axes_(std::move(axes)), keep_dims_(keep_dims) {}
  std::string_view name() const override { return "reduce_sum"; }
  Attributes attributes() const override { return {{"axes", axes_}, {"keep_dims", keep_dims_}}; }

  std::vector<TensorType> infer(std::span<const TensorType> inputs) const override {
    if (!is_float(inputs[0].dtype) && inputs[0].dtype != DType::int32) throw DtypeError(to_string(inputs[0]) + " can't be summed: cast it to a float or int32");
    return {{inputs[0].dtype, reduced_shape(inputs[0].shape, axes(inputs[0].shape.rank()), keep_dims_)}};
  }

  void run(const KernelArgs& args) const override {
    std::array<bool, 8> reduced{};
    if (axes_.empty()) reduced.fill(true);
    const auto rank = static_cast<std::int64_t>(args.shape(0).size());
    for (std::int64_t axis : axes_) reduced[static_cast<std::size_t>(axis < 0 ? axis + rank : axis)] = true;
    const ReductionLayout layout(args.shape(0), std::span(reduced).first(args.shape(0).size()));
    if (args.dtype(0) == DType::int32) run_as<std::int32_t>(args, layout);
    else for_float(args.dtype(0), [&]<class T>() { run_as<T>(args, layout); });
  }

  std::vector<Node> gradient(const GradientArgs& args) const override {
    const Shape& shape = args.input(0).shape();
    const Shape kept = reduced_shape(shape, axes(shape.rank()), true);
    return {broadcast_to(reshape(args.output_gradient(0), kept), shape)};
  }

 private:
  std::vector<std::size_t> axes(std::size_t rank) const { return normalize_axes(axes_, rank); }

  template <class T> static void run_as(const KernelArgs& args, const ReductionLayout& layout) {
    const T* x = args.input<T>(0).data();
    T* y = args.output<T>(0).data();
    if (layout.reduced() == 0) {
      std::fill_n(y, layout.outputs(), T(0));
    } else if (layout.inner_is_reduced()) {
      const std::int64_t runs = layout.runs();
      args.parallel_for(layout.outputs(), std::max<std::int64_t>(1, piece / layout.reduced()), [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t i = begin; i < end; ++i) {
          const T* first = x + layout.output_offset(i);
          Wide<T> total = 0;
          for (std::int64_t r = 0; r < runs; ++r) total += sum_run(first + layout.run_offset(r), layout.inner(), [](T v) { return v; });
          y[i] = static_cast<T>(total);
        }
      });
    } else if (layout.outputs() > 0) {
      const std::int64_t blocks = (layout.inner() + column_block - 1) / column_block;  // of columns in a row of outputs
      const std::int64_t grain = std::max<std::int64_t>(1, piece / (layout.reduced() * std::min(layout.inner(), column_block)));
      args.parallel_for(layout.outputs() / layout.inner() * blocks, grain, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t b = begin; b < end; ++b) {
          const std::int64_t column = b % blocks * column_block;
          const std::int64_t i = b / blocks * layout.inner() + column;
          sum_columns(x + layout.output_offset(i), layout, std::min(column_block, layout.inner() - column), y + i);
        }
      });
    }
  }

  std::vector<std::int64_t> axes_;
  bool keep_dims_;
};

class SumOfSquares final : public Op {  // y = Σ x²;    ∂x = 2·g·x
 public:
  std::string_view name() const override { return "sum_of_squares"; }
  std::vector<TensorType> infer(std::span<const TensorType> inputs) const override {
    require_float("x", inputs[0]);
    return {{DType::float64, {}}};
  }
  std::size_t workspace(std::span<const TensorType> inputs) const override {
    return static_cast<std::size_t>((inputs[0].shape.count().constant() + piece - 1) / piece) * sizeof(double);
  }
  void run(const KernelArgs& args) const override {
    double* partial = args.workspace<double>();
    const std::int64_t count = args.inputs[0].count;
    for_float(args.dtype(0), [&]<class T>() {
      const T* x = args.input<T>(0).data();
      args.parallel_for(count, piece, [&](std::int64_t begin, std::int64_t end) {
        partial[begin / piece] = sum_run(x + begin, end - begin, [](T v) { return static_cast<double>(v) * static_cast<double>(v); });
      });
    });
    double total = 0;
    for (std::int64_t i = 0; i * piece < count; ++i) total += partial[i];
    args.output<double>(0)[0] = total;
  }
  std::vector<Node> gradient(const GradientArgs& args) const override {
    const Node x = args.input(0);
    return {cast(2.0 * args.output_gradient(0), x.dtype()) * x};
  }
};

}  // namespace

Node reduce_sum(Operand x, std::span<const std::int64_t> axes, bool keep_dims) {
  return make_node(std::make_shared<ReduceSum>(std::vector<std::int64_t>(axes.begin(), axes.end()), keep_dims), {x});
}
Node reduce_sum(Operand x, std::initializer_list<std::int64_t> axes, bool keep_dims) {
  return reduce_sum(x, std::span<const std::int64_t>(axes.begin(), axes.size()), keep_dims);
}

Node sum_of_squares(Operand x) { return make_node(std::make_shared<SumOfSquares>(), {x}); }

Node sum_to(Node g, const Shape& shape) {
  if (g.shape() == shape) return g;
  std::vector<std::int64_t> axes;
  const std::size_t extra = g.shape().rank() - shape.rank();
  for (std::size_t axis = 0; axis < g.shape().rank(); ++axis)
    if (axis < extra || (shape[axis - extra] == Dim(1) && g.shape()[axis] != Dim(1))) axes.push_back(static_cast<std::int64_t>(axis));
  return axes.empty() ? reshape(g, shape) : reshape(reduce_sum(g, axes), shape);
}

void register_reduce_primitives() {
  register_op("reduce_sum", [](const Attributes& a) -> std::shared_ptr<const Op> {
    return std::make_shared<ReduceSum>(a.get<std::vector<std::int64_t>>("axes"), a.get<bool>("keep_dims"));
  });
  register_op("sum_of_squares", [](const Attributes&) -> std::shared_ptr<const Op> { return std::make_shared<SumOfSquares>(); });
}

}  // namespace loglik
