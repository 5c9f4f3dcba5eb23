#include "framework/optimizers/adadelta.h"

#include "framework/optimizers/field_checks.h"
#include "framework/primitives.h"

namespace loglik {

Node Adadelta::update(const OptimizerArgs& args) const {
  require_share("Adadelta", "rho", rho);
  require_positive("Adadelta", "epsilon", epsilon);
  const Node g = args.gradient;
  const Variable square = args.slot("v"), change = args.slot("u");
  const Node v = square * rho + (g * g) * (1 - rho);
  const Node delta = sqrt(change + epsilon) / sqrt(v + epsilon) * g;
  args.graph.update(square, v);
  args.graph.update(change, change * rho + (delta * delta) * (1 - rho));
  return args.parameter - args.scalar(args.learning_rate) * delta;
}

}  // namespace loglik
