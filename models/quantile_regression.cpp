#include "models/quantile_regression.h"

#include "models/model_ends.h"

namespace loglik {

void quantile_regression(Graph& graph, const DataInfo& data, const QuantileRegressionOptions& options) {
  add_linear_head(graph, data, options.head);
}

ZooEntry quantile_regression_entry() {
  return {
      .name = "quantile_regression",
      .description = "The 90 % quantile as a linear function, by an asymmetric Laplace",
      .head = "asymmetric_laplace:0.9",
      .builder = [](Graph& graph, const DataInfo& data, const std::string& head) { quantile_regression(graph, data, {.head = head}); },
      .recipes = {{.data = "engel",
                   .epochs = 100,
                   .batch_size = 32,
                   .learning_rate = 0.05,
                   .cosine = true,
                   .metric = Metric::nll,
                   .mean = 1.240177,
                   .stddev = 0.001582},
                  {.data = "engel",
                   .head = "asymmetric_laplace:0.5",
                   .epochs = 100,
                   .batch_size = 32,
                   .learning_rate = 0.05,
                   .cosine = true,
                   .metric = Metric::nll,
                   .mean = 1.094813,
                   .stddev = 0.001249}},
      .reference = "Koenker & Bassett 1978; data: Engel 1857",
  };
}

}  // namespace loglik
