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

class ReduceSum final : public FoldOp<ReduceSum> {  // y = Σ x;    ∂x = g, stretched
 public:
  using FoldOp::FoldOp;
  std::string_view name() const override { return "reduce_sum"; }

  static constexpr bool integers = true;
  template <class T>
  auto make_fold(const TensorView& output, std::int64_t) const {
    return sum_fold<T>([y = static_cast<T*>(output.data)](std::int64_t i, WideSum<T> sum) { y[i] = static_cast<T>(sum); });
  }

  std::vector<Node> gradient(const GradientArgs& args) const override {
    const Shape& shape = args.input(0).shape();
    return {broadcast_to(with_kept_axes(args.output_gradient(0), shape), shape)};
  }

 private:
  void check(const TensorType& x) const override {
    if (!is_float(x.dtype) && x.dtype != DType::int32) throw DtypeError(to_string(x) + " can't be summed: cast it to a float or int32");
  }
};

// Σ x²: float32 in blocks of float32, where that neither overflows nor loses what is small; there again in float64.
template <class T>
struct SquaresFold : FoldElements<SquaresFold<T>> {
  double* y;
  explicit SquaresFold(double* output) : y(output) {}

  using Accumulator = double;
  double start(std::int64_t) const { return 0; }
  void add(double& a, T v, std::int64_t) const { a += static_cast<double>(v) * static_cast<double>(v); }
  void run(double& a, std::int64_t, const T* x, std::int64_t count, std::int64_t) const {
    constexpr double tiny = 1e-20, huge = 1e30;
    simd::at_full_width([&] {
      double sum = sum_run(x, count, [](T v) { return v * v; });
      if (!(sum > tiny && sum < huge)) sum = sum_run(x, count, [](T v) { return static_cast<double>(v) * static_cast<double>(v); });
      a += sum;
    });
  }
  void merge(double& a, double next) const { a += next; }
  void finish(std::int64_t, double a) const { *y = a; }
};

class SumOfSquares final : public FoldOp<SumOfSquares> {  // y = Σ x²;    ∂x = 2·g·x
 public:
  SumOfSquares() : FoldOp({}, false) {}
  std::string_view name() const override { return "sum_of_squares"; }
  Attributes attributes() const override { return {}; }
  std::vector<TensorType> infer(std::span<const TensorType> inputs) const override {
    check(inputs[0]);
    return {{DType::float64, {}}};
  }
  template <class T>
  auto make_fold(const TensorView& output, std::int64_t) const {
    return SquaresFold<T>(static_cast<double*>(output.data));
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
