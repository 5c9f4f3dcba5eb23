#pragma once
#include <string>

#include "framework/graph.h"
#include "models/data_info.h"
#include "models/model_head.h"
#include "ops/dense.h"
#include "ops/distributions/family.h"

namespace loglik {

// The two ends of every model in the zoo: samples come in, a distribution of the targets goes out. What lies between is the model.

/// The samples, as floats {batch, sample…}: an input "image", bytes divided by 255, or an input "features" as it is.
Node samples(Graph& graph, const DataInfo& data);

/// The same with pixels of mean 0 and standard deviation 1 over the training images.
Node standardized_samples(Graph& graph, const DataInfo& data);

/// Throws ArgumentError unless the samples are images, saying which model needs them.
void require_images(const DataInfo& data, const std::string& model);

/// What a head of the data's targets is told of them; of a model that reconstructs, of the samples.
Targets targets_of(const DataInfo& data, bool reconstructs = false);

/// How many raw outputs a head of that family takes for the data's targets.
///
/// Throws NameError for an unknown family; ArgumentError if it can't take the targets (a bernoulli for ten classes, a categorical for
/// real numbers), with those that can.
std::int64_t raw_outputs(const DataInfo& data, const std::string& family);

/// Ends the graph in a head "label", or "target" for real targets, whose distribution is made from `raw` {batch, raw_outputs}.
///
/// Throws ArgumentError for a head that can't be trained as chosen (no natural gradient, no CRPS), with those that can.
void add_head(Graph& graph, const DataInfo& data, const ModelHead& chosen, Node raw);

/// A layer from `features` to as many raw outputs as needed, then the head. `layer.units` is filled in; named "output", its bias is where
/// `train` begins with the marginal fit of the targets.
void add_dense_head(Graph& graph, const DataInfo& data, const ModelHead& chosen, Node features, DenseOptions layer = {});

/// Ends the graph in a head "reconstruction" of the samples themselves, {batch, sample…}, from a layer on `features`. Throws as
/// raw_outputs and add_head.
void add_reconstruction_head(const DataInfo& data, const ModelHead& chosen, Node features, Node target);

}  // namespace loglik
