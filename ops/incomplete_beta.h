#pragma once
#include "framework/node.h"

namespace loglik {

// The regularised incomplete beta function, elementwise, four operands broadcast. float32, float64; DtypeError for others.
//
//     I = 1/B(a, b)·∫₀ᵗ u^(a−1)·(1 − u)^(b−1) du at t = x/(x + y),    a, b > 0,  x, y ≥ 0
//
// The point t is said by its odds x : y, since near 1 what matters is 1 − t = y/(x + y): (sigmoid(ℓ), sigmoid(−ℓ)), (ν, z²), (y, 1 − y).
// Exchanging both pairs gives the complement, 1 − I(a, b, x, y) = I(b, a, y, x): to full relative precision, as I is, however small.
//
// Evaluated in long double and rounded, where the processor has a wider one: to an ulp or two, for shapes from 1e-3 to 1e8. NaN for
// shapes below 0, odds that are negative or 0 : 0; NaN stays NaN. Differentiable by x and y in any order, by a and b once: those are
// ops of their own, as precise. Source: Didonato & Morris 1992, doi:10.1145/131766.131776; Olver et al., NIST Handbook, 8.17.

Node incomplete_beta(Operand a, Operand b, Operand x, Operand y);
Node incomplete_beta(Operand a, Operand b, Operand x);  ///< I_x(a, b): y = 1 − x

/// log I, also far where I underflows. log(1 − I) is that of (b, a, y, x).
Node log_incomplete_beta(Operand a, Operand b, Operand x, Operand y);

/// The logit of the t with I = p/(p + q), for p, q ≥ 0: ∓∞ at p = 0, q = 0. As a logit, t is known near 0 and near 1, where sigmoid(−logit)
/// is 1 − t. To full precision in the smaller of p and q: with p + q = 1, a level near 1 is known by q.
/// Gradients by the implicit function theorem; they are not differentiable in turn.
Node incomplete_beta_inverse(Operand a, Operand b, Operand p, Operand q);

void register_incomplete_beta_ops();  ///< called by register_builtin_ops

}  // namespace loglik
