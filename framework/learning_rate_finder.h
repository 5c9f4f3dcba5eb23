#pragma once
#include <cstdint>
#include <optional>
#include <vector>

#include "framework/dataset.h"
#include "framework/model.h"

namespace loglik {

struct LearningRateSearch {
  double from = 1e-7, to = 10;        ///< rates, rising by the same factor from step to step
  std::int64_t steps = 100;           ///< at most: the search ends early where the loss is 4 times the least, or not finite
  std::int64_t batch_size = 64;
  double smoothing = 0.9;             ///< of the losses, in [0, 1): an exponential moving average without its bias
};

struct LearningRateCurve {
  struct Point {
    double learning_rate;
    double loss;      ///< of the step, in nats
    double smoothed;
  };
  std::vector<Point> points;
  /// Where the smoothed loss falls fastest by log rate; absent if it never falls.
  std::optional<double> suggestion;
};

/// Trains a model with rates that rise exponentially and tells how the loss goes; then puts the model back into the state it was in, bit for bit.
///
/// Throws ArgumentError unless 0 < from < to, steps ≥ 2, batch_size ≥ 1 and smoothing in [0, 1), or for empty data; and what Session::step throws,
/// but for NumericError, which ends the search. The model is put back in any case.
/// Source: Smith 2017, "Cyclical learning rates", section 3.3, arXiv:1506.01186.
LearningRateCurve find_learning_rate(Model& model, const Dataset& data, const LearningRateSearch& search = {});

}  // namespace loglik
