#pragma once
#include <cstdint>
#include <vector>

#include "framework/node.h"

namespace loglik {

struct LinearRecurrenceOptions {
  std::vector<std::int64_t> axes = {};  ///< over the elements of these in memory order; all if empty
  double initial = 0;                   ///< y₀
  bool reverse = false;                 ///< from the last element to the first
};

/// The states of yᵢ₊₁ = aᵢ·yᵢ + bᵢ *before* each step: y₀ = initial, …, yₙ₋₁. Both of one shape, which is the result's; float32, float64.
///
/// Its gradient is a recurrence in the other direction, rᵢ₋₁ = aᵢ·rᵢ + gᵢ: ∂a = r·y, ∂b = r. So what is written with it can be
/// differentiated in any order, zeros in a included: without b and from 1 it gives the running products that the gradient of reduce_prod is
/// made of. Throws ShapeError for shapes that differ, or for a repeated or missing axis.
Node linear_recurrence(Operand a, Operand b, const LinearRecurrenceOptions& options = {});
Node linear_recurrence(Operand a, const LinearRecurrenceOptions& options = {});  ///< with b = 0

void register_linear_recurrence_ops();  ///< called by register_builtin_ops

}  // namespace loglik
