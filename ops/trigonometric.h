#pragma once
#include "framework/node.h"

namespace loglik {

// Of angles in radians, elementwise, to within an ulp. float32, float64; DtypeError for others. NaN for NaN and ±∞.

Node sin(Operand x);  ///< sine
Node cos(Operand x);  ///< cosine

void register_trigonometric_ops();  ///< called by register_builtin_ops

}  // namespace loglik
