#pragma once
#include <string>

#include "framework/score.h"

namespace loglik {

/// What a model of the zoo ends in, and how it is trained by it. A name alone will do: `mlp(graph, info, {.head = "gaussian"})`.
struct ModelHead {
  ModelHead(std::string name = "") : family(std::move(name)) {}
  ModelHead(const char* name) : family(name) {}

  std::string family;             ///< see ops/distributions/family.h
  bool natural_gradient = false;  ///< see ops/distributions/natural_gradient.h
  Score score = {};               ///< minimised in place of the NLL, which is still what is reported; see ops/distributions/scores.h
};

}  // namespace loglik
