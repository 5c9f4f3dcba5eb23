#pragma once
#include <cstdint>

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

/// Builds a model of the zoo and trains it on `data`, as data_for gives them, by a recipe. Throws as build, compile and fit do.
Trained train(const ZooEntry& entry, const Recipe& recipe, const LoadedData& data, std::uint64_t seed);

}  // namespace loglik
