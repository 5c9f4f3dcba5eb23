#pragma once
#include <string_view>

#include "framework/distribution.h"

namespace loglik {

/// Is it a RightCensored or an IntervalCensored, or does it wrap one? Its log_prob is then that of what was seen of a value, while its other
/// answers tell of the value itself.
bool holds_censored(const Distribution& d);

/// Throws ArgumentError, which names `wrapper`, for a base that holds one: of a wrapper that would take the probability of what was seen for
/// a density, or look at the base's cdf alone.
void refuse_what_holds_censored(const Distribution& base, std::string_view wrapper);

}  // namespace loglik
