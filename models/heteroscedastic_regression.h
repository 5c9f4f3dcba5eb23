#pragma once
#include <string>

#include "models/zoo.h"

namespace loglik {

struct HeteroscedasticRegressionOptions {
  std::string head = "gaussian_predicted_scale";
};

/// Heteroscedastic regression: y ~ N(x·w + b, σ(x)²) with log σ(x) linear in x too: the spread is predicted with the mean.
///
/// Parameters "output/weight" {features, 2} and "output/bias" {2}, the mean's column first; zeros at first. What it gains over one σ for all,
/// `gaussian_learned_scale`, is told in nats on held-out data. Throws as raw_outputs (models/model_ends.h).
/// Source: Nix & Weigend 1994, "Estimating the mean and variance of the target probability distribution", doi:10.1109/ICNN.1994.374138.
void heteroscedastic_regression(Graph& graph, const DataInfo& data, const HeteroscedasticRegressionOptions& options = {});

ZooEntry heteroscedastic_regression_entry();

}  // namespace loglik
