#pragma once
#include "framework/node.h"

namespace loglik {

// Half the deviances of the gamma, Poisson and inverse Gaussian distributions, elementwise: how far y is from a mean that is known by its
// logarithm, in nats. Log densities are made of them, so that nothing large cancels. Operands broadcast; float32, float64; DtypeError for
// others. Evaluated in long double and rounded: where u = y/mean is near 1 the value's relative error is 2⁻⁶²/|u − 1|, elsewhere an ulp;
// for float32 by vectors of float64, to half an ulp where |u − 1| > 1e-7. NaN for y < 0; no gradient is NaN for finite operands and y > 0.
// Differentiable in any order. Source: McCullagh & Nelder 1989, Generalized Linear Models, 2.3.

/// e^s·(u − 1 − log u) with u = y·e^−m, for y > 0; ∞ at 0. Gradients by m: −e^s·(u − 1), by s: the value, by y: e^s·(u − 1)/y.
Node gamma_deviance(Operand y, Operand m, Operand s);

/// e^x − y + y·(log y − x): λ − y − y·log(λ/y) with λ = e^x, for y ≥ 0; λ at 0. Gradients by x: λ − y, by y: log y − x.
Node poisson_deviance(Operand y, Operand x);

/// e^s·(y − μ)²/(2·μ²·y) with μ = e^m, for y > 0; ∞ at 0. Gradients by m: −e^s·(y − μ)/μ², by s: the value, by y: ½·e^s·(1/μ² − 1/y²).
Node inverse_gaussian_deviance(Operand y, Operand m, Operand s);

void register_deviance_ops();  ///< called by register_builtin_ops

}  // namespace loglik
