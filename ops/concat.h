#pragma once
#include <initializer_list>
#include <span>

#include "framework/op.h"

namespace loglik {

/// The parts one after the other along an axis, counted from the end if negative: {batch, 3}, {batch, 2}, axis 1 → {batch, 5}. All sizes
/// but that axis's are equal; its sizes add up: {batch}, {batch}, axis 0 → {2·batch}. Any dtype, the same for all.
///
/// Throws ArgumentError without parts, ShapeError for parts that do not fit, DtypeError. Gradient: each part's own part of g.
Node concat(std::initializer_list<Operand> parts, std::int64_t axis);
Node concat(std::span<const Node> parts, std::int64_t axis, Site site = {__builtin_FILE(), __builtin_LINE()});

void register_concat_ops();  ///< with the registry of ops; called by register_builtin_ops

}  // namespace loglik
