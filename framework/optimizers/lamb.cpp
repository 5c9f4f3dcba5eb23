#include "framework/optimizers/lamb.h"

#include "framework/optimizers/field_checks.h"
#include "framework/optimizers/segments.h"
#include "framework/primitives.h"

namespace loglik {
namespace {

// ‖θ‖/‖r‖ of each tensor, for each of its elements.
Node trust_ratios(Node theta, Node r, const std::vector<std::int64_t>& sizes) {
  const Node parameter_norms = segment_norms(theta, sizes), update_norms = segment_norms(r, sizes);
  const Node both = where(greater(parameter_norms, 0.0), update_norms, 0.0), some = greater(both, 0.0);
  return spread_segments(where(some, parameter_norms / where(some, update_norms, 1.0), 1.0), sizes);
}

}  // namespace

Node Lamb::update(const OptimizerArgs& args) const {
  require_share("Lamb", "beta1", beta1);
  require_share("Lamb", "beta2", beta2);
  require_positive("Lamb", "epsilon", epsilon);
  require_not_negative("Lamb", "weight_decay", weight_decay);
  const Node g = args.gradient, theta = args.parameter;
  const Variable mean = args.slot("m"), square = args.slot("v");
  const Node m = mean * beta1 + g * (1 - beta1), v = square * beta2 + (g * g) * (1 - beta2);
  args.graph.update(mean, m);
  args.graph.update(square, v);
  const Node root = sqrt(v / args.scalar(bias_correction(beta2, args.step)));
  const Node r = m / args.scalar(bias_correction(beta1, args.step)) / (root + epsilon) + theta * args.weight_decay.value_or(weight_decay);
  return theta - args.scalar(args.learning_rate) * (trust_ratios(theta, r, args.sizes) * r);
}

}  // namespace loglik
