#pragma once
#include "framework/node.h"

namespace loglik {

// Of distributions of labels, from the logarithms of their probabilities {…, K}, in nats, {…}. A class that cannot come, of log p = −∞,
// adds nothing, nor to a gradient.

Node entropy_of_classes(Node log_p);
/// KL(p ‖ q): ∞ where q has no probability for a class that p has one for.
Node kl_of_classes(Node log_p, Node log_q);

}  // namespace loglik
