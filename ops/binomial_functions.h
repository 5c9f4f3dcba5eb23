#pragma once
#include <cstdint>

#include "framework/node.h"

namespace loglik {

// What Binomial and NegativeBinomial evaluate, elementwise, operands broadcast; float32, float64; DtypeError for others. Evaluated in long
// double and rounded: to an ulp or two, by deviances, so that nothing large cancels; log P of float32, and its gradient by c, by vectors of
// float64, to 0.51 ulp of the larger of the value and 1. Differentiable in any order; for finite parameters no gradient is NaN. Of real y
// their continuous extensions by Γ, of which the gradient by y is; NaN for y out of range.

/// log P(y) of n = trials at the logit ℓ: log (n choose y) − y·softplus(−ℓ) − (n − y)·softplus(ℓ). Gradient by ℓ: y − n·sigmoid(ℓ).
/// Throws ArgumentError unless trials ≥ 1.
Node binomial_log_prob(Operand y, Operand logits, std::int64_t trials);

/// log P(y) of mean μ = e^m and size r = e^c: log Γ(r + y)/(Γ(r)·y!) + r·log(r/(r + μ)) + y·log(μ/(r + μ)). As r grows, Poisson's.
/// Gradients by y: ψ(r + y) − ψ(y + 1) + log(μ/(r + μ)), by m: (y − μ)·r/(r + μ),
/// by c: −r·(log(1 + μ/r) − ψ(r + y) + ψ(r)) − (y − μ)·r/(r + μ).
Node negative_binomial_log_prob(Operand y, Operand log_mean, Operand log_size);

/// The smallest k in 0 … n with P(Y ≤ k) ≥ p where π = y/(x + y) is said by its odds, and P as `incomplete_beta(n − k, k + 1, x, y)` of the
/// dtype: so a p that is P(Y ≤ k) gives k. NaN for p outside [0, 1]. Gradient 0: it is constant where it has one.
Node binomial_quantile(Operand p, Operand x, Operand y, std::int64_t trials);

/// The smallest k ≥ 0 with `incomplete_beta(size, k + 1, x, y)` ≥ p, likewise: size and mean are as x and y. ∞ for p = 1.
Node negative_binomial_quantile(Operand p, Operand size, Operand x, Operand y);

void register_binomial_functions();  ///< called by register_builtin_ops

}  // namespace loglik
