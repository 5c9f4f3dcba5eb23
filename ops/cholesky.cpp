// a = L·Lᵀ;    ∂a = ½·(S + Sᵀ), S = L⁻ᵀ·Φ(Lᵀ·g)·L⁻¹
#include "ops/cholesky.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "framework/error.h"
#include "framework/op.h"
#include "framework/primitives.h"
#include "framework/registry.h"
#include "ops/matmul.h"
#include "ops/triangle.h"
#include "ops/triangular_solve.h"

namespace loglik {
namespace {

[[noreturn]] void throw_not_positive(std::int64_t matrix, std::int64_t pivot, double value) {
  throw MatrixError(fmt::format("matrix {} is not positive definite: pivot {} is {}, not above 0", matrix, pivot, value));
}

class Cholesky final : public Op {
 public:
  std::string_view name() const override { return "cholesky"; }

  std::vector<TensorType> infer(std::span<const TensorType> inputs) const override {
    require_float("a", inputs[0]);
    square_size("a", inputs[0]);
    return {inputs[0]};
  }

  void run(const KernelArgs& args) const override {
    const std::int64_t n = args.shape(0).back();
    if (args.inputs[0].count == 0) return;
    for_float(args.dtype(0), [&]<class T>() {
      const T* a = args.input<T>(0).data();
      T* l = args.output<T>(0).data();
      args.parallel_for(args.inputs[0].count / (n * n), std::max<std::int64_t>(1, 32768 / (n * n * n)),
                        [&](std::int64_t begin, std::int64_t end) {
                          for (std::int64_t matrix = begin; matrix < end; ++matrix)
                            decompose(a + matrix * n * n, l + matrix * n * n, n, matrix);
                        });
    });
  }

  std::vector<Node> gradient(const GradientArgs& args) const override {
    const Node l = args.output(0);
    const Node inner = triangle(matmul(l, args.output_gradient(0), {.transpose_a = true}), {.diagonal = 0.5});
    const Node s = triangular_solve(l, triangular_solve(l, inner, {.transposed = true}), {.left = false});
    return {0.5 * (s + transpose_last(s))};
  }

  double flops(std::span<const TensorType> inputs) const override {  // n³/3 a matrix
    const auto n = static_cast<double>(inputs[0].shape.back().constant());
    return static_cast<double>(inputs[0].shape.count().constant()) * n / 3;
  }

 private:
  // Row by row: Lᵢⱼ = (aᵢⱼ − Σₖ Lᵢₖ·Lⱼₖ)/Lⱼⱼ over k < j.
  template <class T>
  static void decompose(const T* a, T* l, std::int64_t n, std::int64_t matrix) {
    for (std::int64_t i = 0; i < n; ++i) {
      T* row = l + i * n;
      for (std::int64_t j = 0; j <= i; ++j) {
        const T* other = l + j * n;
        double rest = 0.5 * (static_cast<double>(a[i * n + j]) + static_cast<double>(a[j * n + i]));
        for (std::int64_t k = 0; k < j; ++k) rest -= static_cast<double>(row[k]) * static_cast<double>(other[k]);
        if (j < i)
          row[j] = static_cast<T>(rest / static_cast<double>(other[j]));
        else if (const T pivot = static_cast<T>(std::sqrt(rest)); rest > 0 && pivot > 0)  // false for NaN
          row[j] = pivot;
        else
          throw_not_positive(matrix, i, rest);
      }
      std::fill(row + i + 1, row + n, T(0));
    }
  }
};

}  // namespace

Node cholesky(Operand a) { return make_node(std::make_shared<Cholesky>(), {a}); }

void register_cholesky_ops() {
  register_op("cholesky", [](const Attributes&) -> std::shared_ptr<const Op> { return std::make_shared<Cholesky>(); });
}

}  // namespace loglik
