#pragma once
#include <string>

#include "models/zoo.h"

namespace loglik {

struct QuantileRegressionOptions {
  std::string head = "asymmetric_laplace:0.9";
};

/// Quantile regression: the level-τ quantile of y is linear in x, by an asymmetric Laplace head, whose NLL is the pinball loss and a constant
/// at a fixed scale; here the scale is predicted too, so that nats can be compared. The level is part of the head's name.
///
/// Parameters "output/weight" {features, 2} and "output/bias" {2}, the quantile's column first; zeros at first. Throws as raw_outputs
/// (models/model_ends.h). Source: Koenker & Bassett 1978, "Regression quantiles", doi:10.2307/1913643; Yu & Moyeed 2001.
void quantile_regression(Graph& graph, const DataInfo& data, const QuantileRegressionOptions& options = {});

ZooEntry quantile_regression_entry();

}  // namespace loglik
