#pragma once
#include <vector>

#include "framework/node.h"

namespace loglik {

class PatternArgs;

/// −log softmax(x)_y = log Σⱼ eˣʲ − x_y, in nats: of logits {…, n} and labels y in {0, …, n − 1}, int32 {…}, to {…}.
///
/// One pass over x; so is the gradient g·(softmax(x) − one_hot(y)). float32, float64; no finite x overflows, the sum is taken in float64;
/// NaN, +∞ or nothing but −∞ in a row gives NaN. What `log_softmax` and `take_along_last` after it become: see softmax_patterns.cpp.
/// Outputs 1 and 2 {…}, max x and log Σ eˣ⁻ᵐᵃˣ, are what the gradient goes on; they have none themselves.
/// Throws ShapeError for a scalar or labels of another shape, DtypeError for other dtypes; run throws IndexError for a label outside.
Node cross_entropy(Operand logits, Operand labels);

std::vector<Node> recognize_cross_entropy(const PatternArgs& args);  ///< a pattern of take_along_last

void register_cross_entropy_ops();  ///< called by register_builtin_ops

}  // namespace loglik
