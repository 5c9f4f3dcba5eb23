#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "framework/optimizers/optimizer.h"

namespace loglik {

/// An optimiser by name, for command lines and files.
struct OptimizerChoice {
  std::string name = "adam";           ///< of optimizer_names()
  double learning_rate = 1e-3;         ///< the schedule's highest
  std::string schedule = "constant";   ///< of schedule_names(): how the rate goes over `steps` steps
  std::int64_t warmup = 0;             ///< steps in which the rate rises from 0 first
  std::optional<double> weight_decay = {};  ///< decoupled; absent: the optimiser's own
  std::optional<double> clip_norm = {};     ///< see clip_by_norm
};

/// For a run of so many steps. Throws NameError for an unknown name, with the nearest; ArgumentError for a number out of range.
Optimizer make_optimizer(const OptimizerChoice& choice, std::int64_t steps);

std::vector<std::string> optimizer_names();  ///< "adam", "sgd" (with momentum 0.9), …
std::vector<std::string> schedule_names();   ///< "constant", "cosine" and "linear" (to 0), "one_cycle", "step" (a tenth after each third)

}  // namespace loglik
