#include "models/autoencoder.h"

#include "models/model_ends.h"
#include "ops/activations.h"
#include "ops/shape.h"

namespace loglik {

void autoencode(Node seen, Node target, const DataInfo& data, const AutoencoderOptions& options) {
  const auto hidden = [](Node h, std::int64_t units, const std::string& name) {
    return dense(h, {.units = units, .activation = relu, .weight_initializer = he_normal(), .name = name});
  };
  Node h = flatten(seen);
  const std::size_t layers = options.hidden.size();
  for (std::size_t i = 0; i < layers; ++i) h = hidden(h, options.hidden[i], "encoder_" + std::to_string(i + 1));
  h = dense(h, {.units = options.code, .name = "code"}).named("code");
  for (std::size_t i = 0; i < layers; ++i) h = hidden(h, options.hidden[layers - 1 - i], "decoder_" + std::to_string(i + 1));
  add_reconstruction_head(data, options.head, h, target);
}

void autoencoder(Graph& graph, const DataInfo& data, const AutoencoderOptions& options) {
  const Node x = samples(graph, data);
  autoencode(x, x, data, options);
}

ZooEntry autoencoder_entry() {
  return {
      .name = "autoencoder",
      .description = "Autoencoder 784-128-32-128-784",
      .head = "bernoulli_soft_targets",
      .reconstructs = true,
      .builder = [](Graph& graph, const DataInfo& data, const std::string& head) { autoencoder(graph, data, {.head = head}); },
      .recipes = {{.data = "fashion_mnist", .epochs = 5, .batch_size = 64, .learning_rate = 1e-3, .cosine = true, .metric = Metric::nll},
                  {.data = "fashion_mnist_2000",
                   .epochs = 20,
                   .batch_size = 64,
                   .learning_rate = 2e-3,
                   .cosine = true,
                   .metric = Metric::nll,
                   .mean = 229.924071,
                   .stddev = 0.426070},
                  {.data = "fashion_mnist_2000",
                   .head = "gaussian",
                   .epochs = 20,
                   .batch_size = 64,
                   .learning_rate = 2e-3,
                   .cosine = true,
                   .metric = Metric::nll,
                   .mean = 728.844697,
                   .stddev = 0.157534}},
      .reference = "Hinton & Salakhutdinov 2006; data: Xiao, Rasul & Vollgraf 2017",
  };
}

}  // namespace loglik
