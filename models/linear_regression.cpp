#include "models/linear_regression.h"

#include "models/model_ends.h"

namespace loglik {

void linear_regression(Graph& graph, const DataInfo& data, const LinearRegressionOptions& options) {
  add_linear_head(graph, data, options.head);
}

ZooEntry linear_regression_entry() {
  return {
      .name = "linear_regression",
      .description = "Gaussian with σ = 1 around a linear function: least squares",
      .head = "gaussian",
      .builder = [](Graph& graph, const DataInfo& data, const std::string& head) { linear_regression(graph, data, {.head = head}); },
      .recipes = {{.data = "penguins_body_mass",
                   .epochs = 60,
                   .batch_size = 32,
                   .learning_rate = 0.1,
                   .cosine = true,
                   .metric = Metric::nll,
                   .mean = 1.005392,
                   .stddev = 0.000253}},
      .reference = "Gauss 1809; data: Gorman, Williams & Fraser 2014",
  };
}

}  // namespace loglik
