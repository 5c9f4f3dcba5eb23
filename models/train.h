#pragma once
#include <cstdint>
#include <optional>

#include "framework/fit.h"
#include "framework/model.h"
#include "models/zoo.h"

namespace loglik {

/// A model that has been trained, and what it reached.
struct Trained {
  Model model;
  History history;
  Evaluation test;    ///< on the data to test on
  double result = 0;  ///< of these, what the recipe measures by
};

/// Begins a model's head at the marginal fit of the targets to train on: the bias of the layer "output" becomes the family's constant raw
/// outputs of maximum likelihood, and what parameters the family has of its own their best values. Weights stay as they are. Sample
/// weights of the data, in a column "weight", count.
///
/// Returns the marginal's NLL on the targets to test on, in nats a sample: `evaluate` and `fit` report a model's skill over it. Of targets with
/// more than 2²³ values in all, evenly spaced rows are fitted. Nothing is returned where the fit is no maximum
/// (Marginal::is_maximum). Throws SupportError for targets that the head does not take, with their rows.
std::optional<double> start_at_marginal(Model& model, const ZooEntry& entry, const std::string& family, const LoadedData& data);

/// Builds a model of the zoo and trains it on `data`, as data_for gives them, by a recipe, from the marginal fit on. Throws as build, compile
/// and fit do.
Trained train(const ZooEntry& entry, const Recipe& recipe, const LoadedData& data, std::uint64_t seed);

}  // namespace loglik
