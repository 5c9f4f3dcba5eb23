#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "framework/graph.h"
#include "framework/optimizers/named.h"
#include "models/load_data.h"
#include "models/model_head.h"

namespace loglik {

/// What a result is measured by, on the data to test on.
enum class Metric { accuracy, nll };

/// How a model of the zoo is trained on one data set, and what it then reaches.
struct Recipe {
  std::string data;       ///< a name that load_data knows
  std::string head = "";  ///< family of the head; empty: the model's own
  std::int64_t epochs = 5;
  std::int64_t batch_size = 64;
  OptimizerChoice optimizer = {};

  Metric metric = Metric::accuracy;  ///< the accuracy in [0, 1], or nats a sample
  double mean = 0;                   ///< over seeds 1, 2, …, as tools/benchmarks/record_seeds prints it; 0: not recorded
  double stddev = 0;                 ///< of one run, over the same seeds
  int seeds = 20;                    ///< how many there were

  /// What one run must reach: mean − 4·stddev for an accuracy, mean + 4·stddev for nats.
  double threshold() const { return metric == Metric::accuracy ? mean - 4 * stddev : mean + 4 * stddev; }
  bool reached_by(double result) const { return metric == Metric::accuracy ? result >= threshold() : result <= threshold(); }
};

/// A model of the zoo.
struct ZooEntry {
  std::string name;
  std::string description;
  std::string head;           ///< its family, unless another is chosen
  bool reconstructs = false;  ///< the target is the sample itself: labels are not used
  void (*builder)(Graph& graph, const DataInfo& data, const ModelHead& head);
  std::vector<Recipe> recipes;  ///< the first is the default
  std::string reference;

  /// Adds the model to a graph, for samples such as `data` describes, ending in a head of that family (empty: its own). Throws NameError
  /// for an unknown family, ArgumentError for one that can't take the targets, or samples that the model can't take.
  void build(Graph& graph, const DataInfo& data, ModelHead chosen = {}) const {
    if (chosen.family.empty()) chosen.family = head;
    builder(graph, data, chosen);
  }

  /// The recipe for this data set and head (empty: the default's, its own), else the first one with both put in their place.
  Recipe recipe_for(const std::string& data, const std::string& head = "") const;
};

/// All models, simplest first.
const std::vector<ZooEntry>& zoo();

/// Throws NameError with the nearest name.
const ZooEntry& find_model(std::string_view name);

/// Training steps of a recipe on so many samples: ⌈samples/batch_size⌉ an epoch. Throws ArgumentError for a batch size below 1.
std::int64_t training_steps(const Recipe& recipe, std::int64_t samples);

/// The data as the model takes them: without the labels if it reconstructs.
LoadedData data_for(const ZooEntry& entry, LoadedData data);

}  // namespace loglik
