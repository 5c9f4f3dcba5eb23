#include "models/softmax_regression.h"

#include <fmt/format.h>

#include "framework/error.h"
#include "framework/primitives.h"
#include "models/model_ends.h"
#include "ops/concat.h"
#include "ops/shape.h"

namespace loglik {

void softmax_regression(Graph& graph, const DataInfo& data, const SoftmaxRegressionOptions& options) {
  const Node x = flatten(standardized_samples(graph, data));
  const std::int64_t outputs = raw_outputs(data, options.head);
  const std::int64_t free = options.pin_first ? outputs - 1 : outputs;
  if (free < 1)
    throw ArgumentError(fmt::format("softmax_regression: head \"{}\" has one raw output, which pin_first would hold at 0", options.head));
  Node raw = dense(x, {.units = free, .weight_initializer = {}, .name = "output"});
  if (options.pin_first) raw = concat({broadcast_to(graph.constant(0.0, raw.dtype()), {batch, 1}), raw}, -1);
  add_head(graph, data, options.head, raw);
}

ZooEntry softmax_regression_entry() {
  return {
      .name = "softmax_regression",
      .description = "Categorical whose logits are linear functions",
      .head = "categorical",
      .builder = [](Graph& graph, const DataInfo& data, const std::string& head) { softmax_regression(graph, data, {.head = head}); },
      .recipes = {{.data = "fashion_mnist",
                   .epochs = 5,
                   .batch_size = 64,
                   .learning_rate = 1e-3,
                   .cosine = true,
                   .mean = 0.844740,
                   .stddev = 0.000568,
                   .seeds = 5},
                  {.data = "fashion_mnist_2000",
                   .epochs = 20,
                   .batch_size = 64,
                   .learning_rate = 1e-3,
                   .cosine = true,
                   .mean = 0.823500,
                   .stddev = 0.002856},
                  {.data = "penguins_island",
                   .epochs = 100,
                   .batch_size = 32,
                   .learning_rate = 0.1,
                   .cosine = true,
                   .metric = Metric::nll,
                   .mean = 0.555723,
                   .stddev = 0.000933}},
      .reference = "Cox 1966; data: Xiao, Rasul & Vollgraf 2017",
  };
}

}  // namespace loglik
