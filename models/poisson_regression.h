#pragma once
#include <string>

#include "models/zoo.h"

namespace loglik {

struct PoissonRegressionOptions {
  std::string head = "poisson";
};

/// Poisson regression: y ~ Poisson(λ), log λ = x·w + b, for counts.
///
/// Parameters "output/weight" {features, 1} and "output/bias" {1}; zeros at first. The variance equals the mean: where counts spread wider, see
/// negative_binomial_regression. Throws as raw_outputs (models/model_ends.h). Source: Nelder & Wedderburn 1972, doi:10.2307/2344614.
void poisson_regression(Graph& graph, const DataInfo& data, const PoissonRegressionOptions& options = {});

ZooEntry poisson_regression_entry();

}  // namespace loglik
