#include "models/autoencoder.h"

#include "framework/primitives.h"
#include "models/model_ends.h"
#include "ops/activations.h"
#include "ops/dropout.h"
#include "ops/shape.h"

namespace loglik {
namespace {

Recipe on_all(double mean, double stddev) {
  return {.data = "fashion_mnist",
          .epochs = 5,
          .batch_size = 64,
          .optimizer = {.learning_rate = 1e-3, .schedule = "cosine"},
          .metric = Metric::nll,
          .mean = mean,
          .stddev = stddev,
          .seeds = 5};
}

Recipe on_2000(std::string head, double mean, double stddev) {
  return {.data = "fashion_mnist_2000",
          .head = std::move(head),
          .epochs = 20,
          .batch_size = 64,
          .optimizer = {.learning_rate = 2e-3, .schedule = "cosine"},
          .metric = Metric::nll,
          .mean = mean,
          .stddev = stddev};
}

}  // namespace

void autoencoder(Graph& graph, const DataInfo& data, const AutoencoderOptions& options) {
  const auto hidden = [](Node h, std::int64_t units, const std::string& name) {
    return dense(h, {.units = units, .activation = relu, .weight_initializer = he_normal(), .name = name});
  };
  const Node x = samples(graph, data);
  // Of dropout only the mask is used: what is seen is seen as it is, and without training all of it.
  const Node seen = options.corruption == 0 ? x : where(dropout(x, options.corruption).output(1), x, 0.0);
  Node h = flatten(seen);
  const std::size_t layers = options.hidden.size();
  for (std::size_t i = 0; i < layers; ++i) h = hidden(h, options.hidden[i], "encoder_" + std::to_string(i + 1));
  h = dense(h, {.units = options.code, .name = "code"}).named("code");
  for (std::size_t i = 0; i < layers; ++i) h = hidden(h, options.hidden[layers - 1 - i], "decoder_" + std::to_string(i + 1));
  add_reconstruction_head(data, options.head, h, x);
}

std::vector<ZooEntry> autoencoder_entries() {
  return {
      {.name = "autoencoder",
       .description = "Autoencoder 784-128-32-128-784",
       .head = "bernoulli_soft_targets",
       .reconstructs = true,
       .builder = [](Graph& graph, const DataInfo& data, const ModelHead& head) { autoencoder(graph, data, {.head = head}); },
       .recipes = {on_all(218.313098, 0.128114), on_2000("", 229.924071, 0.426070), on_2000("gaussian", 728.844697, 0.157534)},
       .reference = "Hinton & Salakhutdinov 2006; data: Xiao, Rasul & Vollgraf 2017"},
      {.name = "denoising_autoencoder",
       .description = "Autoencoder 784-128-32-128-784 that sees 70 % of the pixels",
       .head = "bernoulli_soft_targets",
       .reconstructs = true,
       .builder = [](Graph& graph, const DataInfo& data, const ModelHead& head) { autoencoder(graph, data, {.head = head, .corruption = 0.3}); },
       .recipes = {on_all(260.782214, 0.462318), on_2000("", 262.917637, 0.891225), on_2000("gaussian", 740.250069, 0.378140)},
       .reference = "Vincent, Larochelle, Bengio & Manzagol 2008; data: Xiao, Rasul & Vollgraf 2017"},
  };
}

}  // namespace loglik
