#pragma once
#include "framework/node.h"

namespace loglik {

// The standard Student t distribution of ν > 0 degrees of freedom, elementwise, operands broadcast. float32, float64; DtypeError for
// others. Evaluated in long double and rounded: to an ulp or two for any ν, towards the normal distribution's as ν grows; the density of
// float32 by vectors of float64, to an ulp of the larger of the value and 1. Differentiable by all operands; NaN for ν ≤ 0 and for ν = ∞.
// Source: Johnson, Kotz & Balakrishnan 1995, vol. 2, ch. 28.

/// log p(y) of a location and a scale e^ℓ, with d = y − location, which may overflow, and z = d·e^−ℓ:
/// −C(ν) − ℓ − ½(ν + 1)·log(1 + z²/ν), and C → ½·log 2π.
/// Finite for any finite d and ℓ, also where z or z² overflows. Gradients, finite likewise, −(ν+1)·d/(νe^2ℓ + d²), −1 + (ν+1)·z²/(ν+z²)
/// and, to full relative precision, that by ν. The second derivatives are finite too; that by ν twice is a sum of terms of some 1/ν³ whose
/// largest is 1/(2ν²): about ν ulp of it are lost.
Node student_t_log_density(Operand y, Operand loc, Operand log_scale, Operand degrees);

/// P(Z ≤ z): the survival is that of −z, as precise. By ν it is differentiable once, to about 8ν ulp of long double.
Node student_t_cdf(Operand z, Operand degrees);
Node student_t_log_cdf(Operand z, Operand degrees);  ///< also where the probability underflows

/// z with P(Z ≤ z) = p: ∓∞ at 0 and 1, NaN outside. Near 1 as precise as p is. Gradient 1/density by p; by ν of the first order only.
Node student_t_quantile(Operand p, Operand degrees);

void register_student_t_functions();  ///< called by register_builtin_ops

}  // namespace loglik
