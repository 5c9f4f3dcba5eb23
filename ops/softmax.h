#pragma once
#include <cstdint>

#include "framework/node.h"

namespace loglik {

// Over one axis (counted from the end if negative), of x's shape. float32, float64; no finite x overflows, the sum is taken in float64.
// NaN, +∞ or nothing but −∞ along the axis gives NaN there. Throws ShapeError for a missing axis, DtypeError for another dtype.

/// y = eˣ / Σ eˣ. Gradient y·(g − Σ g·y).
Node softmax(Operand x, std::int64_t axis = -1);

/// y = x − log Σ eˣ, which keeps the precision that log(softmax(x)) loses. Gradient g − eʸ·Σ g.
Node log_softmax(Operand x, std::int64_t axis = -1);

void register_softmax_ops();  ///< called by register_builtin_ops

}  // namespace loglik
