#pragma once
#include "framework/node.h"

namespace loglik {

// Exponentials and logarithms, elementwise, to within an ulp or two (the C library's). float32, float64; DtypeError for others. NaN stays
// NaN.

Node exp(Operand x);    ///< eˣ: ∞ above 88.7 in float32, above 709.8 in float64
Node expm1(Operand x);  ///< eˣ − 1, to full precision near 0
Node log(Operand x);    ///< natural logarithm: −∞ at 0, NaN below
Node log1p(Operand x);  ///< log(1 + x), to full precision near 0: −∞ at −1, NaN below

/// x·eˢ without the overflow of eˢ alone: finite wherever the product is, 0 at x = 0 and infinite at x = ±∞ for every s but NaN. The two
/// broadcast.
///
/// What divides by a scale that is known by its logarithm: (y − μ)/σ is mul_exp(y − μ, −log σ), finite for any finite log σ where y = μ.
Node mul_exp(Operand x, Operand s);

/// log(1 + x) − x, to full relative precision near 0, where it is −½x²: −∞ at −1, NaN below. Half the unit deviance of a gamma distribution
/// is −log1pmx(u − 1) = u − 1 − log u. Gradient −g·x/(1 + x).
Node log1pmx(Operand x);

/// log(1 − e^−d) for d > 0, to full precision for small and large d: −∞ at 0, NaN below. Mind the sign: with d = log b − log a it takes
/// log b to log(b − a) = log b + log1mexp(d). Gradient g·e^−d/(1 − e^−d).
/// Source: Mächler 2012, "Accurately computing log(1 − exp(−|a|))", vignette of the R package Rmpfr.
Node log1mexp(Operand d);

/// log(eᵃ + eᵇ) without overflow; −∞ is log 0: logaddexp(−∞, b) = b, also for b = −∞. The two broadcast.
/// Gradients S(a − b), S(b − a), ½ each where both are the same infinity.
Node logaddexp(Operand a, Operand b);

void register_exponential_ops();  ///< called by register_builtin_ops

}  // namespace loglik
