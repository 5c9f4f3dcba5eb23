#include "models/negative_binomial_regression.h"

#include "models/model_ends.h"

namespace loglik {

void negative_binomial_regression(Graph& graph, const DataInfo& data, const NegativeBinomialRegressionOptions& options) {
  add_linear_head(graph, data, options.head);
}

ZooEntry negative_binomial_regression_entry() {
  return {
      .name = "negative_binomial_regression",
      .description = "Counts that spread wider than Poisson counts",
      .head = "negative_binomial",
      .builder = [](Graph& graph, const DataInfo& data, const std::string& head) { negative_binomial_regression(graph, data, {.head = head}); },
      .recipes = {{.data = "doctor_visits",
                   .epochs = 100,
                   .batch_size = 32,
                   .learning_rate = 0.05,
                   .cosine = true,
                   .metric = Metric::nll,
                   .mean = 2.182803,
                   .stddev = 0.000332},
                  {.data = "doctor_visits",
                   .head = "poisson",
                   .epochs = 100,
                   .batch_size = 32,
                   .learning_rate = 0.05,
                   .cosine = true,
                   .metric = Metric::nll,
                   .mean = 3.232939,
                   .stddev = 0.001266}},
      .reference = "Lawless 1987; data: Deb & Trivedi 2002",
  };
}

}  // namespace loglik
