#pragma once
#include "framework/node.h"

namespace loglik {

// What the inverse Gaussian's mean difference is made of: Bickley's function Ki₁(x) = ∫ₓ^∞ K₀(t) dt, scaled so that it does not vanish,
// elementwise, to a few ulp. float32, float64; DtypeError for others. NaN below 0, NaN stays NaN. Up to 5 µs.
//
//     e^x·Ki₁(x) = ∫₀^∞ e^(−x·(cosh t − 1))/cosh t dt
//
// falls from π/2 at 0 as √(π/2x). By the trapezoidal rule, whose error falls as e^(−π²/step). Source: Olver et al., NIST Handbook of
// Mathematical Functions, 10.43(iii); rule: Trefethen & Weideman 2014, doi:10.1137/130932132.

Node scaled_bickley(Operand x);

/// Its nth derivative, (−1)ⁿ·∫ (cosh t − 1)ⁿ·e^(−x·(cosh t − 1))/cosh t dt, without cancellation; of n ≥ 1 it is (−1)ⁿ·∞ at 0.
/// Throws ArgumentError unless 1 ≤ n ≤ 8; that of the 8th is not supported.
Node scaled_bickley_derivative(int n, Operand x);

void register_bickley_ops();  ///< called by register_builtin_ops

}  // namespace loglik
