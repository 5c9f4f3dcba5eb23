#pragma once
#include <cstdint>
#include <numbers>
#include <optional>
#include <string>
#include <vector>

#include "framework/class_metrics.h"
#include "framework/dataset.h"
#include "framework/model.h"
#include "framework/number_metrics.h"

namespace loglik {

/// What a head's predictions of a data set are worth. What is there depends on the head's answers:
///
///     classes      for targets that are labels: a distribution of integers with `probabilities`, or one of {0, 1} with a mean
///     numbers      for others whose mean or median has the target's shape
///     calibration  for others with a cdf
struct HeadMetrics {
  std::string head;
  double nll = 0;     ///< Σ w·nll / Σ w, in nats a sample
  double weight = 0;  ///< Σ w
  std::optional<ClassMetrics> classes = {};
  std::optional<NumberMetrics> numbers = {};
  std::optional<Calibration> calibration = {};

  double bits() const { return nll / std::numbers::ln2; }  ///< the same in bits a sample
};

/// Measures each head of a model, in their order, by a program of its own that is compiled for it. Samples of weight 0, or masked, count
/// nothing, whatever their target.
///
/// Takes 8·(K + 2) bytes a sample for heads of K classes. Throws as `evaluate` does.
std::vector<HeadMetrics> measure(const Model& model, const Dataset& data, std::int64_t batch_size = 256);

}  // namespace loglik
