#include <fmt/format.h>

#include <limits>

#include "framework/error.h"
#include "framework/reduction_op.h"
#include "framework/sum_fold.h"
#include "ops/element_count.h"
#include "ops/layer_norm.h"
#include "ops/reductions.h"

namespace loglik {
namespace {

// The second pass: y holds the means, as T rounds them. Σ(x − m)² − (Σ(x − m))²/n is the sum of squares about the exact mean.
template <class T>
struct SquaresFold : FoldElements<SquaresFold<T>> {
  T* y;
  double count;
  double divisor;
  SquaresFold(T* output, double n, double correction) : y(output), count(n), divisor(n > correction ? n - correction : 0) {}

  struct Accumulator {
    double mean;
    double sum;
    double squares;
  };
  Accumulator start(std::int64_t i) const { return {static_cast<double>(y[i]), 0, 0}; }
  void add(Accumulator& a, T v, std::int64_t) const {
    const double difference = static_cast<double>(v) - a.mean;
    a.sum += difference;
    a.squares += difference * difference;
  }
  void merge(Accumulator& a, const Accumulator& next) const {
    a.sum += next.sum;
    a.squares += next.squares;
  }
  void finish(std::int64_t i, const Accumulator& a) const {
    const double squares = a.squares - a.sum * a.sum / count;
    y[i] = divisor == 0 ? std::numeric_limits<T>::quiet_NaN() : static_cast<T>((squares < 0 ? 0 : squares) / divisor);
  }
};

class ReduceVariance final : public ReductionOp {  // y = Σ(x − m)²/(n − c);    ∂x = g·2·(x − m)/(n − c)
 public:
  ReduceVariance(std::vector<std::int64_t> axes, bool keep_dims, std::int64_t correction)
      : ReductionOp(std::move(axes), keep_dims), correction_(correction) {}
  std::string_view name() const override { return "reduce_variance"; }
  std::span<const Pattern> patterns() const override { return layer_norm_patterns(); }
  Attributes attributes() const override { return {{"axes", axes_}, {"keep_dims", keep_dims_}, {"correction", correction_}}; }
  std::size_t workspace(std::span<const TensorType> inputs) const override {
    return fold_workspace<SquaresFold<double>::Accumulator>(layout(inputs[0]));
  }

  void run(const KernelArgs& args) const override {
    const ReductionLayout over = layout(args.shape(0));
    const auto count = static_cast<double>(over.reduced());
    for_float(args.dtype(0), [&]<class T>() {
      T* y = args.output<T>(0).data();
      fold<T>(args, over, sum_fold<T>([&](std::int64_t i, double sum) { y[i] = static_cast<T>(sum / count); }));
      fold<T>(args, over, SquaresFold<T>(y, count, static_cast<double>(correction_)));
    });
  }

  std::vector<Node> gradient(const GradientArgs& args) const override {
    const Node x = args.input(0);
    const Node divisor = element_count(x, axes(x.shape().rank())) - static_cast<double>(correction_);
    const Node scale = with_kept_axes(2.0 * args.output_gradient(0) / divisor, x.shape());
    return {(x - reduce_mean(x, axes_, true)) * scale};
  }

 private:
  void check(const TensorType& x) const override {
    ReductionOp::check(x);
    if (correction_ < 0) throw ArgumentError(fmt::format("the correction must be at least 0, got {}", correction_));
  }
  std::int64_t correction_;
};

}  // namespace

Node reduce_variance(Operand x, std::span<const std::int64_t> axes, bool keep_dims, std::int64_t correction) {
  return make_node(std::make_shared<ReduceVariance>(std::vector<std::int64_t>(axes.begin(), axes.end()), keep_dims, correction), {x});
}
Node reduce_variance(Operand x, std::initializer_list<std::int64_t> axes, bool keep_dims, std::int64_t correction) {
  return reduce_variance(x, std::span<const std::int64_t>(axes.begin(), axes.size()), keep_dims, correction);
}

void register_reduce_variance() {
  register_op("reduce_variance", [](const Attributes& a) -> std::shared_ptr<const Op> {
    return std::make_shared<ReduceVariance>(a.get<std::vector<std::int64_t>>("axes"), a.get<bool>("keep_dims"),
                                            a.get<std::int64_t>("correction"));
  });
}

}  // namespace loglik
