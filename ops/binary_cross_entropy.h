#pragma once
#include "framework/node.h"

namespace loglik {

/// log(1 + e^ℓ) − y·ℓ: what a coin whose logit of 1 is ℓ loses on y in {0, 1}, nats; for y within, the cross-entropy. The two broadcast.
///
/// As max(ℓ, 0) − y·ℓ + log1p(e^−|ℓ|), which neither overflows nor cancels: full relative precision for y in {0, 1}. float32, float64.
/// Gradients g·(sigmoid ℓ − y) and −g·ℓ, of any order. Throws ShapeError, DtypeError.
Node binary_cross_entropy(Operand logits, Operand y);

void register_binary_cross_entropy_ops();  ///< called by register_builtin_ops

}  // namespace loglik
