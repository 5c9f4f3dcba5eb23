#pragma once
#include <cstdint>
#include <vector>

#include "framework/program.h"
#include "framework/tensor.h"

namespace loglik::bench {

/// One matrix product {m, k} · {k, n} of a step, done `count` times; transposed as the step has it.
struct Product {
  bool transpose_a, transpose_b;
  std::int64_t m, n, k;
  std::int64_t count = 1;
  bool sums = false;  ///< are all `count` added up in one result: a convolution's filter gradient

  double flops() const { return 2.0 * static_cast<double>(m) * static_cast<double>(n) * static_cast<double>(k) * static_cast<double>(count); }
};

/// The matrix products of a program at these sizes. A convolution counts as one product an image, of its filters with the matrix of the
/// patches that its positions see, which is taken to be there already.
std::vector<Product> products(const Program& program, const Sizes& sizes);

/// c = op(a)·op(b) + beta·c, row-major, without gaps.
using Gemm = void(bool transpose_a, bool transpose_b, std::int64_t m, std::int64_t n, std::int64_t k, const float* a, const float* b, float beta,
                  float* c);

Gemm blas_gemm;   ///< OpenBLAS
Gemm small_gemm;  ///< ops/product_kernels.h

/// The products of a step and nothing else, on memory of their own.
class Floor {
 public:
  /// Each product by that of `gemms` which is found to take the least time for it.
  Floor(std::vector<Product> products, std::vector<Gemm*> gemms = {blas_gemm, small_gemm});

  void run() const;  ///< each product once more, in one thread
  double flops() const;

 private:
  void multiply(std::size_t i, Gemm* gemm, std::int64_t count) const;

  std::vector<Product> products_;
  std::vector<Gemm*> gemms_;  // one each
  std::vector<Tensor> a_, b_, c_;
};

}  // namespace loglik::bench
