#pragma once
#include <string>

#include "models/zoo.h"

namespace loglik {

struct LinearRegressionOptions {
  std::string head = "gaussian";  ///< σ = 1: least squares
};

/// Linear regression: y ~ N(x·weight + bias, 1), parameters "output/weight" {features, 1} and "output/bias" {1}, zeros at first.
///
/// Maximum likelihood is least squares. Throws as raw_outputs (models/model_ends.h).
/// Source: Gauss 1809, Theoria motus corporum coelestium, book 2, section 3.
void linear_regression(Graph& graph, const DataInfo& data, const LinearRegressionOptions& options = {});

ZooEntry linear_regression_entry();

}  // namespace loglik
