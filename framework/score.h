#pragma once
#include <functional>
#include <string>

#include "framework/distribution.h"

namespace loglik {

/// What a head is trained by in place of its negative log-likelihood: any loss of a prediction and what then came. The less the better.
///
/// A *proper* score is least on average for the distribution that the targets come from, as the negative log-likelihood is.
///
///     graph.head("delay", d, {.score = {"absolute error", [](const Distribution& d, Node y) { return abs(y - d.median()); }}});
///
/// Those of the library are in ops/distributions/scores.h.
struct Score {
  std::string name;  ///< for reports: "CRPS"
  std::function<Node(const Distribution& distribution, Node y)> loss;  ///< in the shape of log_prob(y), elementwise over its samples
  explicit operator bool() const { return static_cast<bool>(loss); }
};

}  // namespace loglik
