#pragma once
#include <string>

#include "models/autoencoder.h"

namespace loglik {

struct DenoisingAutoencoderOptions {
  AutoencoderOptions autoencoder = {};
  double corruption = 0.3;  ///< the share of a sample's numbers that are hidden while training, in [0, 1)
};

/// Denoising autoencoder: an autoencoder that sees a sample with some of its numbers at 0, others each time, and reconstructs the whole.
///
/// When predicting or evaluating nothing more is hidden, so that whole samples are reconstructed less well than by an autoencoder that
/// never saw others, and those with holes better. Nodes and parameters are named as the autoencoder's. Throws as `autoencoder`, and
/// ArgumentError for a corruption out of range. Source: Vincent, Larochelle, Bengio & Manzagol 2008, "Extracting and composing robust
/// features with denoising autoencoders".
void denoising_autoencoder(Graph& graph, const DataInfo& data, const DenoisingAutoencoderOptions& options = {});

ZooEntry denoising_autoencoder_entry();

}  // namespace loglik
