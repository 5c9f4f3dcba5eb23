#pragma once
#include <string>
#include <vector>

#include "framework/fit.h"

namespace loglik {

/// Where a training run stands, beside what is in its State.
struct Checkpoint {
  FitPosition position;
  std::vector<std::string> history = {};  ///< lines that the run has told so far
};

/// Writes into a folder, which is made, all that training needs to go on: `checkpoint.json` and `state.safetensors`, every Variable of the State with those
/// of the optimiser, the steps done and the rate. Random bits and the order of samples follow from seed, step and epoch.
///
/// A checkpoint that was there is replaced whole or not at all, whenever the program or the machine stops. Throws DataError if it can't be written.
///
///     options.on_step = [&](const FitPosition& position) {
///       if (model.steps() % 1000 == 0) save_checkpoint(model, "run/checkpoint", {position});
///       return true;
///     };
void save_checkpoint(const Model& model, const std::string& folder, const Checkpoint& checkpoint);

/// Puts the State of a model that was built and compiled as the saved one, optimiser and seed too, to where it was, and returns what `fit` starts from.
/// Throws DataError, naming file and tensor, for files that are missing, damaged or of another model, optimiser or seed; the model is then as it was.
Checkpoint load_checkpoint(Model& model, const std::string& folder);

}  // namespace loglik
