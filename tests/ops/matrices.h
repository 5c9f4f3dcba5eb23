#pragma once
#include <cstdint>

#include "framework/graph.h"
#include "framework/primitives.h"
#include "ops/matmul.h"
#include "ops/shape.h"
#include "ops/triangle.h"
#include "tests/ops/derivatives.h"

namespace loglik {

inline Tensor matrix_of(const std::vector<double>& values, Extents extents) { return Tensor::from(values, std::move(extents)); }

/// The identity matrix, of the dtype of x {…, n, n}.
inline Node identity_like(Node x) {
  const std::int64_t n = x.shape().back().constant();
  Tensor tensor(DType::float64, {n, n});
  for (std::int64_t i = 0; i < n; ++i) tensor.mutable_values<double>()[static_cast<std::size_t>(i * n + i)] = 1;
  return x.graph().constant(tensor.cast(x.dtype()));
}

/// x·xᵀ + 1: positive definite for any x.
inline Node positive_definite(Node x) { return matmul(x, x, {.transpose_b = true}) + identity_like(x); }

}  // namespace loglik
