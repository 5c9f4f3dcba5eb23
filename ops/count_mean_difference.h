#pragma once
#include "framework/node.h"

namespace loglik {

/// ½·E|X − X′| of two independent counts of one distribution, what a CRPS is made of: elementwise, operands broadcast, to some 1e-15
/// relative; float32, float64; DtypeError for others. NaN stays NaN. Up to 20 µs.
///
/// Of a negative binomial by the log of its variance v = μ + μ²/r and its size r > 0; of a binomial of n trials by that of v = n·π·(1 − π)
/// and by size = −n; NaN for a size in (−1, 0]. With Gauss's hypergeometric function ₂F₁ and its integral
///
///     v·₂F₁(r + 1, ½; 2; −4v/r) = (4v/π)·∫₀^(π/2) cos²θ·(1 + 4v·sin²θ/r)^(−r−1) dθ
///
/// by the trapezoidal rule in τ, tan θ = s·sinh τ with s the width of its peak. Differentiable once. log_variance is held within ±300.
/// Source: Wei & Held 2014, doi:10.1007/s11749-014-0380-8.
Node count_mean_difference(Operand log_variance, Operand size);

void register_count_mean_difference();  ///< called by register_builtin_ops

}  // namespace loglik
