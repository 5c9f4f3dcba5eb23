#pragma once
#include "framework/distribution.h"
#include "framework/graph.h"

namespace loglik::numerical {

/// The log density of a distribution as a function of float64, whatever the dtype of its parameters.
///
/// Where they are float32 the nodes that log_prob makes are made a second time in float64, so that points between two float32 numbers and
/// densities below 1e-38 exist: what remains of float32 is the rounding of parameters and of the numbers in log_prob.
class LogDensity {
 public:
  /// Throws ArgumentError for a distribution of rows (event_rank above 0).
  explicit LogDensity(const Distribution& distribution);

  Node operator()(Node y) const;  ///< y float64, with leading axes of its own before the distribution's shape

  const Distribution& distribution() const { return distribution_; }
  Graph& graph() const { return *graph_; }
  const TensorType& type() const { return type_; }  ///< of the answers

 private:
  Distribution distribution_;
  Graph* graph_;
  TensorType type_;
  DType y_dtype_;
};

}  // namespace loglik::numerical
