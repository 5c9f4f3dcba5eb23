#pragma once
#include "framework/distribution.h"

namespace loglik {

/// Is y (bool, elementwise) a point of positive probability of a distribution that elsewhere has a density? Absent if it has none.
Node is_atom(const Distribution& d, Node y);

/// Has it probabilities for densities: is its support one of integers?
bool is_discrete(const Distribution& d);

}  // namespace loglik
