#pragma once
#include "framework/distribution.h"

namespace loglik {

/// A point at which no answer of the distribution overflows, constant to gradients: what it is asked at in place of a y that is not used.
/// Its median, its mean, else a value of its support. Of a mixture that of the first component, of a wrapper what its base's becomes: they
/// keep apart by themselves what one of their parts can't have made, and a mixture's median would be a thousand nodes.
/// `like` has graph and dtype.
Node middle(const Distribution& distribution, Node like);

/// log p(y) where `used` (bool), else of a point in the middle: what is not used then has no gradient (gradient_gate.h).
Node log_prob_where(const Distribution& distribution, Node y, Node used);

}  // namespace loglik
