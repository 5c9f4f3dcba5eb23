#pragma once
#include "framework/op.h"

namespace loglik {

struct MatmulOptions {
  bool transpose_a = false;  ///< a is stored {…, k, m}
  bool transpose_b = false;  ///< b is stored {…, n, k}
};

/// Matrix product, NumPy's `a @ b`: {…, m, k} · {…, k, n} → {…, m, n}; the leading axes broadcast. float32, float64.
///
/// A vector a counts as a row {1, k}, a vector b as a column {k, 1}, and the axis so added is dropped: two vectors give a scalar.
/// All products with one b that has no leading axes are done as one, and so is the sum that is its gradient.
/// A sum over k = 0 elements is 0. Throws ShapeError for a scalar, a transposed vector, inner sizes that differ, leading axes that do not
/// broadcast; DtypeError for integers.
/// Gradient: ∂a = g·bᵀ, ∂b = aᵀ·g.
Node matmul(Operand a, Operand b, MatmulOptions options = {});

/// Sum of matrix products, Σᵢ aᵢ·bᵢ over all leading axes i, which are the same for both: {…, m, k} · {…, k, n} → {m, n}. float32, float64.
///
/// The gradient of a matrix that many products share. One product without copies where a is transposed and b is not.
Node matmul_sum(Operand a, Operand b, MatmulOptions options = {});

void register_matmul_ops();  ///< with the registry of ops; called by register_builtin_ops

}  // namespace loglik
