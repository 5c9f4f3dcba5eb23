#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "framework/model.h"
#include "models/zoo.h"
#include "tools/likelihood.h"

namespace CLI {
class App;
}

namespace loglik::tools {

/// What `train` and `describe` have in common: which model, on which data, with which head and optimiser.
struct Setting {
  std::string model;
  std::optional<std::string> data, head, optimizer, schedule;
  std::optional<std::int64_t> epochs, batch_size, warmup;
  std::optional<double> learning_rate, weight_decay, clip_norm;
  std::uint64_t seed = 0;
  bool patterns = true, fusion = true;  ///< see CompileOptions
  Likelihood likelihood;
};

void add_options(CLI::App& command, Setting& setting);

/// A model that is ready to be trained, and what it is trained on.
struct Prepared {
  const ZooEntry* entry;
  Recipe recipe;
  LoadedData data;
  std::unique_ptr<Graph> graph;
  Model model;
};

/// Reads the data, builds and compiles. Throws UsageError for a name that is unknown for a head that does not fit the model's targets,
/// or for one that can't be trained as wanted.
Prepared prepare(const Setting& setting);

}  // namespace loglik::tools
