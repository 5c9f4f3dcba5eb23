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

/// e^(x²)·erfc x, about 1/(x√π) for large x; ∞ below −26.6 (float32: −9.3). Gradient −2·erfcx(x)·r₁(x), which does not cancel as
/// 2x·erfcx(x) − 2/√π.
Node erfcx(Operand x);

/// The normal distribution's hazard λ(z) = φ(z)/Φ(−z) = √(2/π)/erfcx(z/√2), about z for large z; λ(−z) is the inverse Mills ratio φ/Φ.
/// Gradient λ(z)·(λ(z) − z), by √2·r₁ for the second factor: to full relative precision.
Node normal_hazard(Operand z);

/// log Φ(z), to full relative precision in both tails: −5e7 at −1e4. Gradient λ(−z). Its third derivative is precise absolutely, not
/// relatively.
Node log_ndtr(Operand z);

/// What these are differentiated to: rₙ(x) = iⁿerfc(x)/iⁿ⁻¹erfc(x), ratios of repeated integrals of erfc. 1 ≤ n ≤ 8, else ArgumentError.
/// Gradient 2·rₙ·(n·rₙ − (n+1)·rₙ₊₁); that of r₈ is not supported. Source: Olver et al., NIST Handbook, 7.18.
Node erfc_integral_ratio(int n, Operand x);

void register_error_function_ops();  ///< called by register_builtin_ops

}  // namespace loglik
