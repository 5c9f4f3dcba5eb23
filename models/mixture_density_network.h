#pragma once
#include <cstdint>

#include "models/zoo.h"

namespace loglik {

struct MixtureDensityNetworkOptions {
  std::int64_t hidden = 32;  ///< units of the hidden layer
  ModelHead head = "gaussian_mixture";
};

/// Mixture density network: one hidden layer of tanh, whose outputs are the weights, means and spreads of a mixture of Gaussians.
///
/// For targets that may be one of several values for one input. Parameters "hidden/weight", "hidden/bias", "output/weight", "output/bias".
/// Throws as raw_outputs (models/model_ends.h). Source: Bishop 1994, "Mixture density networks", Aston University, NCRG/94/004.
void mixture_density_network(Graph& graph, const DataInfo& data, const MixtureDensityNetworkOptions& options = {});

ZooEntry mixture_density_network_entry();

}  // namespace loglik
