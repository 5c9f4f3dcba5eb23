#pragma once
#include "framework/node.h"

namespace loglik {

// The gamma function's logarithm and what it is differentiated to, elementwise, operands broadcast. float32, float64; DtypeError for
// others. Of positive arguments: the limits at 0 and ∞, NaN below 0, NaN stays NaN. Evaluated in long double and rounded, to an ulp or two,
// where the processor has a wider long double; log Γ, ψ, δ and δ′ of float32 by vectors of float64, to 0.51 ulp. Differentiable in any order
// up to the 20th derivative of log Γ.

Node lgamma(Operand x);                ///< log Γ(x). Gradient ψ(x)
Node digamma(Operand x);               ///< ψ(x) = ∂ log Γ(x): −∞ at 0
Node trigamma(Operand x);              ///< ψ′(x) = Σ 1/(x + i)²
Node polygamma(int order, Operand x);  ///< ψ⁽ⁿ⁾(x), n = order. Throws ArgumentError unless 0 ≤ n ≤ 19

/// ψ⁽ⁿ⁾(a + b) − ψ⁽ⁿ⁾(a) for a > 0, b ≥ 0, to full relative precision also for a ≫ b, where the difference of the two has no digit left.
/// Throws ArgumentError unless 0 ≤ n ≤ 19. The gradient of lbeta.
Node polygamma_increment(int order, Operand a, Operand b);

/// log B(a, b) = log Γ(a) + log Γ(b) − log Γ(a + b) for a, b > 0, +∞ at 0. To an ulp of the larger of log B and 1, for any ratio of a and
/// b: with a ≥ b it is δ(a) + δ(b) − δ(a + b) + ½·log 2π − ½·log b − (a − ½)·log1p(b/a) + b·log(b/(a + b)), where no large log Γ is
/// subtracted.
Node lbeta(Operand a, Operand b);

/// What Stirling's formula leaves: δ(x) = log Γ(x) − (x − ½)·log x + x − ½·log 2π, about 1/(12x); to full relative precision for any x > 0.
/// Gradient δ′(x) = ψ(x) − log x + 1/(2x), as precise. Source: Olver et al., NIST Handbook of Mathematical Functions, 5.11.1.
Node stirling_remainder(Operand x);

/// The nth derivative of δ(x), as precise: −1/(12x²), 1/(6x³), … for large x. Throws ArgumentError unless 0 ≤ n ≤ 20.
Node stirling_remainder_derivative(int n, Operand x);

void register_gamma_functions();  ///< called by register_builtin_ops

}  // namespace loglik
