#pragma once
#include "ops/distributions/numerical/column_kernels.h"

namespace loglik::numerical {

// x[0], x[stride], …: one column of n.
struct StridedColumn {
  const double* wide;
  const float* narrow;
  std::int64_t stride;
  double operator[](std::int64_t i) const { return wide != nullptr ? wide[i * stride] : static_cast<double>(narrow[i * stride]); }
};
inline StridedColumn strided_column(const KernelArgs& args, std::size_t input, std::int64_t k, std::int64_t columns) {
  if (args.dtype(input) == DType::float64) return {args.input<double>(input).data() + k, nullptr, columns};
  return {nullptr, args.input<float>(input).data() + k, columns};
}

inline std::int64_t column_count(const TensorView& x) { return count(std::span(x.extents).subspan(1)); }

}  // namespace loglik::numerical
