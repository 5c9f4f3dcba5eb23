#include "models/ordinal_regression.h"

#include "models/model_ends.h"

namespace loglik {

void ordinal_regression(Graph& graph, const DataInfo& data, const OrdinalRegressionOptions& options) {
  add_linear_head(graph, data, options.head);
}

ZooEntry ordinal_regression_entry() {
  return {
      .name = "ordinal_regression",
      .description = "Classes in order, by one linear function and cut points",
      .head = "ordinal",
      .builder = [](Graph& graph, const DataInfo& data, const std::string& head) { ordinal_regression(graph, data, {.head = head}); },
      .recipes = {{.data = "party",
                   .epochs = 100,
                   .batch_size = 32,
                   .learning_rate = 0.05,
                   .cosine = true,
                   .metric = Metric::nll,
                   .mean = 1.862736,
                   .stddev = 0.000195},
                  {.data = "party",
                   .head = "categorical",
                   .epochs = 100,
                   .batch_size = 32,
                   .learning_rate = 0.05,
                   .cosine = true,
                   .metric = Metric::nll,
                   .mean = 1.877852,
                   .stddev = 0.000451}},
      .reference = "McCullagh 1980; data: American National Election Studies 1996",
  };
}

}  // namespace loglik
