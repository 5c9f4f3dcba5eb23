#pragma once
#include <cstdint>
#include <initializer_list>
#include <span>

#include "framework/node.h"

namespace loglik {

/// log Σ eˣ over `axes` (all if empty; counted from the end if negative), removed or kept as 1; −∞ over nothing and where all x are −∞.
///
/// No finite x overflows; NaN stays NaN. float32, float64; the sum is taken in float64, so that the error is that of each eˣ.
/// Gradient softmax(x); 0 where the result is −∞. Throws ShapeError for a repeated or missing axis, DtypeError for another dtype.
/// Source: Blanchard, Higham & Higham 2021, doi:10.1093/imanum/draa038.
Node logsumexp(Operand x, std::span<const std::int64_t> axes = {}, bool keep_dims = false);
Node logsumexp(Operand x, std::initializer_list<std::int64_t> axes, bool keep_dims = false);

void register_logsumexp_ops();  ///< called by register_builtin_ops

}  // namespace loglik
