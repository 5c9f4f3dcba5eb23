#pragma once
#include "framework/node.h"

namespace loglik {

// Links: from a raw network output, any number, to a parameter of a distribution.

/// x held softly within (low, high): nearly x itself well inside, with a gradient that is never exactly 0 near the bounds.
///
/// With t = high − softplus(high − x): low + softplus(t − low). Gradient g·sigmoid(high − x)·sigmoid(t − low), never NaN: infinite where g is,
/// however small the factors are. float32, float64. Throws ArgumentError unless low < high.
Node soft_clamp(Operand x, double low, double high);

/// The log of a scale (σ, b, …) of standardised targets, held softly within log 1e-4 and log 1e4: a network that is sure of itself can't
/// make a likelihood infinite, nor a sample's gradient vanish.
Node bounded_log_scale(Operand raw);

/// Numbers that increase along the last axis, from any n > 0 of them: the first itself, then steps of e^rawⱼ, held softly within 1e-3 and
/// 1e3, so that float32 can tell them apart. Throws ShapeError for a scalar or a last axis of no constant size.
Node ordered(Operand raw);

void register_link_ops();  ///< called by register_builtin_ops

}  // namespace loglik
