#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "framework/dataset.h"
#include "framework/model.h"

namespace loglik {

/// What a head makes of a data set.
struct HeadScore {
  std::string head;
  double nll = 0;                       ///< Σ w·nll / Σ w over all samples, in nats; 0 if nothing has weight
  double weight = 0;                    ///< Σ w
  std::optional<double> score = {};     ///< Σ w·score / Σ w of a head that is trained by a score
  std::optional<double> accuracy = {};  ///< Σ w·[mode = y] / Σ w, in [0, 1]; for discrete targets
};

/// What a model makes of a data set: sums over its samples, the same however it is cut into batches (save for rounding).
struct Evaluation {
  double nll = 0;                       ///< of all heads together, in nats a sample
  double loss = 0;                      ///< the objective: the heads' nll, or scores in its place, and the terms
  std::optional<double> accuracy = {};  ///< of the first head that has one
  /// By how many nats a sample `nll` is below that of the best prediction without features, where that is known: what the features told.
  std::optional<double> skill = {};
  std::vector<HeadScore> heads = {};
  std::vector<std::pair<std::string, double>> terms = {};  ///< by name; averaged over batches by the first head's weight
};

/// Runs the evaluation program over a data set. `marginal_nll`, for the skill: what the marginal fit of the targets to train on
/// (ops/distributions/marginal.h) makes of these. Throws ArgumentError if it is empty or a weight is negative or not finite, SupportError for
/// a target outside its support, with its row, and what Session::step throws.
Evaluation evaluate(const Model& model, const Dataset& data, std::int64_t batch_size = 256, std::optional<double> marginal_nll = {});

}  // namespace loglik
