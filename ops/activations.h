#pragma once
#include "framework/node.h"

namespace loglik {

// Activations, elementwise. Each is one function of one Operand, so that a layer takes it by name: `.activation = relu`; one with another
// parameter is a lambda: `.activation = [](Operand x) { return leaky_relu_with(x, 0.2); }`.
// float32, float64; DtypeError for others. NaN stays NaN, values at ±∞ are the limits. No gradient of a finite x is NaN, of any order.
// Gradients are written in terms of the result where it has them at hand: to an absolute, not a relative ulp of 1 where they vanish.

Node tanh(Operand x);     ///< hyperbolic tangent
Node sigmoid(Operand x);  ///< 1/(1 + e⁻ˣ), without overflow, to full relative precision for x below 0

Node relu(Operand x);  ///< max(x, 0). Gradient 0 at 0

Node leaky_relu(Operand x);                     ///< x above 0, 0.01·x below. Gradient 0.01 at 0
Node leaky_relu_with(Operand x, double slope);  ///< slope·x below 0. Throws ArgumentError unless slope is finite and > 0: 0 is `relu`

Node elu(Operand x);                     ///< x above 0, eˣ − 1 below. Source: Clevert, Unterthiner & Hochreiter 2016, arXiv:1511.07289
Node elu_with(Operand x, double alpha);  ///< α·(eˣ − 1) below 0; gradient α at 0. Throws ArgumentError unless α is finite and > 0

/// λ·x above 0, λα·(eˣ − 1) below, with λ and α that keep mean 0 and variance 1 from layer to layer; gradient λα at 0.
/// Source: Klambauer et al. 2017, arXiv:1706.02515.
Node selu(Operand x);

Node gelu(Operand x);       ///< x·Φ(x), by erfc: exact also in the left tail. Source: Hendrycks & Gimpel 2016, arXiv:1606.08415
Node gelu_tanh(Operand x);  ///< ½·x·(1 + tanh(√(2/π)·(x + 0.044715·x³))), off `gelu` by less than 5e-4
Node silu(Operand x);       ///< x·sigmoid(x), also known as swish
Node softplus(Operand x);   ///< log(1 + eˣ), without overflow, to full relative precision

/// The x with softplus(x) = y, log(eʸ − 1), to full precision for small and large y > 0: −∞ at 0, NaN below. Gradient g/(1 − e⁻ʸ).
Node softplus_inverse(Operand y);

void register_activation_ops();  ///< called by register_builtin_ops

}  // namespace loglik
