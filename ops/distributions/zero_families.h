#pragma once
#include "ops/distributions/family.h"

namespace loglik {

/// A family with zeros of their own: "zero_inflated_poisson" of "poisson". Raw outputs are the logits of an additional zero, one for each
/// value of a target, then those of the family. Of your own too:
///
///     register_family(zero_inflated_family(family("my_counts")));
///
/// Throws ArgumentError for a family of classes.
Family zero_inflated_family(const Family& base);
/// Likewise "hurdle_poisson": zeros and the rest are learned apart. See Hurdle.
Family hurdle_family(const Family& base);

}  // namespace loglik
