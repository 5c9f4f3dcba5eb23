#pragma once
#include "framework/node.h"

namespace loglik {

/// The lower triangle L with L·Lᵀ = a of each symmetric positive definite matrix: {…, n, n} → {…, n, n}, 0 above the diagonal, the diagonal
/// positive. float32, float64. Of an a that is not symmetric it is that of ½·(a + aᵀ).
///
/// Each element is added up in float64 and rounded once. The run throws MatrixError for a matrix that is not positive definite, with its
/// number among the leading axes and the pivot that is not above 0; the first of them if there are several.
/// Throws ShapeError for what is not square or has no constant size, DtypeError for integers.
/// Gradient: ½·(S + Sᵀ) with S = L⁻ᵀ·Φ(Lᵀ·g)·L⁻¹, where Φ takes the lower triangle and halves the diagonal; differentiable in turn.
/// Source: Murray 2016, "Differentiation of the Cholesky decomposition", arXiv:1602.07527, equation 10.
Node cholesky(Operand a);

void register_cholesky_ops();  ///< called by register_builtin_ops

}  // namespace loglik
