#pragma once
#include "framework/node.h"

namespace loglik {

/// E₁(x) = ∫ₓ^∞ e^−t/t dt for x > 0, elementwise, to an ulp: ∞ at 0, NaN below, NaN stays NaN; float32, float64, DtypeError for others.
///
/// About −log x − γ for small x and e^−x/x for large. Gradient −e^−x/x. Source: Olver et al., NIST Handbook of Mathematical
/// Functions, 6.2.1.
Node expint(Operand x);

/// e^x·E₁(x), to an ulp, about 1/x for large x, where E₁ would vanish: ∞ at 0, NaN below. Gradient y − 1/x, about −1/x² for large x and
/// −∞ at 0, as precise; up to the eighth derivative.
Node scaled_expint(Operand x);

void register_expint_ops();  ///< called by register_builtin_ops

}  // namespace loglik
