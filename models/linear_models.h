#pragma once
#include <vector>

#include "models/zoo.h"

namespace loglik {

struct LinearModelOptions {
  ModelHead head = "gaussian";  ///< σ = 1: least squares
  /// Holds the first raw output at 0. A categorical head's parameters are unique then: adding a constant to all logits changes nothing.
  bool pin_first = false;
};

/// A distribution whose raw outputs are linear in the samples, x·weight + bias: which regression it is, the head says.
///
/// Parameters "output/weight" {features, raw outputs} and "output/bias" {raw outputs}, zeros at first; one raw output fewer if the first is
/// pinned. Columns are in the order of the head's family. Throws as raw_outputs (models/model_ends.h); ArgumentError if all raw outputs would
/// be pinned.
void linear_model(Graph& graph, const DataInfo& data, const LinearModelOptions& options = {});

/// The zoo's regressions, which differ in head and data.
///
/// `linear_regression`: y ~ N(x·w + b, 1), least squares. Gauss 1809, Theoria motus corporum coelestium, book 2, section 3.
/// `logistic_regression`: P(y = 1) = sigmoid(x·w + b). Cox 1958, "The regression analysis of binary sequences".
/// `softmax_regression`: P(y = k) ∝ exp(x·w_k + b_k), multinomial. Cox 1966; McFadden 1974, "Conditional logit analysis of qualitative choice
/// behavior".
/// `heteroscedastic_regression`: y ~ N(x·w + b, σ(x)²), log σ(x) linear in x too. Nix & Weigend 1994, doi:10.1109/ICNN.1994.374138.
/// `quantile_regression`: the quantile of y whose level is part of the head's name is linear in x; the scale is predicted too, so that nats can
/// be compared. Koenker & Bassett 1978, "Regression quantiles", doi:10.2307/1913643; Yu & Moyeed 2001.
/// `poisson_regression`: counts with log λ = x·w + b. Nelder & Wedderburn 1972, doi:10.2307/2344614.
/// `negative_binomial_regression`: counts of mean μ and variance μ + μ²/r, log μ and log r linear in x: where they spread wider than Poisson's
/// r = ∞. Lawless 1987, "Negative binomial and mixed Poisson regression", doi:10.2307/3314912.
/// `ordinal_regression`: P(y ≤ k) = S(θ_k − x·w), proportional odds, cut points θ_0 < θ_1 < … trained: classes in order need one weight a
/// feature, a categorical has one for each class. McCullagh 1980, "Regression models for ordinal data", doi:10.1111/j.2517-6161.1980.tb01109.x.
std::vector<ZooEntry> linear_model_entries();

}  // namespace loglik
