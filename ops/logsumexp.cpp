#include "ops/logsumexp.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "framework/fold.h"
#include "framework/reduction_op.h"
#include "framework/side_by_side.h"
#include "ops/exponential.h"
#include "ops/lanes.h"
#include "ops/softmax_patterns.h"

namespace loglik {
namespace {

constexpr std::int64_t longest_row = 4096;  // of those that are folded many at a time
constexpr std::int64_t most_rows = 1024;

template <class T>
constexpr T infinity = std::numeric_limits<T>::infinity();

template <class T>
struct LargestFold : FoldElements<LargestFold<T>> {  // NaN is passed over: the sum will see it
  T* y;
  explicit LargestFold(T* output) : y(output) {}

  using Accumulator = T;
  T start(std::int64_t) const { return -infinity<T>; }
  void add(T& a, T v, std::int64_t) const { a = v > a ? v : a; }
  void run(T& a, std::int64_t, const T* x, std::int64_t count, std::int64_t) const {
    simd::at_full_width([&] { add(a, lane_max(x, count), 0); });
  }
  void merge(T& a, T next) const { add(a, next, 0); }
  void finish(std::int64_t i, T a) const { y[i] = a; }
};

template <class T>
struct SumExpFold {  // y holds the maxima
  T* y;
  explicit SumExpFold(T* output) : y(output) {}

  struct Accumulator {
    T shift;
    double sum;
  };
  Accumulator start(std::int64_t i) const { return {std::isinf(y[i]) ? T(0) : y[i], 0}; }  // ∞ − ∞ would be NaN
  void run(Accumulator& a, std::int64_t, const T* x, std::int64_t count, std::int64_t) const {
    constexpr std::int64_t tile = 1024;
    std::array<T, tile> e;
    T* out = e.data();
    for (; count > 0; x += tile, count -= tile) {
      const std::int64_t n = std::min(tile, count);
      simd::at_full_width(
          [=, shift = a.shift] { side_by_side(static_cast<std::size_t>(n), [=](std::size_t j) { out[j] = x[j] - shift; }); });
      exponentials(out, n);
      simd::at_full_width([&] { a.sum += lane_sum(n, [out](std::int64_t j) { return static_cast<double>(out[j]); }); });
    }
  }
  Accumulator start_rows(std::int64_t i) const { return start(i); }
  template <class Rows>
  void rows(Accumulator* a, const T* x, Rows row, std::int64_t count, std::int64_t columns, std::int64_t) const {
    std::array<T, FoldCut::widest> e;
    for (std::int64_t r = 0; r < count; ++r, ++row) {
      for (std::int64_t j = 0; j < columns; ++j) e[static_cast<std::size_t>(j)] = x[*row + j] - a[j].shift;
      exponentials(e.data(), columns);
      for (std::int64_t j = 0; j < columns; ++j) a[j].sum += e[static_cast<std::size_t>(j)];
    }
  }
  void take(Accumulator& a, const Accumulator& block) const { merge(a, block); }
  void merge(Accumulator& a, const Accumulator& next) const { a.sum += next.sum; }
  void finish(std::int64_t i, const Accumulator& a) const { y[i] = static_cast<T>(static_cast<double>(a.shift) + std::log(a.sum)); }
};

class LogSumExp final : public ReductionOp {  // y = m + log Σ exp(x − m), m = max x;    ∂x = g·exp(x − y)
 public:
  using ReductionOp::ReductionOp;
  std::string_view name() const override { return "logsumexp"; }
  std::span<const Pattern> patterns() const override { return softmax_patterns(); }
  std::size_t workspace(std::span<const TensorType> inputs) const override {
    return fold_workspace<SumExpFold<double>::Accumulator>(layout(inputs[0]));
  }

  void run(const KernelArgs& args) const override {
    const ReductionLayout over = layout(args.shape(0));
    for_float(args.dtype(0), [&]<class T>() {
      T* y = args.output<T>(0).data();
      const std::int64_t n = over.reduced();
      if (over.inner_is_reduced() && over.inner() == n && n > 0 && n <= longest_row) {
        const T* x = args.input<T>(0).data();
        return args.parallel_for(
            over.outputs(), std::clamp<std::int64_t>(FoldCut::piece / 4 / n, 1, most_rows), [=](std::int64_t begin, std::int64_t end) {
              std::array<double, most_rows> sums;
              sum_exponentials(x + begin * n, end - begin, n, y + begin, sums.data());
              for (std::int64_t row = begin; row < end; ++row)
                if (std::isinf(y[row])) {  // ∞ − ∞ would be NaN
                  double sum = 0;
                  for (std::int64_t j = 0; j < n; ++j) sum += std::exp(x[row * n + j]);
                  y[row] = static_cast<T>(std::log(sum));
                } else {
                  y[row] = static_cast<T>(static_cast<double>(y[row]) + std::log(sums[static_cast<std::size_t>(row - begin)]));
                }
            });
      }
      fold<T>(args, over, LargestFold<T>(y));
      fold<T>(args, over, SumExpFold<T>{y});
    });
  }

  std::vector<Node> gradient(const GradientArgs& args) const override {
    const Node x = args.input(0), y = args.output(0);
    const Node finite = where(equal(y, -infinity<double>), 0.0, y);  // then e^(−∞ − 0) = 0, not e^(−∞ + ∞)
    return {with_kept_axes(args.output_gradient(0), x.shape()) * exp(x - with_kept_axes(finite, x.shape()))};
  }
};

}  // namespace

Node logsumexp(Operand x, std::span<const std::int64_t> axes, bool keep_dims) {
  return make_node(std::make_shared<LogSumExp>(std::vector<std::int64_t>(axes.begin(), axes.end()), keep_dims), {x});
}
Node logsumexp(Operand x, std::initializer_list<std::int64_t> axes, bool keep_dims) {
  return logsumexp(x, std::span<const std::int64_t>(axes.begin(), axes.size()), keep_dims);
}

void register_logsumexp_ops() { register_reduction<LogSumExp>("logsumexp"); }

}  // namespace loglik
