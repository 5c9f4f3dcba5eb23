#pragma once
#include "framework/node.h"

namespace loglik {

// Integrals of the von Mises density e^(a·cos t + b·sin t)/(2π·I₀(κ)) on [−π, π], κ = √(a² + b²), and their inverse. Elementwise, a, b and
// y or p broadcast. float32, float64; DtypeError for others. NaN in, NaN out.

/// κ − a·cos y − b·sin y = κ·(1 − cos(y − μ)) ≥ 0 for any finite y, μ the direction of (a, b), to full precision near the peak. A
/// composition. `towards` another direction than (cos y, sin y); towards (0, 0) it is κ.
Node von_mises_exponent(Operand a, Operand b, Operand y);
Node von_mises_exponent_towards(Operand a, Operand b, Operand cosine, Operand sine);

/// ∫ cosⁱt·sinʲt·e^(a·cos t + b·sin t − κ) dt from −π to y, which counts as −π below −π and as π above π. By Gauss–Legendre quadrature in
/// float64 on pieces that follow the peak: off by at most 1e-13 of the whole integral, and by what rounding does to the peak's place,
/// 4e-16·√κ of it. Throws ArgumentError unless i, j ≥ 0 and i + j ≤ 4. Gradients by a and b are the same of i + 1 and j + 1, less
/// a/κ and b/κ times it; those of i + j = 4 are not supported.
Node von_mises_integral(int i, int j, Operand a, Operand b, Operand y);

/// P(Y ≤ y) = ∫₋π^y of the density. Gradients by y, a and b.
Node von_mises_cdf(Operand a, Operand b, Operand y);

/// The y in [−π, π] with von_mises_cdf(a, b, y) = p, to where the cdf is off by as much; −π and π at 0 and 1, NaN outside [0, 1].
/// Gradients by p, a and b: of the cdf's inverse.
Node von_mises_quantile(Operand a, Operand b, Operand p);

void register_von_mises_integral_ops();  ///< called by register_builtin_ops

}  // namespace loglik
