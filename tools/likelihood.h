#pragma once
#include <optional>
#include <string>

#include "models/load_data.h"
#include "models/model_head.h"

namespace CLI {
class App;
}

namespace loglik {
class Graph;
}

namespace loglik::tools {

/// How a model is trained by likelihood, as the command line says it.
struct Likelihood {
  std::string score = "nll";              ///< "nll", "crps", "beta_nll", "beta_nll:0.5"
  std::optional<double> label_smoothing;  ///< ε
  bool natural_gradient = false;
  std::string prior;                      ///< of all weights: "gaussian:1", "laplace:0.1"; empty: none
  std::string class_weights;              ///< "balanced" or "1,2.5,1"; empty: none

  // Each throws UsageError for what is badly said, ArgumentError for a number that is out of range.
  ModelHead head(const std::string& family) const;
  void add_prior(Graph& graph) const;
  /// With a column of sample weights; "balanced" is by the labels to train on.
  LoadedData weigh(LoadedData data) const;
};

void add_options(CLI::App& command, Likelihood& likelihood);

}  // namespace loglik::tools
