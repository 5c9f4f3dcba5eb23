#include "models/train.h"

#include <algorithm>

#include "framework/tally.h"
#include "models/model_ends.h"
#include "ops/distributions/marginal.h"

namespace loglik {
namespace {

constexpr std::int64_t most_values = 1 << 23;

// What the head is of, as floats where it is the samples themselves.
Tensor targets_in(const Dataset& data, const DataInfo& info, bool reconstructs) {
  if (!reconstructs) return data.column("y");
  const Tensor& x = data.column("x");
  const std::int64_t width = count(info.sample), rows = data.size();
  const std::int64_t stride = std::max<std::int64_t>(1, rows * width / most_values), taken = (rows + stride - 1) / stride;
  Tensor values(DType::float32, {taken, width});
  const double scale = is_float(x.dtype()) ? 1 : 255;
  const auto to = values.mutable_values<float>();
  for (std::int64_t row = 0; row < taken; ++row)
    for (std::int64_t k = 0; k < width; ++k) to[static_cast<std::size_t>(row * width + k)] = static_cast<float>(x.at(row * stride * width + k) / scale);
  return values;
}

void set(const TensorMap& parameters, const std::string& name, std::span<const double> values) {
  if (!parameters.contains(name) || parameters[name].count() != std::ssize(values)) return;
  Tensor parameter = parameters[name];  // shares the model's elements
  for_float(parameter.dtype(), [&]<class T>() { std::ranges::transform(values, parameter.mutable_values<T>().begin(), [](double value) { return static_cast<T>(value); }); });
}

}  // namespace

std::optional<double> start_at_marginal(Model& model, const ZooEntry& entry, const std::string& family, const LoadedData& data) {
  check_dataset(model, data.train, 256, "training data");
  check_dataset(model, data.test, 256, "data to test on");
  const auto targets = [&](const Dataset& part) { return targets_in(part, data.info, entry.reconstructs); };
  const auto weights = [&](const Dataset& part) -> std::optional<Tensor> {
    for (const auto& [name, column] : part.columns())
      if (name == "weight" && !entry.reconstructs) return column;
    return std::nullopt;
  };
  const Marginal marginal = fit_marginal(family, targets_of(data.info, entry.reconstructs), targets(data.train), weights(data.train));
  const TensorMap parameters = model.parameters();
  set(parameters, "output/bias", marginal.raw());
  for (const auto& [name, value] : marginal.parameters()) set(parameters, name, value.values<double>());
  return marginal.is_maximum() ? std::optional(marginal.nll(targets(data.test), weights(data.test))) : std::nullopt;
}

Trained train(const ZooEntry& entry, const Recipe& recipe, const LoadedData& data, std::uint64_t seed) {
  Graph graph;
  entry.build(graph, data.info, recipe.head);
  const std::int64_t steps = training_steps(recipe, data.train.size());
  Model model = compile(graph, {.optimizer = make_optimizer(recipe.optimizer, steps), .seed = seed});
  const std::optional<double> marginal_nll = start_at_marginal(model, entry, recipe.head.empty() ? entry.head : recipe.head, data);
  History history = fit(model, data.train, {.epochs = recipe.epochs, .batch_size = recipe.batch_size});
  Evaluation test = evaluate(model, data.test, 256, marginal_nll);
  const double result = recipe.metric == Metric::accuracy ? test.accuracy.value_or(0) : test.nll;
  return {std::move(model), std::move(history), std::move(test), result};
}

}  // namespace loglik
