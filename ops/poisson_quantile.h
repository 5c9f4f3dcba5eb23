#pragma once
#include "framework/node.h"

namespace loglik {

/// The quantile of a Poisson distribution of rate λ = e^log_rate, elementwise: the smallest n = 0, 1, … with F(n) ≥ p, where F(n) = Q(n +
/// 1, λ) is rounded to the dtype, so that the quantile of F(n) is n itself wherever F(n) < 1: in float32 up to n = 2²⁴, from where on the
/// result is rounded. ∞ at p = 1, NaN outside [0, 1], for NaN; 0 for p = 0.
///
/// Above λ = 1e15, where not every integer is a number, by the expansion of Cornish & Fisher. float32, float64; DtypeError for others.
/// Gradient 0: it is constant where it has one. A search from that expansion: Q is evaluated twice, seldom more; 1 to 5 µs.
Node poisson_quantile(Operand p, Operand log_rate);

void register_poisson_quantile();  ///< called by register_builtin_ops

}  // namespace loglik
