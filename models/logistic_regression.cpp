#include "models/logistic_regression.h"

#include "models/model_ends.h"

namespace loglik {

void logistic_regression(Graph& graph, const DataInfo& data, const LogisticRegressionOptions& options) {
  add_linear_head(graph, data, options.head);
}

ZooEntry logistic_regression_entry() {
  return {
      .name = "logistic_regression",
      .description = "Bernoulli whose logit is a linear function",
      .head = "bernoulli",
      .builder = [](Graph& graph, const DataInfo& data, const std::string& head) { logistic_regression(graph, data, {.head = head}); },
      .recipes = {{.data = "penguins_sex",
                   .epochs = 100,
                   .batch_size = 32,
                   .learning_rate = 0.1,
                   .cosine = true,
                   .metric = Metric::nll,
                   .mean = 0.230857,
                   .stddev = 0.001875}},
      .reference = "Cox 1958; data: Gorman, Williams & Fraser 2014",
  };
}

}  // namespace loglik
