#pragma once
#include "framework/node.h"

namespace loglik {

// Modified Bessel functions of the first kind, and what the von Mises distribution makes of them, elementwise, to within an ulp or two
// where the processor has a long double wider than double. float32, float64; DtypeError for others. NaN stays NaN, values at ±∞ are the
// limits. Source: Olver et al., NIST Handbook of Mathematical Functions, 10.25, 10.29, 10.40.

Node i0e(Operand x);  ///< e^−|x|·I₀(x). Gradient i1e(x) − sign(x)·i0e(x), of which some |x| ulp are lost, 0 at 0, where there is a kink
Node i1e(Operand x);  ///< e^−|x|·I₁(x), odd. Gradient i0e(x) − i1e(x)/x − sign(x)·i1e(x), likewise, ½ at 0

Node log_i0(Operand x);   ///< log I₀(x). Gradient A(x) = I₁(x)/I₀(x)
Node log_i0e(Operand x);  ///< log I₀(x) − |x|, about −½·log 2π|x|. Gradient A(x) − sign(x) to full relative precision, 0 at 0

/// A(x) = I₁(x)/I₀(x), odd, in (−1, 1): the mean of cos θ where θ has a density proportional to e^(x·cos θ). Gradient: the next derivative.
Node bessel_ratio(Operand x);

/// A(x) − sign(x): minus what A lacks of 1, to full relative precision; 0 at 0. Gradient A′(x).
Node bessel_ratio_excess(Operand x);

/// The nth derivative of A(x), the cumulants of cos θ from the second on, to full relative precision; but the third, where it changes its
/// sign, between 0.5 and 1.5, to that of its two terms. Throws ArgumentError unless
/// 1 ≤ n ≤ 3; that of the third is not supported.
Node bessel_ratio_derivative(int n, Operand x);

void register_bessel_ops();  ///< called by register_builtin_ops

}  // namespace loglik
