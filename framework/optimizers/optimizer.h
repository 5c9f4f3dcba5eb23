#pragma once
#include <concepts>
#include <functional>
#include <memory>
#include <string_view>

#include "framework/graph.h"
#include "framework/optimizers/learning_rate.h"

namespace loglik {

/// What an optimiser's update is written in terms of. `parameter` and `gradient` are flat: all parameters of one dtype, one after the other.
struct OptimizerArgs {
  Graph& graph;
  Node parameter;      ///< {n}, before the step
  Node gradient;       ///< {n}, of the mean loss a sample
  Node learning_rate;  ///< float64 scalar
  Node step;           ///< float64 scalar: 1 in the first step
  std::function<Variable(std::string_view)> slot;  ///< a Variable of the optimiser's own, zeros {n}; `graph.update` gives it its next value
};

/// What makes a struct an optimiser: a field `learning_rate` and a rule that builds the new parameters as graph.
template <class O>
concept IsOptimizer = requires(const O& optimizer, const OptimizerArgs& args) {
  { optimizer.update(args) } -> std::convertible_to<Node>;
  { optimizer.learning_rate } -> std::convertible_to<LearningRate>;
};

/// Any optimiser as a value.
class Optimizer {
 public:
  template <class O>
    requires(IsOptimizer<O> && !std::same_as<O, Optimizer>)
  Optimizer(O optimizer) : learning_rate_(optimizer.learning_rate), update_([optimizer](const OptimizerArgs& args) { return optimizer.update(args); }) {}

  const LearningRate& learning_rate() const { return learning_rate_; }
  Node update(const OptimizerArgs& args) const { return update_(args); }

 private:
  LearningRate learning_rate_;
  std::function<Node(const OptimizerArgs&)> update_;
};

}  // namespace loglik
