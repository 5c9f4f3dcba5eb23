#include "models/train.h"

namespace loglik {

Trained train(const ZooEntry& entry, const Recipe& recipe, const LoadedData& data, std::uint64_t seed) {
  Graph graph;
  entry.build(graph, data.info, recipe.head);
  const std::int64_t steps = training_steps(recipe, data.train.size());
  Model model = compile(graph, {.optimizer = make_optimizer(recipe.optimizer, recipe.learning_rate, recipe.cosine, steps), .seed = seed});
  History history = fit(model, data.train, {.epochs = recipe.epochs, .batch_size = recipe.batch_size});
  Evaluation test = evaluate(model, data.test);
  const double result = recipe.metric == Metric::accuracy ? test.accuracy.value_or(0) : test.nll;
  return {std::move(model), std::move(history), std::move(test), result};
}

}  // namespace loglik
