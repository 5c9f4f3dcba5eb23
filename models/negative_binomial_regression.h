#pragma once
#include <string>

#include "models/zoo.h"

namespace loglik {

struct NegativeBinomialRegressionOptions {
  std::string head = "negative_binomial";
};

/// Negative binomial regression: counts of mean μ and variance μ + μ²/r, log μ and log r linear in x.
///
/// Parameters "output/weight" {features, 2} and "output/bias" {2}, the mean's column first; zeros at first. Poisson regression is r = ∞: what
/// the wider spread gains is told in nats on held-out data. Throws as raw_outputs (models/model_ends.h).
/// Source: Lawless 1987, "Negative binomial and mixed Poisson regression", doi:10.2307/3314912.
void negative_binomial_regression(Graph& graph, const DataInfo& data, const NegativeBinomialRegressionOptions& options = {});

ZooEntry negative_binomial_regression_entry();

}  // namespace loglik
