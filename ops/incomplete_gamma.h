#pragma once
#include "framework/node.h"

namespace loglik {

// The distribution function of a gamma distribution of shape a and scale 1, elementwise, operands broadcast; for a > 0, x ≥ 0 the limits at
// 0 and ∞, NaN below 0, NaN stays NaN. float32, float64; DtypeError for others. Evaluated in long double and rounded: to an ulp where the
// processor has a wider long double, for any shape up to the largest number, in a time (below 10 µs) that does not grow with it.
//
// Differentiable by x and by the shape a, each relatively precise as far as it does not underflow; in x and across of any order, but not
// twice by a. Sources: Olver et al., NIST Handbook of Mathematical Functions, 8.7 (series), 8.9 (continued fraction), 8.12 (Temme's uniform
// expansion).

Node gamma_p(Operand a, Operand x);  ///< P(a, x) = ∫₀ˣ t^(a−1)·e^−t dt / Γ(a)
Node gamma_q(Operand a, Operand x);  ///< Q(a, x) = 1 − P(a, x), relatively precise where it is small

Node log_gamma_p(Operand a, Operand x);  ///< log P(a, x), relatively precise also where P underflows or is near 1
Node log_gamma_q(Operand a, Operand x);  ///< log Q(a, x), likewise

/// x with P(a, x) = p: 0 at p = 0, ∞ at 1, NaN outside [0, 1]; 0 where it is too small for the dtype, as for small a it soon is. To an ulp
/// or two of p's own precision. Gradients 1/f(x) by p and (∂Q/∂a)/f(x) by a, f the density: with a p that is uniformly distributed x is a
/// draw from the gamma distribution, differentiable by its shape.
Node gamma_p_inverse(Operand a, Operand p);
Node gamma_q_inverse(Operand a, Operand q);  ///< x with Q(a, x) = q: for upper tails, where p = 1 − q would be rounded

/// The density x^(a−1)·e^−x/Γ(a), to full relative precision: what P is differentiated to by x.
Node gamma_density(Operand a, Operand x);

void register_incomplete_gamma_ops();  ///< called by register_builtin_ops

}  // namespace loglik
