#include "framework/optimizers/adagrad.h"

#include "framework/optimizers/field_checks.h"
#include "framework/primitives.h"

namespace loglik {

Node Adagrad::update(const OptimizerArgs& args) const {
  require_positive("Adagrad", "epsilon", epsilon);
  const Variable sum = args.slot("sum");
  const Node s = sum + args.gradient * args.gradient;
  args.graph.update(sum, s);
  return args.parameter - args.scalar(args.learning_rate) * args.gradient / (sqrt(s) + epsilon);
}

}  // namespace loglik
