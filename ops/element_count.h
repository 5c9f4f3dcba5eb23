#pragma once
#include <span>

#include "framework/node.h"

namespace loglik {

/// How many elements of x are reduced over these (normalised) axes: a scalar of x's dtype, counted in the graph where a size is a symbol.
Node element_count(Node x, std::span<const std::size_t> axes);

}  // namespace loglik
