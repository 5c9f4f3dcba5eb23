#pragma once
#include "framework/node.h"

namespace loglik {

// Polar coordinates of (x, y), elementwise, the two broadcast, to within an ulp or two. float32, float64; DtypeError for others. NaN stays
// NaN.

Node hypot(Operand x, Operand y);  ///< √(x² + y²), without overflow. Gradient x/h and y/h; at the origin, where there is none, 0

/// The direction of (x, y), in [−π, π]: atan(y/x) for x > 0, 0 at the origin. As C's atan2, −π for y = −0 and x < 0. Gradient by y x/h² and
/// by x −y/h², h = hypot; 0 at the origin.
Node atan2(Operand y, Operand x);

void register_polar_ops();  ///< called by register_builtin_ops

}  // namespace loglik
