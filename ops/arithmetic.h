#pragma once
#include "framework/node.h"

namespace loglik {

// Elementwise arithmetic beyond the operators + − * / (framework/primitives.h). float32, float64; DtypeError for others. NaN stays NaN.
// Where a function has a kink, the gradient is the one that is stated.

Node abs(Operand x);         ///< |x|. Gradient 0 at 0
Node sign(Operand x);        ///< −1, 0 or 1; 0 for −0. Gradient 0
Node square(Operand x);      ///< x²
Node rsqrt(Operand x);       ///< 1/√x: ±∞ at ±0, NaN below. Gradient −½·x^(−3/2)
Node reciprocal(Operand x);  ///< 1/x: ±∞ at ±0
Node floor(Operand x);       ///< the largest integer ≤ x. Gradient 0

/// aᵇ, as C's pow has it: x⁰ = 1 for every x, NaN for a negative a and a b that is no integer. The two broadcast.
///
/// Gradients b·aᵇ⁻¹ and aᵇ·log a, of any order; at a = 0 they are the limits from a > 0, and 0 where aᵇ has none: ∂a at b = 0, ∂b at b ≥ 0.
/// An exponent that is a number costs least: `pow(x, 3)` differentiates to 3x², 6x, 6, 0.
Node pow(Operand a, Operand b);

/// The smaller, the larger of two, which broadcast; NaN if either is NaN. Where they are equal each takes half the gradient (as in
/// PyTorch).
Node minimum(Operand a, Operand b);
Node maximum(Operand a, Operand b);

/// x held within [low, high], which may be infinite. Gradient 1 within, bounds included, 0 outside (as in PyTorch).
/// Throws ArgumentError unless low ≤ high. For bounds that are nodes: `minimum(maximum(x, low), high)`.
Node clamp(Operand x, double low, double high);

void register_arithmetic_ops();  ///< called by register_builtin_ops

}  // namespace loglik
