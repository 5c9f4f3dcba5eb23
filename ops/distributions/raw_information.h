#pragma once
#include "framework/distribution.h"

namespace loglik {

/// What one observation tells of the raw outputs {batch, n} that the distribution's parameters are made of: {batch, n, n}, in nats.
///
/// Jᵀ·I·J with the distribution's own Fisher information I and J the derivatives of its parameters by `raw`, by autodiff: links may be
/// any graph, as long as a sample's parameters depend on that sample's raw outputs only. Over several values a sample, {batch, c}, it is the
/// sum of theirs. Symmetric, not negative; singular where raw outputs do not tell apart, as logits do not.
/// Throws ArgumentError if the distribution has no Fisher information, ShapeError unless raw is {batch, n} and the answers {batch, …}, n and
/// the rest constant.
Node raw_fisher_information(const Distribution& d, Node raw);

}  // namespace loglik
