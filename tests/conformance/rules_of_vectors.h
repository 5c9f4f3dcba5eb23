#pragma once
// The kit's own: rules of distributions of vectors.
#include "tests/conformance/rule.h"

namespace loglik::conformance {

/// Fills the rule of an event that is a vector: all vectors of a bounded integer support; in two free dimensions (of the reals, or three
/// shares) a trapezoidal rule, else importance sampling, both placed by draws of the distribution's own sampler.
void make_vector_rule(const Subject& subject, Rule& rule);

}  // namespace loglik::conformance
