#pragma once
#include <cstdint>
#include <optional>
#include <string>

#include "framework/evaluate.h"

namespace loglik {

/// One pass over the training data.
struct EpochRecord {
  std::int64_t epoch = 0;                     ///< from 1
  std::int64_t steps = 0;                     ///< in it
  Evaluation train;                           ///< of each sample before the step that it took part in: parameters change meanwhile
  std::optional<Evaluation> validation = {};  ///< at its end
  double seconds = 0;                         ///< validation included
  double samples_per_second = 0;              ///< of training alone
};

/// Where training stands.
struct Progress {
  std::int64_t epoch = 0, epochs = 0;        ///< the epoch it is in, from 1; the last
  std::int64_t samples = 0, of_samples = 0;  ///< seen in this epoch, of how many
  double nll = 0;                            ///< of the epoch so far: Σ w·nll / Σ w, in nats
  std::optional<double> accuracy = {};       ///< of the epoch so far, in [0, 1]
  double samples_per_second = 0;             ///< of the epoch so far
  double seconds_left = 0;                   ///< to the end of the last epoch, at the pace so far
  const EpochRecord* finished = nullptr;     ///< the epoch, if it has just ended
};

/// One line of at most 80 columns:
///
///     epoch 1/5   25,600/60,000   0.5324 nats   81.2 %   52,300 samples/s   0:04 left
///     epoch 1/5  train 0.4523  valid 0.3871, skill 1.9155 nats  86.1 %  52,300/s
///
/// The second form for an epoch that has ended, with its seconds where they fit; its skill and percentage are those of validation, where
/// there is any.
std::string progress_line(const Progress& progress);

}  // namespace loglik
