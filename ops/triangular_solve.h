#pragma once
#include "framework/node.h"

namespace loglik {

struct TriangularSolveOptions {
  bool lower = true;        ///< l is a lower triangle, else an upper one
  bool transposed = false;  ///< solve with lᵀ
  bool left = true;         ///< l·x = b, else x·l = b
};

/// The x with op(l)·x = b, or x·op(l) = b where `left` is false, op(l) = l or lᵀ: l {…, n, n}, b {…, n, k} or {…, k, n} → {…} of b; the
/// leading axes broadcast. float32, float64. The other triangle of l is not read.
///
/// By substitution: each element is added up in float64 and rounded once. A 0 on the diagonal divides as IEEE 754 says, by 0.
/// Throws ShapeError for an l that is not square or has no constant size, a b with less than two axes or another size, leading axes that do
/// not broadcast; DtypeError for integers. Gradient: ∂b solves with op(l)ᵀ, ∂l is the triangle of −∂b·xᵀ and its like.
/// Source: Giles 2008, "Collected matrix derivative results for forward and reverse mode algorithmic differentiation", section 2.2.
Node triangular_solve(Operand l, Operand b, TriangularSolveOptions options = {});

void register_triangular_solve_ops();  ///< called by register_builtin_ops

}  // namespace loglik
