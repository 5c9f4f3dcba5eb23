#pragma once
#include <initializer_list>
#include <optional>
#include <span>
#include <vector>

#include "framework/op.h"

namespace loglik {

/// Places along an axis, NumPy's begin:end:step: from begin to before end. Negative ones count from the end, those beyond the axis are cut
/// off. A negative step walks backwards, from the last place unless begin says otherwise.
struct Range {
  std::optional<std::int64_t> begin = {};
  std::optional<std::int64_t> end = {};
  std::int64_t step = 1;  ///< not 0
};

/// The part of x in the ranges, for its first axes, or for one axis: slice(x, {{}, {.begin = 1, .step = 2}}) is NumPy's x[:, 1::2]. Any
/// dtype.
///
/// An axis without a constant size can be taken whole or reversed, or every p-th of it from a begin in [0, p) if p divides its factor.
/// Throws ShapeError for more, or for more ranges than axes, ArgumentError for a step of 0. Gradient: g among zeros.
Node slice(Operand x, std::initializer_list<Range> ranges);
Node slice(Operand x, std::span<const Range> ranges);
Node slice(Operand x, std::int64_t axis, Range range);

/// The part [begin, begin + size) of an axis. Of an axis k·symbol both are multiples of that symbol. Throws ShapeError if it is not in the
/// axis.
Node narrow(Operand x, std::int64_t axis, Dim begin, Dim size);

/// x cut along an axis into `parts` of equal size, or into parts of the given sizes. `concat` puts them together again.
/// Throws ShapeError if the parts do not make up the axis, ArgumentError for less than one part.
std::vector<Node> split(Operand x, std::int64_t parts, std::int64_t axis);
std::vector<Node> split(Operand x, std::initializer_list<std::int64_t> sizes, std::int64_t axis);
std::vector<Node> split(Operand x, std::span<const std::int64_t> sizes, std::int64_t axis);

/// As the first, with an absent Node for a part that is zero everywhere, as far as the graph tells: of the gradient by what was split, the
/// parts that nothing came from. The axis is of constant size.
std::vector<Node> split_sparse(Node x, std::int64_t parts, std::int64_t axis);

void register_slice_ops();  ///< with the registry of ops; called by register_builtin_ops

}  // namespace loglik
