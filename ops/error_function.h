#pragma once
#include "framework/node.h"

namespace loglik {

// The error function, elementwise, to within a few ulp. float32, float64; DtypeError for others. NaN stays NaN.

Node erf(Operand x);   ///< 2/√π·∫₀ˣ e^(−t²) dt, in [−1, 1]
Node erfc(Operand x);  ///< 1 − erf x, to full relative precision for large x: the normal distribution's Φ(z) is ½·erfc(−z/√2)

void register_error_function_ops();  ///< called by register_builtin_ops

}  // namespace loglik
