#pragma once
#include <string_view>

#include "framework/distribution.h"

namespace loglik {

/// Is y (bool, elementwise) a point of positive probability of a distribution that elsewhere has a density? Absent if it has none.
Node is_atom(const Distribution& d, Node y);

/// Has it probabilities for densities: is its support one of integers, or is it a Discretised of other middles?
bool is_discrete(const Distribution& d);

/// Throws ArgumentError, which names `wrapper`, for a Discretised whose middles are no integers: of it some take log_prob for a density.
void require_density_or_integers(const Distribution& d, std::string_view wrapper);

}  // namespace loglik
