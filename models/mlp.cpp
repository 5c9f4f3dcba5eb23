#include "models/mlp.h"

#include "models/model_ends.h"
#include "ops/activations.h"
#include "ops/shape.h"

namespace loglik {

void mlp(Graph& graph, const DataInfo& data, const MlpOptions& options) {
  Node h = flatten(standardized_samples(graph, data));
  for (std::size_t i = 0; i < options.hidden.size(); ++i) {
    h = dense(
        h, {.units = options.hidden[i], .activation = relu, .weight_initializer = he_normal(), .name = "hidden_" + std::to_string(i + 1)});
  }
  add_dense_head(graph, data, options.head, h, {.name = "output"});
}

ZooEntry mlp_entry() {
  return {
      .name = "mlp",
      .description = "Multilayer perceptron 784-256-128-10",
      .head = "categorical",
      .builder = [](Graph& graph, const DataInfo& data, const ModelHead& head) { mlp(graph, data, {.head = head}); },
      .recipes = {{.data = "fashion_mnist",
                   .epochs = 5,
                   .batch_size = 64,
                   .optimizer = {.learning_rate = 1e-3, .schedule = "cosine"},
                   .mean = 0.889160,
                   .stddev = 0.001474,
                   .seeds = 5},
                  {.data = "fashion_mnist_2000",
                   .epochs = 10,
                   .batch_size = 64,
                   .optimizer = {.learning_rate = 1e-3, .schedule = "cosine"},
                   .mean = 0.836750,
                   .stddev = 0.010069}},
      .reference = "Rumelhart, Hinton & Williams 1986; data: Xiao, Rasul & Vollgraf 2017",
  };
}

}  // namespace loglik
