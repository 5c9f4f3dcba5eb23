#pragma once
#include <cstdint>
#include <vector>

#include "models/zoo.h"

namespace loglik {

struct MlpOptions {
  ModelHead head = "categorical";
  std::vector<std::int64_t> hidden = {256, 128};  ///< units of each hidden layer
};

/// Multilayer perceptron: standardised samples, flattened → dense and relu for each hidden layer → head. 784-256-128-10 for Fashion-MNIST.
///
/// Weights begin as He et al. 2015 say. Parameters "hidden_1/weight", …, "output/bias". Throws as raw_outputs (models/model_ends.h).
/// Source: Rumelhart, Hinton & Williams 1986; relu: Nair & Hinton 2010.
void mlp(Graph& graph, const DataInfo& data, const MlpOptions& options = {});

ZooEntry mlp_entry();

}  // namespace loglik
