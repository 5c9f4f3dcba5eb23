#pragma once
#include "framework/node.h"

namespace loglik {

// Logic on bool, elementwise; two operands broadcast. Throws DtypeError for any other dtype: compare first, `not_equal(x, 0)`.
// Comparisons and `where` are primitives (framework/primitives.h). Constant where differentiable: gradient zero.

Node logical_and(Operand a, Operand b);
Node logical_or(Operand a, Operand b);
Node logical_xor(Operand a, Operand b);
Node logical_not(Operand x);

void register_logical_ops();  ///< called by register_builtin_ops

}  // namespace loglik
