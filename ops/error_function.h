#pragma once
#include "framework/node.h"

namespace loglik {

// The error function, elementwise, to within a few ulp. float32, float64; DtypeError for others. NaN stays NaN.

Node erf(Operand x);   ///< 2/√π·∫₀ˣ e^(−t²) dt, in [−1, 1]
Node erfc(Operand x);  ///< 1 − erf x, to full relative precision for large x: the normal distribution's Φ(z) is ½·erfc(−z/√2)

/// The quantile of the standard normal distribution: x with Φ(x) = p. ∓∞ at 0 and 1, NaN outside [0, 1].
/// To a few ulp of p's own precision: near 1 that is coarse, −ndtri(q) is exact for p = 1 − q. Gradient g·√2π·e^(x²/2).
/// Source: Wichura 1988, algorithm AS 241 (PPND16), doi:10.2307/2347330.
Node ndtri(Operand p);

void register_error_function_ops();  ///< called by register_builtin_ops

}  // namespace loglik
