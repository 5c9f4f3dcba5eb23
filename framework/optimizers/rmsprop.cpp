#include "framework/optimizers/rmsprop.h"

#include "framework/optimizers/field_checks.h"
#include "framework/primitives.h"

namespace loglik {

Node RmsProp::update(const OptimizerArgs& args) const {
  require_share("RmsProp", "alpha", alpha);
  require_positive("RmsProp", "epsilon", epsilon);
  require_share("RmsProp", "momentum", momentum);
  const Node g = args.gradient, rate = args.scalar(args.learning_rate);
  const Variable square = args.slot("v");
  const Node v = square * alpha + (g * g) * (1 - alpha);
  args.graph.update(square, v);
  Node spread = v;
  if (centered) {
    const Variable mean = args.slot("mean");
    const Node m = mean * alpha + g * (1 - alpha);
    args.graph.update(mean, m);
    const Node variance = v - m * m;
    spread = where(greater(variance, 0.0), variance, 0.0);  // rounding may take it below
  }
  const Node scaled = g / (sqrt(spread) + epsilon);
  if (momentum == 0) return args.parameter - rate * scaled;
  const Variable velocity = args.slot("velocity");
  const Node u = velocity * momentum + scaled;
  args.graph.update(velocity, u);
  return args.parameter - rate * u;
}

}  // namespace loglik
