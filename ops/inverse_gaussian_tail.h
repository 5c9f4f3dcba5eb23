#pragma once
#include "framework/node.h"

namespace loglik {

// The distribution function of an inverse Gaussian variable of mean 1 and concentration φ = e^s at u = e^w, elementwise, operands
// broadcast. In logarithms, for tails of a float's whole range. float32, float64; DtypeError for others; NaN stays NaN. Evaluated in long
// double and rounded, to an ulp or two in either tail. For mean μ and concentration λ: w = log(y/μ), s = log(λ/μ).
//
// With a = √(φ/u)·(u − 1), b = √(φ/u)·(u + 1) and E(x) = ½·erfcx(x/√2):
//
//     F = Φ(a) + e^2φ·Φ(−b) = e^(−a²/2)·(E(−a) + E(b)),    1 − F = e^(−a²/2)·(E(a) − E(b))
//
// the latter as a series without cancellation. First derivatives are as precise in float32 as in float64, but for the rounding of
// √(2πφu)·erfcx(b/√2) − 1, the share of that by s. Source: Johnson, Kotz & Balakrishnan 1994, vol. 1, ch. 15; Giner & Smyth 2016,
// doi:10.32614/RJ-2016-024.

Node log_inverse_gaussian_cdf(Operand w, Operand s);       ///< log F
Node log_inverse_gaussian_survival(Operand w, Operand s);  ///< log(1 − F)

/// w where F is p: ∓∞ at 0 and 1, NaN outside. Gradients by p: 1/F′(w), by s: −(∂F/∂s)/F′(w), with F′ = ∂F/∂w; with a p that is uniformly
/// distributed e^w is a draw, differentiable by s. 1 to 10 µs.
Node log_inverse_gaussian_quantile(Operand p, Operand s);

void register_inverse_gaussian_ops();  ///< called by register_builtin_ops

}  // namespace loglik
