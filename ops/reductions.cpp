// reduce_mean, reduce_max, reduce_min, reduce_prod.
#include "ops/reductions.h"

#include <limits>

#include "framework/reduction_op.h"
#include "framework/sum_fold.h"
#include "ops/element_count.h"
#include "ops/layer_norm.h"
#include "ops/linear_recurrence.h"

namespace loglik {
namespace {

class ReduceMean final : public FoldOp<ReduceMean> {  // y = Σ x / n;    ∂x = g/n, stretched
 public:
  using FoldOp::FoldOp;
  std::string_view name() const override { return "reduce_mean"; }
  std::span<const Pattern> patterns() const override { return layer_norm_patterns(); }

  template <class T>
  auto make_fold(const TensorView& output, std::int64_t reduced) const {
    T* y = static_cast<T*>(output.data);
    return sum_fold<T>([y, n = static_cast<double>(reduced)](std::int64_t i, double sum) { y[i] = static_cast<T>(sum / n); });
  }

  std::vector<Node> gradient(const GradientArgs& args) const override {
    const Node x = args.input(0);
    const Node each = args.output_gradient(0) / element_count(x, axes(x.shape().rank()));
    return {broadcast_to(with_kept_axes(each, x.shape()), x.shape())};
  }
};

// The largest or smallest so far; a NaN stays. No rounding: the order is of no account.
template <class T, bool largest>
struct ExtremeFold : FoldElements<ExtremeFold<T, largest>> {
  T* y;
  explicit ExtremeFold(T* output) : y(output) {}

  using Accumulator = T;
  static constexpr T of_nothing = largest ? -std::numeric_limits<T>::infinity() : std::numeric_limits<T>::infinity();
  T start(std::int64_t) const { return of_nothing; }
  void add(T& a, T v, std::int64_t) const {
    const bool take = (largest ? v > a : v < a) | (v != v);
    a = take ? v : a;
  }
  void merge(T& a, T next) const { add(a, next, 0); }
  void finish(std::int64_t i, T a) const { y[i] = a; }
};

template <bool largest>
class ReduceExtreme final : public FoldOp<ReduceExtreme<largest>> {  // ∂x = g/ties where x = y, else 0
 public:
  using FoldOp<ReduceExtreme>::FoldOp;
  std::string_view name() const override { return largest ? "reduce_max" : "reduce_min"; }

  template <class T>
  auto make_fold(const TensorView& output, std::int64_t) const {
    return ExtremeFold<T, largest>(static_cast<T*>(output.data));
  }

  std::vector<Node> gradient(const GradientArgs& args) const override {
    const Node x = args.input(0);
    const Node chosen = equal(x, this->with_kept_axes(args.output(0), x.shape()));
    const Node ties = reduce_sum(cast(chosen, x.dtype()), this->axes_, true);
    return {where(chosen, this->with_kept_axes(args.output_gradient(0), x.shape()) / ties, 0.0)};
  }
};

template <class T>
struct ProductFold : FoldElements<ProductFold<T>> {
  T* y;
  explicit ProductFold(T* output) : y(output) {}

  using Accumulator = double;
  double start(std::int64_t) const { return 1; }
  void add(double& a, T v, std::int64_t) const { a *= v; }
  void merge(double& a, double next) const { a *= next; }
  void finish(std::int64_t i, double a) const { y[i] = static_cast<T>(a); }
};

// y = Π x;    ∂xᵢ = g·(x₁⋯xᵢ₋₁)·(xᵢ₊₁⋯xₙ): nothing is divided by a zero; in float64, as y is, so that a running product out of the range of
// float32 does no harm.
class ReduceProd final : public FoldOp<ReduceProd> {
 public:
  using FoldOp::FoldOp;
  std::string_view name() const override { return "reduce_prod"; }

  template <class T>
  auto make_fold(const TensorView& output, std::int64_t) const {
    return ProductFold<T>(static_cast<T*>(output.data));
  }

  std::vector<Node> gradient(const GradientArgs& args) const override {
    const Node x = args.input(0);
    const auto widened = [&](Node node) { return x.dtype() == DType::float64 ? node : cast(node, DType::float64); };
    const Node before = linear_recurrence(widened(x), {.axes = axes_, .initial = 1}),
               after = linear_recurrence(widened(x), {.axes = axes_, .initial = 1, .reverse = true});
    const Node each = widened(with_kept_axes(args.output_gradient(0), x.shape())) * (before * after);
    return {x.dtype() == DType::float64 ? each : cast(each, x.dtype())};
  }
};

template <class Reduction>
Node reduce(Operand x, std::span<const std::int64_t> axes, bool keep_dims) {
  return make_node(std::make_shared<Reduction>(std::vector<std::int64_t>(axes.begin(), axes.end()), keep_dims), {x});
}
std::span<const std::int64_t> listed(const std::initializer_list<std::int64_t>& axes) { return {axes.begin(), axes.size()}; }

}  // namespace

Node reduce_mean(Operand x, std::span<const std::int64_t> axes, bool keep_dims) { return reduce<ReduceMean>(x, axes, keep_dims); }
Node reduce_mean(Operand x, std::initializer_list<std::int64_t> axes, bool keep_dims) { return reduce_mean(x, listed(axes), keep_dims); }
Node reduce_max(Operand x, std::span<const std::int64_t> axes, bool keep_dims) { return reduce<ReduceExtreme<true>>(x, axes, keep_dims); }
Node reduce_max(Operand x, std::initializer_list<std::int64_t> axes, bool keep_dims) { return reduce_max(x, listed(axes), keep_dims); }
Node reduce_min(Operand x, std::span<const std::int64_t> axes, bool keep_dims) { return reduce<ReduceExtreme<false>>(x, axes, keep_dims); }
Node reduce_min(Operand x, std::initializer_list<std::int64_t> axes, bool keep_dims) { return reduce_min(x, listed(axes), keep_dims); }
Node reduce_prod(Operand x, std::span<const std::int64_t> axes, bool keep_dims) { return reduce<ReduceProd>(x, axes, keep_dims); }
Node reduce_prod(Operand x, std::initializer_list<std::int64_t> axes, bool keep_dims) { return reduce_prod(x, listed(axes), keep_dims); }

void register_reduce_variance();

void register_reduction_ops() {
  register_reduction<ReduceMean>("reduce_mean");
  register_reduction<ReduceExtreme<true>>("reduce_max");
  register_reduction<ReduceExtreme<false>>("reduce_min");
  register_reduction<ReduceProd>("reduce_prod");
  register_reduce_variance();
}

}  // namespace loglik
