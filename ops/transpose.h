#pragma once
#include <initializer_list>
#include <span>

#include "framework/op.h"

namespace loglik {

/// The axes in another order: axis i of the result is axis permutation[i] of x, counted from the end if negative; without a permutation
/// the axes are reversed, as in NumPy. Any dtype. matmul takes transposed operands without a copy.
/// Throws ShapeError for what is not a permutation of x's axes. Gradient: the inverse permutation.
Node transpose(Operand x, std::initializer_list<std::int64_t> permutation = {});
Node transpose(Operand x, std::span<const std::int64_t> permutation);

void register_transpose_ops();  ///< with the registry of ops; called by register_builtin_ops

}  // namespace loglik
