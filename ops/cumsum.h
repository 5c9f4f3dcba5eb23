#pragma once
#include <cstdint>

#include "framework/node.h"

namespace loglik {

struct CumsumOptions {
  bool exclusive = false;  ///< without the element itself: from 0
  bool reverse = false;    ///< from the last element to the first
};

/// Running sums along an axis, counted from the end if negative: yᵢ = x₀ + … + xᵢ, exclusive yᵢ = x₀ + … + xᵢ₋₁; in reverse
/// yᵢ = xᵢ + … + xₙ₋₁ and yᵢ = xᵢ₊₁ + … + xₙ₋₁. Shape and dtype of x; float32, float64.
///
/// Added up in float64, one element after the other, each sum rounded once. Gradient: the sums of g in the other direction.
/// Throws ShapeError for a missing axis, DtypeError for integers.
Node cumsum(Operand x, std::int64_t axis, CumsumOptions options = {});

void register_cumsum_ops();  ///< called by register_builtin_ops

}  // namespace loglik
