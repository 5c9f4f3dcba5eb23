#include "ops/distributions/classes.h"

#include <limits>

#include "framework/primitives.h"
#include "ops/exponential.h"

namespace loglik {
namespace {

// Σ p·x, of the classes that can come.
Node expectation(Node log_p, Node x) {
  const Node comes = greater(log_p, -std::numeric_limits<double>::infinity());
  return reduce_sum(where(comes, exp(log_p) * where(comes, x, 0.0), where(equal(log_p, log_p), 0.0, log_p)), {-1});
}

}  // namespace

Node entropy_of_classes(Node log_p) { return -expectation(log_p, log_p); }
Node kl_of_classes(Node log_p, Node log_q) { return expectation(log_p, log_p - log_q); }

}  // namespace loglik
