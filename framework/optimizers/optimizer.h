#pragma once
#include <concepts>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "framework/graph.h"
#include "framework/optimizers/learning_rate.h"

namespace loglik {

/// What an optimiser's update is written in terms of. `parameter` and `gradient` are flat: all parameters of one dtype and group, one after the
/// other.
struct OptimizerArgs {
  Graph& graph;
  Node parameter;      ///< {n}, before the step
  Node gradient;       ///< {n}, of the mean loss a sample
  Node learning_rate;  ///< float64 scalar
  Node step;           ///< float64 scalar: 1 in the first step
  std::function<Variable(std::string_view)> slot;  ///< a Variable of the optimiser's own, zeros {n}; `graph.update` gives it its next value
  Node gradient_norm_squared = {};                 ///< float64 scalar: of all gradients together, as `gradient` has them
  std::vector<std::int64_t> sizes = {};            ///< elements of each tensor that `parameter` is made of, in its order
  std::optional<double> weight_decay = {};         ///< what the group of these parameters wants in place of the optimiser's

  /// A float64 scalar in the parameters' dtype.
  Node scalar(Node value) const;
};

/// 1 − βᵗ as a float64 scalar, from the float64 scalar t: by what a moving average that began at 0 falls short.
Node bias_correction(double beta, Node step);

/// What makes a struct an optimiser: a field `learning_rate` and a rule that builds the new parameters as graph. One with a field `weight_decay`
/// (or a method `bool has_weight_decay() const`) takes the decay of parameter groups: `args.weight_decay.value_or(weight_decay)`.
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
  Optimizer(O optimizer) : learning_rate_(optimizer.learning_rate), update_([optimizer](const OptimizerArgs& args) { return optimizer.update(args); }) {
    if constexpr (requires(const OptimizerArgs& args) { { optimizer.gradient(args) } -> std::convertible_to<Node>; })
      gradient_ = [optimizer](const OptimizerArgs& args) { return optimizer.gradient(args); };
    if constexpr (requires { { optimizer.has_weight_decay() } -> std::convertible_to<bool>; }) has_weight_decay_ = optimizer.has_weight_decay();
    else has_weight_decay_ = requires { optimizer.weight_decay; };
  }

  const LearningRate& learning_rate() const { return learning_rate_; }
  bool has_weight_decay() const { return has_weight_decay_; }  ///< does it heed OptimizerArgs::weight_decay
  /// What the optimiser makes of a gradient before the norm of all is taken; by an optional method `Node gradient(const OptimizerArgs&) const`.
  Node gradient(const OptimizerArgs& args) const { return gradient_ ? gradient_(args) : args.gradient; }
  Node update(const OptimizerArgs& args) const { return update_(args); }

 private:
  LearningRate learning_rate_;
  std::function<Node(const OptimizerArgs&)> update_, gradient_;
  bool has_weight_decay_ = false;
};

}  // namespace loglik
