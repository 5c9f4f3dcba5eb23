#pragma once
#include "framework/node.h"

namespace loglik {

/// What one count tells of the log of a negative binomial's size r = e^c, of mean μ = e^m, in nats: E[(∂ log p(Y)/∂c)²], elementwise,
/// operands broadcast, to 1e-12 relative; float32, float64; DtypeError for others. NaN stays NaN. Up to 20 µs.
///
///     r²·(Σⱼ P(Y > j)/(r + j)² − μ/(r·(r + μ))) = r²·∫₀^∞ t·e^(−rt)/(1 − e^−t)·(1 − (1 + (1 − e^−t)·μ/r)^−r) dt − rμ/(r + μ)
///
/// by the trapezoidal rule in log t; where that cancels, for μ < r, as the sum of P(y)·(∂ log p/∂c)² over counts; and from r = 128 on by
/// its expansion in 1/r, (μ/(r + μ))²/2 times 1 and smaller terms. Both parameters are held within e^±80. It has no gradient.
Node negative_binomial_size_information(Operand log_mean, Operand log_size);

void register_size_information();  ///< called by register_builtin_ops

}  // namespace loglik
