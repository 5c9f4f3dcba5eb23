#pragma once
#include "framework/node.h"

namespace loglik {

// Exponentials and logarithms, elementwise, to within an ulp or two (the C library's). float32, float64; DtypeError for others. NaN stays
// NaN.

Node exp(Operand x);    ///< eˣ: ∞ above 88.7 in float32, above 709.8 in float64
Node expm1(Operand x);  ///< eˣ − 1, to full precision near 0
Node log(Operand x);    ///< natural logarithm: −∞ at 0, NaN below
Node log1p(Operand x);  ///< log(1 + x), to full precision near 0: −∞ at −1, NaN below

/// x·eˢ without the overflow of eˢ alone: finite wherever the product is, and 0 at x = 0 for every s but NaN. The two broadcast.
///
/// What divides by a scale that is known by its logarithm: (y − μ)/σ is mul_exp(y − μ, −log σ), finite for any finite log σ where y = μ.
Node mul_exp(Operand x, Operand s);

void register_exponential_ops();  ///< called by register_builtin_ops

}  // namespace loglik
