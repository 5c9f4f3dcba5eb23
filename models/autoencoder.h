#pragma once
#include <cstdint>
#include <vector>

#include "models/zoo.h"

namespace loglik {

struct AutoencoderOptions {
  /// Family of the decoder: "bernoulli_soft_targets" (cross-entropy to grey levels) or one on the reals, such as "gaussian".
  ModelHead head = "bernoulli_soft_targets";
  std::vector<std::int64_t> hidden = {128};  ///< units of the encoder's hidden layers; the decoder has them in reverse
  std::int64_t code = 32;                    ///< numbers that a sample is squeezed through
  double corruption = 0;                     ///< the share of a sample's numbers that are hidden while training, in [0, 1)
};

/// Autoencoder: sample → dense and relu for each hidden layer → a linear code → the same backwards → a distribution of the sample itself.
///
/// With a corruption it is a denoising autoencoder: it sees a sample with some of its numbers at 0, others each time, and reconstructs the
/// whole. When predicting or evaluating nothing is hidden, so that whole samples are reconstructed less well than by one that never saw
/// others, and those with holes better.
///
/// Pixels count from 0 to 1. The code is the node "code" {batch, code}; the head is "reconstruction", a sample's loss the sum over its
/// pixels. Parameters "encoder_1/weight", "code/weight", "decoder_1/weight", …, "output/bias". Throws ArgumentError if the family can't
/// take the samples, or for a corruption out of range. Source: Hinton & Salakhutdinov 2006, doi:10.1126/science.1127647; denoising: Vincent,
/// Larochelle, Bengio & Manzagol 2008, "Extracting and composing robust features with denoising autoencoders".
void autoencoder(Graph& graph, const DataInfo& data, const AutoencoderOptions& options = {});

/// `autoencoder`, and `denoising_autoencoder` with a corruption of 0.3.
std::vector<ZooEntry> autoencoder_entries();

}  // namespace loglik
