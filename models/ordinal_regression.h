#pragma once
#include <string>

#include "models/zoo.h"

namespace loglik {

struct OrdinalRegressionOptions {
  std::string head = "ordinal";
};

/// Ordinal regression, proportional odds: P(y ≤ k) = S(θ_k − x·w) with cut points θ_0 < θ_1 < … that are trained.
///
/// For classes that have an order. A categorical head has as many weights a class, an ordinal one only in all: with few data that is told in
/// nats. Throws as raw_outputs (models/model_ends.h). Source: McCullagh 1980, "Regression models for ordinal data", doi:10.1111/j.2517-6161.1980.tb01109.x.
void ordinal_regression(Graph& graph, const DataInfo& data, const OrdinalRegressionOptions& options = {});

ZooEntry ordinal_regression_entry();

}  // namespace loglik
