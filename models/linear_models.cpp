#include "models/linear_models.h"

#include <fmt/format.h>

#include "framework/error.h"
#include "framework/primitives.h"
#include "models/model_ends.h"
#include "ops/concat.h"
#include "ops/shape.h"

namespace loglik {
namespace {

// On a table, to the last digits of the maximum of the likelihood. `mean` and `stddev` are nats, from record_seeds.
Recipe on_table(std::string data, std::string head, double mean, double stddev) {
  return {.data = std::move(data),
          .head = std::move(head),
          .epochs = 100,
          .batch_size = 32,
          .optimizer = {.learning_rate = 0.05, .schedule = "cosine"},
          .metric = Metric::nll,
          .mean = mean,
          .stddev = stddev};
}

Recipe faster(Recipe recipe) {
  recipe.optimizer.learning_rate = 0.1;
  return recipe;
}

ZooEntry entry(std::string name, std::string description, std::string head, std::vector<Recipe> recipes, std::string reference) {
  return {.name = std::move(name),
          .description = std::move(description),
          .head = std::move(head),
          .builder = [](Graph& graph, const DataInfo& data, const ModelHead& chosen) { linear_model(graph, data, {.head = chosen}); },
          .recipes = std::move(recipes),
          .reference = std::move(reference)};
}

}  // namespace

void linear_model(Graph& graph, const DataInfo& data, const LinearModelOptions& options) {
  const Node x = flatten(standardized_samples(graph, data));
  const std::int64_t outputs = raw_outputs(data, options.head.family);
  const std::int64_t free = options.pin_first ? outputs - 1 : outputs;
  if (free < 1) throw ArgumentError(fmt::format("linear_model: head \"{}\" has one raw output, which pin_first would hold at 0", options.head.family));
  Node raw = dense(x, {.units = free, .weight_initializer = {}, .name = "output"});
  if (options.pin_first) raw = concat({broadcast_to(graph.constant(0.0, raw.dtype()), {batch, 1}), raw}, -1);
  add_head(graph, data, options.head, raw);
}

std::vector<ZooEntry> linear_model_entries() {
  Recipe mass = faster(on_table("penguins_body_mass", "", 1.005392, 0.000253));
  mass.epochs = 60;
  const std::vector<Recipe> softmax{
      {.data = "fashion_mnist", .epochs = 5, .optimizer = {.learning_rate = 1e-3, .schedule = "cosine"}, .mean = 0.844740, .stddev = 0.000568, .seeds = 5},
      {.data = "fashion_mnist_2000", .epochs = 20, .optimizer = {.learning_rate = 1e-3, .schedule = "cosine"}, .mean = 0.823500, .stddev = 0.002856},
      faster(on_table("penguins_island", "", 0.555723, 0.000933))};
  const auto poisson = [](std::string head) { return on_table("doctor_visits", std::move(head), 3.232939, 0.001266); };
  return {
      entry("linear_regression", "Gaussian with σ = 1 around a linear function: least squares", "gaussian", {mass},
            "Gauss 1809; data: Gorman, Williams & Fraser 2014"),
      entry("logistic_regression", "Bernoulli whose logit is a linear function", "bernoulli", {faster(on_table("penguins_sex", "", 0.230857, 0.001875))},
            "Cox 1958; data: Gorman, Williams & Fraser 2014"),
      entry("softmax_regression", "Categorical whose logits are linear functions", "categorical", softmax, "Cox 1966; data: Xiao, Rasul & Vollgraf 2017"),
      entry("heteroscedastic_regression", "Gaussian around a linear function, whose spread is a function of the features too", "gaussian_predicted_scale",
            {on_table("engel", "", 1.061705, 0.000861), on_table("engel", "gaussian_learned_scale", 1.298769, 0.000885)},
            "Nix & Weigend 1994; data: Engel 1857"),
      entry("quantile_regression", "The 90 % quantile as a linear function, by an asymmetric Laplace", "asymmetric_laplace:0.9",
            {on_table("engel", "", 1.240177, 0.001582), on_table("engel", "asymmetric_laplace:0.5", 1.094813, 0.001249)},
            "Koenker & Bassett 1978; data: Engel 1857"),
      entry("poisson_regression", "Counts whose logarithmic rate is a linear function", "poisson", {poisson("")},
            "Nelder & Wedderburn 1972; data: Deb & Trivedi 2002"),
      entry("negative_binomial_regression", "Counts that spread wider than Poisson counts", "negative_binomial",
            {on_table("doctor_visits", "", 2.182803, 0.000332), poisson("poisson")}, "Lawless 1987; data: Deb & Trivedi 2002"),
      entry("ordinal_regression", "Classes in order, by one linear function and cut points", "ordinal",
            {on_table("party", "", 1.862736, 0.000195), on_table("party", "categorical", 1.877852, 0.000451)},
            "McCullagh 1980; data: American National Election Studies 1996"),
  };
}

}  // namespace loglik
