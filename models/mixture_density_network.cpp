#include "models/mixture_density_network.h"

#include "models/model_ends.h"
#include "ops/activations.h"
#include "ops/shape.h"

namespace loglik {

void mixture_density_network(Graph& graph, const DataInfo& data, const MixtureDensityNetworkOptions& options) {
  const Node h = dense(flatten(standardized_samples(graph, data)), {.units = options.hidden, .activation = tanh, .name = "hidden"});
  add_dense_head(graph, data, options.head, h, {.name = "output"});
}

ZooEntry mixture_density_network_entry() {
  return {
      .name = "mixture_density_network",
      .description = "One hidden layer that ends in a mixture of Gaussians",
      .head = "gaussian_mixture",
      .builder = [](Graph& graph, const DataInfo& data, const ModelHead& head) { mixture_density_network(graph, data, {.head = head}); },
      .recipes = {{.data = "penguins_bill_depth",
                   .epochs = 100,
                   .batch_size = 32,
                   .optimizer = {.learning_rate = 0.01, .schedule = "cosine"},
                   .metric = Metric::nll,
                   .mean = 1.297024,
                   .stddev = 0.019552},
                  {.data = "penguins_bill_depth",
                   .head = "gaussian_predicted_scale",
                   .epochs = 100,
                   .batch_size = 32,
                   .optimizer = {.learning_rate = 0.01, .schedule = "cosine"},
                   .metric = Metric::nll,
                   .mean = 1.419892,
                   .stddev = 0.012194}},
      .reference = "Bishop 1994; data: Gorman, Williams & Fraser 2014",
  };
}

}  // namespace loglik
