#pragma once
#include "framework/op.h"

namespace loglik {

/// The value of one node, differentiated as another: y = value, ∂L/∂surrogate = ∂L/∂y, ∂L/∂value = 0.
///
/// Both of one shape and float dtype. What only the surrogate needs is not computed. Throws ShapeError, DtypeError.
/// Source: Bengio, Léonard & Courville 2013, arXiv:1308.3432, section 4 (there a step's surrogate is the identity).
Node straight_through(Operand value, Operand surrogate);

void register_straight_through();  ///< with the registry of ops; called by register_builtin_ops

}  // namespace loglik
