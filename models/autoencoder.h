#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "models/zoo.h"

namespace loglik {

struct AutoencoderOptions {
  /// Family of the decoder: "bernoulli_soft_targets" (cross-entropy to grey levels) or one on the reals, such as "gaussian".
  std::string head = "bernoulli_soft_targets";
  std::vector<std::int64_t> hidden = {128};  ///< units of the encoder's hidden layers; the decoder has them in reverse
  std::int64_t code = 32;                    ///< numbers that a sample is squeezed through
};

/// Autoencoder: sample → dense and relu for each hidden layer → a linear code → the same backwards → a distribution of the sample itself.
///
/// Pixels count from 0 to 1. The code is the node "code" {batch, code}; the head is "reconstruction", a sample's loss the sum over its
/// pixels. Parameters "encoder_1/weight", "code/weight", "decoder_1/weight", …, "output/bias". Throws ArgumentError if the family can't
/// take the samples. Source: Hinton & Salakhutdinov 2006, doi:10.1126/science.1127647.
void autoencoder(Graph& graph, const DataInfo& data, const AutoencoderOptions& options = {});

/// The part between a sample and its reconstruction, for models that look at another sample than they reconstruct: `seen` → head of
/// `target`.
void autoencode(Node seen, Node target, const DataInfo& data, const AutoencoderOptions& options);

ZooEntry autoencoder_entry();

}  // namespace loglik
