#pragma once
#include <cstdint>
#include <initializer_list>
#include <span>

#include "framework/node.h"

namespace loglik {

// Reductions over `axes` (all if empty; counted from the end if negative), removed or kept as 1; reduce_sum is a primitive, logsumexp,
// argmax and argmin have headers of their own. float32, float64. NaN in, NaN out. The order of the arithmetic depends on the shape only,
// never on the number of threads. Throws ShapeError for a repeated or missing axis, DtypeError for another dtype.

/// The mean; NaN of nothing. Added up as by reduce_sum, divided in float64.
Node reduce_mean(Operand x, std::span<const std::int64_t> axes = {}, bool keep_dims = false);
Node reduce_mean(Operand x, std::initializer_list<std::int64_t> axes, bool keep_dims = false);

/// Σ(x − mean)² / (n − correction): of the population by default, unbiased with 1. NaN where n ≤ correction, so of nothing.
///
/// In two passes, in float64, with the correction for the mean's own rounding: a large mean costs no precision. The gradient is
/// 2·(x − mean)/(n − correction). Throws ArgumentError for a negative correction.
/// Source: Chan, Golub & LeVeque 1983, doi:10.1080/00031305.1983.10483115, equation 1.7.
Node reduce_variance(Operand x, std::span<const std::int64_t> axes = {}, bool keep_dims = false, std::int64_t correction = 0);
Node reduce_variance(Operand x, std::initializer_list<std::int64_t> axes, bool keep_dims = false, std::int64_t correction = 0);

/// The largest, the smallest; of nothing −∞ and +∞. Those that tie share the gradient equally (as PyTorch's amax).
Node reduce_max(Operand x, std::span<const std::int64_t> axes = {}, bool keep_dims = false);
Node reduce_max(Operand x, std::initializer_list<std::int64_t> axes, bool keep_dims = false);
Node reduce_min(Operand x, std::span<const std::int64_t> axes = {}, bool keep_dims = false);
Node reduce_min(Operand x, std::initializer_list<std::int64_t> axes, bool keep_dims = false);

/// The product; 1 of nothing. Multiplied in float64. The gradient, the product of the others, is right with any number of zeros, in any
/// order.
Node reduce_prod(Operand x, std::span<const std::int64_t> axes = {}, bool keep_dims = false);
Node reduce_prod(Operand x, std::initializer_list<std::int64_t> axes, bool keep_dims = false);

void register_reduction_ops();  ///< called by register_builtin_ops

}  // namespace loglik
