#pragma once
#include <optional>
#include <string>

namespace loglik {

/// Parameters that are trained in a way of their own: those whose names match a pattern, in which * stands for any characters, / too, and ? for
/// any one. Of several groups that match a name the first counts.
///
///     compile(graph, {.optimizer = AdamW{}, .parameter_groups = {{.parameters = "*bias", .weight_decay = 0},
///                                                                {.parameters = "encoder/*", .frozen = true}}});
struct ParameterGroup {
  std::string parameters;                      ///< "encoder/*"
  double learning_rate_factor = 1;             ///< times the optimiser's rate
  std::optional<double> weight_decay = {};     ///< in place of the optimiser's
  bool frozen = false;                         ///< not trained at all: no gradient, no state
};

}  // namespace loglik
