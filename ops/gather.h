#pragma once
#include "framework/op.h"

namespace loglik {

// Elements found by index. Indices are int32 from 0 to the axis's size − 1: any other, negative ones too, is an IndexError of the run that
// says which, where and what would be right. They have no gradient.

/// NumPy's take: x {A…, n, B…}, indices {I…} → {A…, I…, B…}, entry i being x's entry indices[i] along the axis, which is counted from the
/// end if negative. An embedding is gather(table, tokens, 0). Any dtype. Throws ShapeError for a missing axis, DtypeError for other
/// indices. Gradient: g's entries added up where they were taken.
Node gather(Operand x, Operand indices, std::int64_t axis);

/// One element of each row: x {…, n}, indices {…} → {…}, y[i] = x[i, indices[i]]. The leading axes broadcast. Any dtype.
/// Throws ShapeError for a scalar x or axes that do not broadcast, DtypeError for other indices. Gradient: g where it was taken, else zero.
Node take_along_last(Operand x, Operand indices);

/// indices {…} → {…, n}: 1 at place indices[i] of row i, else 0. Throws ArgumentError for a negative n, DtypeError for other indices.
Node one_hot(Operand indices, std::int64_t n, DType dtype = DType::float32);

void register_gather_ops();  ///< with the registry of ops; called by register_builtin_ops

}  // namespace loglik
