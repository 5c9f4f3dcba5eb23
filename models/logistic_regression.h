#pragma once
#include <string>

#include "models/zoo.h"

namespace loglik {

struct LogisticRegressionOptions {
  std::string head = "bernoulli";
};

/// Logistic regression: P(y = 1) = sigmoid(x·weight + bias), parameters "output/weight" {features, 1} and "output/bias" {1}, zeros at
/// first.
///
/// Throws as raw_outputs (models/model_ends.h). Source: Cox 1958, "The regression analysis of binary sequences".
void logistic_regression(Graph& graph, const DataInfo& data, const LogisticRegressionOptions& options = {});

ZooEntry logistic_regression_entry();

}  // namespace loglik
