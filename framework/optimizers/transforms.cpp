#include "framework/optimizers/transforms.h"

#include "framework/optimizers/field_checks.h"
#include "framework/primitives.h"

namespace loglik {
namespace {

struct ClipByValue {
  Optimizer inner;
  double limit;
  LearningRate learning_rate = inner.learning_rate();
  bool has_weight_decay() const { return inner.has_weight_decay(); }

  Node update(const OptimizerArgs& args) const {
    OptimizerArgs clipped = args;
    const Node g = args.gradient, below = where(less(g, -limit), -limit, g);
    clipped.gradient = where(greater(below, limit), limit, below);
    return inner.update(clipped);
  }
};

struct ClipByNorm {
  Optimizer inner;
  double norm;
  LearningRate learning_rate = inner.learning_rate();
  bool has_weight_decay() const { return inner.has_weight_decay(); }

  Node update(const OptimizerArgs& args) const {
    OptimizerArgs clipped = args;
    const Node size = sqrt(args.gradient_norm_squared), large = greater(size, norm);
    const Node factor = where(large, norm / where(large, size, 1.0), 1.0);
    clipped.gradient = args.gradient * args.scalar(factor);
    clipped.gradient_norm_squared = args.gradient_norm_squared * (factor * factor);
    return inner.update(clipped);
  }
};

struct DecoupledWeightDecay {
  Optimizer inner;
  double weight_decay;
  LearningRate learning_rate = inner.learning_rate();

  Node update(const OptimizerArgs& args) const {
    OptimizerArgs decayed = args;
    decayed.parameter = args.parameter * args.scalar(1.0 - args.learning_rate * args.weight_decay.value_or(weight_decay));
    return inner.update(decayed);
  }
};

}  // namespace

Optimizer clip_by_value(Optimizer optimizer, double limit) {
  require_positive("clip_by_value", "limit", limit);
  return ClipByValue{std::move(optimizer), limit};
}

Optimizer clip_by_norm(Optimizer optimizer, double norm) {
  require_positive("clip_by_norm", "norm", norm);
  return ClipByNorm{std::move(optimizer), norm};
}

Optimizer decoupled_weight_decay(Optimizer optimizer, double decay) {
  require_not_negative("decoupled_weight_decay", "decay", decay);
  return DecoupledWeightDecay{std::move(optimizer), decay};
}

}  // namespace loglik
