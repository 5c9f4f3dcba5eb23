#pragma once
#include <initializer_list>
#include <span>

#include "framework/op.h"

namespace loglik {

// Other shapes of the same elements; see also reshape and broadcast_to in framework/primitives.h. Any dtype; none of these copies memory.

/// All axes from `start` on joined into one: {batch, 1, 28, 28} → {batch, 784}. A new axis of size 1 if `start` is the rank.
/// Throws ShapeError for a start beyond, or axes whose product is not a constant times one dimension.
Node flatten(Operand x, std::int64_t start = 1);

/// A new axis of size 1 at place `axis` of the result, counted from its end if negative: {3, 4}, −1 → {3, 4, 1}. Throws ShapeError.
Node expand_dims(Operand x, std::int64_t axis);

/// Without the given axes, or without all of constant size 1 if none is given. Throws ShapeError for one whose size is not 1.
Node squeeze(Operand x, std::initializer_list<std::int64_t> axes = {});
Node squeeze(Operand x, std::span<const std::int64_t> axes);

/// x, taken as a constant where differentiated: its gradient is zero.
Node stop_gradient(Operand x);

void register_shape_ops();  ///< with the registry of ops; called by register_builtin_ops

}  // namespace loglik
