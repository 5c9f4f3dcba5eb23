#pragma once
#include <string>

#include "models/zoo.h"

namespace loglik {

struct SoftmaxRegressionOptions {
  std::string head = "categorical";
  /// Holds the first raw output at 0. Without it, adding a constant to all logits changes nothing, so that parameters are not unique.
  bool pin_first = false;
};

/// Softmax regression, multinomial logistic regression: P(y = k) ∝ exp(x·weight_k + bias_k).
///
/// Parameters "output/weight" {features, classes} and "output/bias" {classes}, one class fewer if the first is pinned; zeros at first.
/// Throws as raw_outputs (models/model_ends.h); ArgumentError if all raw outputs would be pinned.
/// Source: Cox 1966; McFadden 1974, "Conditional logit analysis of qualitative choice behavior".
void softmax_regression(Graph& graph, const DataInfo& data, const SoftmaxRegressionOptions& options = {});

ZooEntry softmax_regression_entry();

}  // namespace loglik
