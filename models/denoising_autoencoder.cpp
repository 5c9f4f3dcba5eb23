#include "models/denoising_autoencoder.h"

#include "framework/primitives.h"
#include "models/model_ends.h"
#include "ops/dropout.h"

namespace loglik {

void denoising_autoencoder(Graph& graph, const DataInfo& data, const DenoisingAutoencoderOptions& options) {
  const Node x = samples(graph, data);
  // Of dropout only the mask is used: what is seen is seen as it is, and without training all of it.
  const Node seen = options.corruption == 0 ? x : where(dropout(x, options.corruption).output(1), x, 0.0);
  autoencode(seen, x, data, options.autoencoder);
}

ZooEntry denoising_autoencoder_entry() {
  return {
      .name = "denoising_autoencoder",
      .description = "Autoencoder 784-128-32-128-784 that sees 70 % of the pixels",
      .head = "bernoulli_soft_targets",
      .reconstructs = true,
      .builder = [](Graph& graph, const DataInfo& data,
                    const std::string& head) { denoising_autoencoder(graph, data, {.autoencoder = {.head = head}}); },
      .recipes = {{.data = "fashion_mnist", .epochs = 5, .batch_size = 64, .learning_rate = 1e-3, .cosine = true, .metric = Metric::nll},
                  {.data = "fashion_mnist_2000",
                   .epochs = 20,
                   .batch_size = 64,
                   .learning_rate = 2e-3,
                   .cosine = true,
                   .metric = Metric::nll,
                   .mean = 262.917637,
                   .stddev = 0.891225},
                  {.data = "fashion_mnist_2000",
                   .head = "gaussian",
                   .epochs = 20,
                   .batch_size = 64,
                   .learning_rate = 2e-3,
                   .cosine = true,
                   .metric = Metric::nll,
                   .mean = 740.250069,
                   .stddev = 0.378140}},
      .reference = "Vincent, Larochelle, Bengio & Manzagol 2008; data: Xiao, Rasul & Vollgraf 2017",
  };
}

}  // namespace loglik
