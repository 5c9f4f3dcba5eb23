#pragma once
#include "framework/node.h"

namespace loglik {

/// log p(y) of the Beta distribution of shapes α = e^c·S(x), β = e^c·S(−x): (α − 1)·log y + (β − 1)·log(1 − y) − log B(α, β) for 0 < y < 1,
/// with S the sigmoid, x the mean's logit, c the log of the precision. Elementwise, operands broadcast; float32, float64; DtypeError for
/// others. NaN for y outside.
///
/// By deviances from the mean, so that nothing large cancels: to an ulp or two for any shapes, evaluated in long double and rounded; for
/// float32 by vectors of float64, to 0.51 ulp of the larger of the value and 1. For finite x and c no gradient is NaN, and each is finite
/// where the dtype can hold it. Differentiable in any order.
/// Source: Ferrari & Cribari-Neto 2004, doi:10.1080/0266476042000214501.
Node beta_log_density(Operand y, Operand x, Operand c);

void register_beta_log_density();  ///< called by register_builtin_ops

}  // namespace loglik
