#include "framework/optimizers/lion.h"

#include "framework/optimizers/field_checks.h"
#include "framework/primitives.h"

namespace loglik {

Node Lion::update(const OptimizerArgs& args) const {
  require_share("Lion", "beta1", beta1);
  require_share("Lion", "beta2", beta2);
  require_not_negative("Lion", "weight_decay", weight_decay);
  const Node g = args.gradient, theta = args.parameter, rate = args.scalar(args.learning_rate);
  const Variable momentum = args.slot("m");
  const Node direction = momentum * beta1 + g * (1 - beta1);
  args.graph.update(momentum, momentum * beta2 + g * (1 - beta2));
  const Node sign = cast(greater(direction, 0.0), theta.dtype()) - cast(less(direction, 0.0), theta.dtype());
  const double decay = args.weight_decay.value_or(weight_decay);
  return theta - rate * (decay == 0 ? sign : sign + theta * decay);
}

}  // namespace loglik
