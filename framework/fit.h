#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "framework/dataset.h"
#include "framework/evaluate.h"
#include "framework/model.h"
#include "framework/progress.h"

namespace loglik {

class Profile;

/// Where in its epochs training stands: with the State, all that it takes to go on.
struct FitPosition {
  std::int64_t epoch = 1;         ///< it is in
  std::int64_t batch = 0;         ///< the next one of that epoch
  std::vector<double> sums = {};  ///< what the epoch's steps added up so far; empty: nothing
};

struct FitOptions {
  std::int64_t epochs = 10;
  std::int64_t batch_size = 64;
  std::optional<Dataset> validation = {};  ///< evaluated after each epoch
  std::optional<double> marginal_nll = {};  ///< of the validation targets: their skill is reported; see evaluate
  bool shuffle = true;                     ///< each epoch in an order of its own; see Batches::shuffle
  std::optional<std::uint64_t> seed = {};  ///< of that order; absent: the model's
  std::int64_t first_epoch = 1;            ///< its number: a run in two parts goes on counting, and ends with the bits of a run in one
  /// Goes on from where another call was, with these same options, as `on_step` told it: the State ends with the bits of a run never stopped.
  std::optional<FitPosition> start = {};
  /// Called after each step with where training then stands; `fit` ends if it returns false.
  std::function<bool(const FitPosition&)> on_step = {};
  std::function<void(const Progress&)> progress = {};  ///< called at most every `progress_seconds`, and when an epoch has ended
  double progress_seconds = 0.1;
  std::function<void(const EpochRecord&)> on_epoch = {};  ///< called when an epoch has ended
  std::shared_ptr<Profile> profile = {};                  ///< measures the training steps; see framework/profile.h
};

/// How training went.
struct History {
  std::vector<EpochRecord> epochs;
  std::int64_t steps = 0;
  double median_step_us = 0;  ///< of one training step, the gathering of its rows included; of the last 65,536 steps
  bool stopped = false;       ///< by on_step, before its last epoch had ended
  std::size_t arena_bytes = 0;  ///< the memory of a training step: everything but parameters and optimiser state
};

/// Trains a model on a data set.
///
/// Targets and weights of both data sets are checked before anything is trained, with their rows. Each epoch takes the rows in an order
/// that depends on seed and epoch only; the last batch may be smaller. The library prints nothing: pass a callback for progress. Throws
/// ArgumentError for a negative number of epochs, a start that is not in these epochs, a batch_size below 1, data that are empty or a weight that is negative or not finite;
/// SupportError for a target outside its distribution's support; and what Session::step throws.
History fit(Model& model, const Dataset& train, const FitOptions& options = {});

}  // namespace loglik
