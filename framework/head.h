#pragma once
#include <string>
#include <utility>
#include <vector>

#include "framework/distribution.h"
#include "framework/graph.h"
#include "framework/score.h"

namespace loglik {

struct HeadOptions {
  /// What the distribution is of: any node, such as an autoencoder's own input. Absent: a new input named like the head, of the
  /// distribution's `target()` type where it has one, else a float in the shape of `log_prob` of a scalar.
  Node target;
  /// How many leading dimensions of the target count as samples (2 for a language model: nats a token); log_prob is summed over the rest.
  std::size_t sample_rank = 1;
  /// What training minimises in place of −log p(y), which goes on being reported. Absent: −log p(y).
  Score score = {};
};

/// A distribution at the end of a graph, and what its negative log-likelihood is made of.
///
/// Each sample has a weight w, an input named "<head>.weight" of float64 in the sample shape, 1 where a run is not given it. A sample of
/// weight 0 contributes exactly nothing, be its target NaN: it is replaced by a value inside the support before log_prob or a score sees it.
struct Head {
  std::string name;
  Distribution distribution;
  Node target;
  Node weight;        ///< float64, sample shape
  Node nll;           ///< −log p(y), nats, sample shape; 0 where the weight is 0
  Node total_nll;     ///< Σ w·nll, float64
  Node total_weight;  ///< Σ w, float64
  std::string score_name;  ///< "" for a head that is trained by its NLL
  Node score;         ///< what is minimised in place of nll, in its shape and 0 where the weight is 0; absent if there is no such thing
  Node total_score;   ///< Σ w·score, float64; absent likewise
  Node loss;          ///< Σ w·nll / Σ w, or with a score Σ w·score / Σ w; 0 if there is no weight; float64
  Node total_correct; ///< Σ w·[mode = y], float64; absent unless the target is one discrete value a sample
  std::vector<std::pair<std::string, Node>> answers;  ///< the distribution's answers that need no argument: "mean", "mode", …
  Site site;
};

}  // namespace loglik
