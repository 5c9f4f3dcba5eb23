#pragma once
#include "framework/op.h"

namespace loglik {

/// Each element becomes 0 with probability `rate`, else it is scaled by 1/(1 − rate), independently and anew each step: the mean stays the
/// same. Under evaluation, and for rate 0, it is x itself. Output 1 is the mask, bool: what was kept. float32, float64.
///
/// Random bits are named by a scope of its own ("dropout_1"). Throws ArgumentError unless 0 ≤ rate < 1. Gradient: g masked and scaled
/// likewise. Source: Srivastava et al. 2014, Journal of Machine Learning Research 15.
Node dropout(Operand x, double rate);

void register_dropout_ops();  ///< with the registry of ops; called by register_builtin_ops

}  // namespace loglik
