#include "models/poisson_regression.h"

#include "models/model_ends.h"

namespace loglik {

void poisson_regression(Graph& graph, const DataInfo& data, const PoissonRegressionOptions& options) {
  add_linear_head(graph, data, options.head);
}

ZooEntry poisson_regression_entry() {
  return {
      .name = "poisson_regression",
      .description = "Counts whose logarithmic rate is a linear function",
      .head = "poisson",
      .builder = [](Graph& graph, const DataInfo& data, const std::string& head) { poisson_regression(graph, data, {.head = head}); },
      .recipes = {{.data = "doctor_visits",
                   .epochs = 100,
                   .batch_size = 32,
                   .learning_rate = 0.05,
                   .cosine = true,
                   .metric = Metric::nll,
                   .mean = 3.232939,
                   .stddev = 0.001266}},
      .reference = "Nelder & Wedderburn 1972; data: Deb & Trivedi 2002",
  };
}

}  // namespace loglik
