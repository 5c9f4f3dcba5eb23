#include "models/heteroscedastic_regression.h"

#include "models/model_ends.h"

namespace loglik {

void heteroscedastic_regression(Graph& graph, const DataInfo& data, const HeteroscedasticRegressionOptions& options) {
  add_linear_head(graph, data, options.head);
}

ZooEntry heteroscedastic_regression_entry() {
  return {
      .name = "heteroscedastic_regression",
      .description = "Gaussian around a linear function, whose spread is a function of the features too",
      .head = "gaussian_predicted_scale",
      .builder = [](Graph& graph, const DataInfo& data, const std::string& head) { heteroscedastic_regression(graph, data, {.head = head}); },
      .recipes = {{.data = "engel",
                   .epochs = 100,
                   .batch_size = 32,
                   .learning_rate = 0.05,
                   .cosine = true,
                   .metric = Metric::nll,
                   .mean = 1.061705,
                   .stddev = 0.000861},
                  {.data = "engel",
                   .head = "gaussian_learned_scale",
                   .epochs = 100,
                   .batch_size = 32,
                   .learning_rate = 0.05,
                   .cosine = true,
                   .metric = Metric::nll,
                   .mean = 1.298769,
                   .stddev = 0.000885}},
      .reference = "Nix & Weigend 1994; data: Engel 1857",
  };
}

}  // namespace loglik
