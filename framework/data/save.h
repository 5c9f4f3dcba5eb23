#pragma once
#include <optional>
#include <string>
#include <vector>

#include "framework/model.h"

namespace loglik {

/// How a column of the data became an input: value ← (value − mean)/stddev, or value − mean where stddev is 0.
struct FeatureScale {
  std::string name;
  double mean = 0, stddev = 1;
};

struct SaveOptions {
  std::vector<FeatureScale> features = {};  ///< by which predictions standardise what they are given; kept in the model's description
};

struct LoadOptions {
  Optimizer optimizer = Adam{};                         ///< to train on with; its state begins anew, see checkpoint.h
  std::vector<ParameterGroup> parameter_groups = {};
  std::optional<std::uint64_t> seed = {};               ///< absent: the saved model's
  bool fusion = true;                                   ///< see CompileOptions
};

/// Writes a model into a folder, which is made: `model.json`, the graph with its ops, attributes, types, names, heads, and `parameters.safetensors`,
/// the values of its Variables. Nothing of the optimiser; a checkpoint holds that.
///
/// A model that was there is replaced whole or not at all, whenever the program or the machine stops. Throws DataError if a file can't be written,
/// ArgumentError for a name that is not UTF-8.
///
/// Files written by Loglik 0.x are read by every later 0.y.
void save(const Model& model, const std::string& folder, const SaveOptions& options = {});

/// The model that `save` wrote: it predicts and evaluates with the same bits, and trains on with the optimiser it is given.
///
/// Ops are found by their registered names: call `register_builtin_ops()` (ops/builtin.h) before, and `register_op` for one's own. Heads
/// keep support, certificate, advice and answers, not the struct they were made of. Throws DataError, naming file and place, for files that are missing,
/// damaged, of a later format, for an op that is not registered, for tensors that do not fit the description.
Model load(const std::string& folder, const LoadOptions& options = {});

/// How the features of the model in the folder were standardised; empty if that is not known. Throws DataError as `load` does.
std::vector<FeatureScale> load_features(const std::string& folder);

struct LoadParametersOptions {
  bool partial = false;  ///< may the file lack Variables of the model, and hold others than it has?
};

/// Takes the values of the model's Variables (parameters, running statistics) from a safetensors file, by name. Returns the names it found.
///
/// Throws DataError, naming file and tensor: for a file that is damaged, a tensor of another dtype or shape than the Variable of its
/// name, a name that only one of both has (with `partial`: if no name is in both). The model is then as it was.
std::vector<std::string> load_parameters(Model& model, const std::string& file, const LoadParametersOptions& options = {});

}  // namespace loglik
