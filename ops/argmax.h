#pragma once
#include <cstdint>

#include "framework/node.h"

namespace loglik {

// The index, int32, of the largest or smallest along one axis (counted from the end if negative), which is removed or kept as 1. As in
// NumPy the first of those that tie, and the first NaN if there is one. float32, float64. Not differentiable. Throws ShapeError for an axis
// that is missing or of size 0; an axis that turns out to be empty only when data arrive gives −1.

Node argmax(Operand x, std::int64_t axis = -1, bool keep_dims = false);
Node argmin(Operand x, std::int64_t axis = -1, bool keep_dims = false);

void register_argmax_ops();  ///< called by register_builtin_ops

}  // namespace loglik
