#include "models/zoo.h"

#include <fmt/format.h>

#include "framework/error.h"
#include "framework/optimizers/adam.h"
#include "framework/optimizers/sgd.h"
#include "framework/text.h"
#include "models/autoencoder.h"
#include "models/lenet5.h"
#include "models/linear_models.h"
#include "models/mixture_density_network.h"
#include "models/mlp.h"

namespace loglik {

const std::vector<ZooEntry>& zoo() {
  static const std::vector<ZooEntry> entries = [] {
    std::vector<ZooEntry> all = linear_model_entries();
    for (ZooEntry& entry : std::vector{mixture_density_network_entry(), mlp_entry(), lenet5_entry()}) all.push_back(std::move(entry));
    for (ZooEntry& entry : autoencoder_entries()) all.push_back(std::move(entry));
    return all;
  }();
  return entries;
}

const ZooEntry& find_model(std::string_view name) {
  std::vector<std::string> names;
  for (const ZooEntry& entry : zoo()) {
    if (entry.name == name) return entry;
    names.push_back(entry.name);
  }
  throw NameError(fmt::format("model \"{}\" is unknown{}", name, suggestion(name, names)));
}

Recipe ZooEntry::recipe_for(const std::string& wanted_data, const std::string& wanted_head) const {
  const std::string chosen_data = wanted_data.empty() ? recipes.front().data : wanted_data;
  const std::string chosen_head = wanted_head.empty() ? head : wanted_head;
  for (const Recipe& recipe : recipes) {
    if (recipe.data == chosen_data && (recipe.head.empty() ? head : recipe.head) == chosen_head) return recipe;
  }
  Recipe recipe = recipes.front();
  for (const Recipe& other : recipes) {
    if (other.data == chosen_data) recipe = other;
  }
  recipe.data = chosen_data;
  recipe.head = chosen_head;
  recipe.mean = recipe.stddev = 0;
  return recipe;
}

std::int64_t training_steps(const Recipe& recipe, std::int64_t samples) {
  if (recipe.batch_size < 1) throw ArgumentError(fmt::format("batch_size = {}, needs at least 1", recipe.batch_size));
  return recipe.epochs * ((samples + recipe.batch_size - 1) / recipe.batch_size);
}

LoadedData data_for(const ZooEntry& entry, LoadedData data) {
  if (!entry.reconstructs) return data;
  return {data.info, Dataset::from(data.train.column("x")), Dataset::from(data.test.column("x"))};
}

}  // namespace loglik
