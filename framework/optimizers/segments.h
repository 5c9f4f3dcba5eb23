#pragma once
#include <cstdint>
#include <span>

#include "framework/node.h"

namespace loglik {

// A flat tensor as tensors one after the other, for optimisers that look at each of them as a whole. Not differentiable.

/// ‖x‖ of each segment: {n} → {segments}. Throws ShapeError unless the sizes add up to n.
Node segment_norms(Node x, std::span<const std::int64_t> sizes);

/// Each value, as often as its segment has elements: {segments} → {n}. Throws ShapeError unless there is a value for each size.
Node spread_segments(Node values, std::span<const std::int64_t> sizes);

void register_segments();

}  // namespace loglik
