#pragma once
#include <span>

#include "framework/op.h"

namespace loglik {

// The small closed set of ops that autodiff, passes, heads and optimisers themselves need. Everything else is in ops/.
// Elementwise ones broadcast as NumPy does. The operators + − * / and unary − of Node are add, sub, mul, div and neg.

Node add(Operand a, Operand b);  ///< a + b; float32, float64, int32 (wrapping)
Node sub(Operand a, Operand b);  ///< a − b
Node mul(Operand a, Operand b);  ///< a · b
Node div(Operand a, Operand b);  ///< a / b; floats only
Node neg(Operand x);             ///< −x
Node sqrt(Operand x);            ///< √x, NaN below 0; floats only. Gradient g / (2√x): infinite at 0

// Comparisons: bool, any dtype, both operands of the same. A NaN compares as IEEE 754 says. Constant where differentiable: gradient zero.
Node equal(Operand a, Operand b);          ///< a = b
Node not_equal(Operand a, Operand b);      ///< a ≠ b
Node less(Operand a, Operand b);           ///< a < b
Node less_equal(Operand a, Operand b);     ///< a ≤ b
Node greater(Operand a, Operand b);        ///< a > b
Node greater_equal(Operand a, Operand b);  ///< a ≥ b

/// a where condition (bool) holds, else b; a and b of one dtype, any. What is not chosen does not touch value or gradient, NaN included.
Node where(Operand condition, Operand a, Operand b);

/// x converted as static_cast does (float to integer truncates; bool is x ≠ 0). Values outside an integer's range are undefined, not checked.
/// Gradient: cast back; zero through integers and bool, which are constant where they are differentiable.
Node cast(Operand x, DType dtype);

/// Sum over `axes` (all if empty; counted from the end if negative), removed or kept as 1. Floats and int32 (wrapping). 0 over nothing.
/// float32 is accumulated in blocks of float32 that are added up in float64, in an order that depends on the shape only.
Node reduce_sum(Operand x, std::span<const std::int64_t> axes = {}, bool keep_dims = false);
Node reduce_sum(Operand x, std::initializer_list<std::int64_t> axes, bool keep_dims = false);

/// Σ x² as a float64 scalar; float32 in blocks of 1,024, to some 70 half-ulps of float32, added up in float64. Gradient 2·g·x.
Node sum_of_squares(Operand x);

/// x stretched to a shape that it broadcasts to. Any dtype.
Node broadcast_to(Operand x, Shape shape);

/// The same elements in another shape; never copies. One dimension may be −1: what remains. Throws ShapeError if the counts can't be equal.
Node reshape(Operand x, Shape shape);

/// All inputs (of one float dtype, constant shapes) flattened, one after the other: {n}. The memory plan lets most be computed in place.
Node pack(std::span<const Node> parts);

/// The same elements in memory of their own.
Node copy(Operand x);

/// g summed over the axes along which `shape` was stretched to g's shape: the gradient of broadcasting.
Node sum_to(Node g, const Shape& shape);

void register_primitives();  ///< with the registry of ops; called by register_builtin_ops

}  // namespace loglik
