#include "models/lenet5.h"

#include "models/model_ends.h"
#include "ops/activations.h"
#include "ops/conv2d.h"
#include "ops/pooling.h"
#include "ops/shape.h"

namespace loglik {

void lenet5(Graph& graph, const DataInfo& data, const LeNet5Options& options) {
  require_images(data, "lenet5");
  Node h = standardized_samples(graph, data);
  h = conv2d(h, {.filters = 6, .kernel = 5, .padding = 2, .activation = relu, .weight_initializer = he_normal(), .name = "conv_1"});
  h = max_pool2d(h);
  h = conv2d(h, {.filters = 16, .kernel = 5, .activation = relu, .weight_initializer = he_normal(), .name = "conv_2"});
  h = flatten(max_pool2d(h));
  h = dense(h, {.units = 120, .activation = relu, .weight_initializer = he_normal(), .name = "hidden_1"});
  h = dense(h, {.units = 84, .activation = relu, .weight_initializer = he_normal(), .name = "hidden_2"});
  add_dense_head(graph, data, options.head, h, {.weight_initializer = he_normal(), .name = "output"});
}

ZooEntry lenet5_entry() {
  return {
      .name = "lenet5",
      .description = "LeNet-5: two convolutions, three dense layers",
      .head = "categorical",
      .builder = [](Graph& graph, const DataInfo& data, const ModelHead& head) { lenet5(graph, data, {.head = head}); },
      .recipes = {{.data = "fashion_mnist",
                   .epochs = 5,
                   .batch_size = 64,
                   .optimizer = {.learning_rate = 2e-3, .schedule = "cosine"},
                   .mean = 0.901020,
                   .stddev = 0.004753,
                   .seeds = 5},
                  {.data = "fashion_mnist_2000",
                   .epochs = 10,
                   .batch_size = 64,
                   .optimizer = {.learning_rate = 2e-3, .schedule = "cosine"},
                   .mean = 0.833750,
                   .stddev = 0.013487}},
      .reference = "LeCun, Bottou, Bengio & Haffner 1998; data: Xiao, Rasul & Vollgraf 2017",
  };
}

}  // namespace loglik
