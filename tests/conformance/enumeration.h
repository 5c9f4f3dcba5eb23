#pragma once
// The kit's own: sums over integers.
#include "tests/conformance/rule.h"

namespace loglik::conformance {

/// Makes the rule of a distribution on integers: every value of a bounded support; of an unbounded one as many as it takes for a geometric
/// bound of the rest to vanish, and none above `most`.
void enumerate(const Subject& subject, Rule& rule, double most = 4e6);

/// Adds a point of positive probability.
void add_atom(Rule& rule, double y, double log_probability);

}  // namespace loglik::conformance
