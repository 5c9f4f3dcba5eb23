// reduce_sum, sum_of_squares, sum_to.
#include <algorithm>

#include "framework/error.h"
#include "framework/primitives.h"
#include "framework/reduction_op.h"
#include "framework/registry.h"
#include "framework/simd/full_width.h"
#include "framework/sum_fold.h"

namespace loglik {
namespace {

constexpr std::int64_t piece = 16384;  // elements a piece of work reads

class ReduceSum final : public ReductionOp {  // y = Σ x;    ∂x = g, stretched
 public:
  using ReductionOp::ReductionOp;
  std::string_view name() const override { return "reduce_sum"; }

  std::size_t workspace(std::span<const TensorType> inputs) const override { return fold_workspace<double>(layout(inputs[0])); }

  void run(const KernelArgs& args) const override {
    const ReductionLayout over = layout(args.shape(0));
    if (args.dtype(0) == DType::int32) run_as<std::int32_t>(args, over);
    else for_float(args.dtype(0), [&]<class T>() { run_as<T>(args, over); });
  }

  std::vector<Node> gradient(const GradientArgs& args) const override {
    const Shape& shape = args.input(0).shape();
    return {broadcast_to(with_kept_axes(args.output_gradient(0), shape), shape)};
  }

 private:
  void check(const TensorType& x) const override {
    if (!is_float(x.dtype) && x.dtype != DType::int32) throw DtypeError(to_string(x) + " can't be summed: cast it to a float or int32");
  }

  template <class T> static void run_as(const KernelArgs& args, const ReductionLayout& over) {
    T* y = args.output<T>(0).data();
    fold<T>(args, over, sum_fold<T>([y](std::int64_t i, WideSum<T> sum) { y[i] = static_cast<T>(sum); }));
  }
};

// Σ x²: float32 in blocks of float32, where that neither overflows nor loses what is small; there again in float64.
template <class T> double sum_of_squares_run(const T* x, std::int64_t count) {
  constexpr std::int64_t block = 1024;
  constexpr double tiny = 1e-20, huge = 1e30;
  double total = 0;
  for (std::int64_t first = 0; first < count; first += block) {
    const std::int64_t n = std::min(block, count - first);
    double sum = sum_run(x + first, n, [](T v) { return v * v; });
    if (!(sum > tiny && sum < huge)) sum = sum_run(x + first, n, [](T v) { return static_cast<double>(v) * static_cast<double>(v); });
    total += sum;
  }
  return total;
}

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
        simd::at_full_width([&] { partial[begin / piece] = sum_of_squares_run(x + begin, end - begin); });
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
  double flops(std::span<const TensorType> inputs) const override { return 2.0 * static_cast<double>(inputs[0].shape.count().constant()); }
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
  register_reduction<ReduceSum>("reduce_sum");
  register_op("sum_of_squares", [](const Attributes&) -> std::shared_ptr<const Op> { return std::make_shared<SumOfSquares>(); });
}

}  // namespace loglik
