#include "framework/data/save.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <set>

#include "framework/data/graph_json-inl.h"
#include "framework/data/safetensors.h"
#include "framework/data/sealed_files-inl.h"
#include "framework/data/variables-inl.h"
#include "framework/error.h"
#include "framework/text.h"

namespace loglik {
namespace {

constexpr const char* document_name = "model.json";
constexpr const char* tensors_name = "parameters.safetensors";

std::vector<std::pair<std::string, TensorType>> variables_of(const Graph& graph) {
  std::vector<std::pair<std::string, TensorType>> result;
  for (const auto& [info, node] : graph.data()->variables) result.emplace_back(node.name(), info->type);
  return result;
}

std::vector<FeatureScale> read_features(const JsonValue& document) {
  std::vector<FeatureScale> result;
  if (const auto features = document.find("features"))
    for (const JsonValue& feature : features->elements()) result.push_back({feature["name"].text(), feature["mean"].number(), feature["stddev"].number()});
  return result;
}

}  // namespace

void require_values(const std::string& file, const std::vector<std::pair<std::string, TensorType>>& variables, const std::map<std::string, Tensor>& values) {
  for (const auto& [name, type] : variables) {
    const auto found = values.find(name);
    if (found == values.end()) {
      std::vector<std::string> names;
      for (const auto& [known, tensor] : values) names.push_back(known);
      throw DataError(fmt::format("{} has no tensor \"{}\"{}", file, name, suggestion(name, names)));
    }
    const Tensor& tensor = found->second;
    if (tensor.dtype() != type.dtype || Shape(std::span<const std::int64_t>(tensor.extents())) != type.shape)
      throw DataError(fmt::format("{}: the tensor \"{}\" is {} {}, the model's is {}", file, name, loglik::name(tensor.dtype()),
                                  to_string(std::span<const std::int64_t>(tensor.extents())), to_string(type)));
  }
}

void copy_values(const std::map<std::string, Tensor>& values, const TensorMap& state) {
  for (const auto& [name, tensor] : state) {
    const auto found = values.find(name);
    if (found == values.end()) continue;
    Tensor to = tensor;  // shares the State's elements
    if (to.bytes() > 0) std::memcpy(to.mutable_data(), found->second.data(), to.bytes());
  }
}

void save(const Model& model, const std::string& folder, const SaveOptions& options) {
  SealedFiles files;
  const TensorMap state = model.state().tensors();
  for (const auto& [name, type] : variables_of(model.graph())) files.tensors.emplace(name, state[name]);
  Json features = Json::array();
  for (const FeatureScale& feature : options.features) features.push_back({{"name", feature.name}, {"mean", exact(feature.mean)}, {"stddev", exact(feature.stddev)}});
  const CompileOptions& compiled = model.options();
  files.document = {{"seed", model.state().seed()}, {"patterns", compiled.patterns}};
  if (state.contains("dataset_weight")) files.document["dataset_weight"] = exact(state["dataset_weight"].item());
  if (!features.empty()) files.document["features"] = std::move(features);
  files.document["graph"] = graph_to_json(model.graph(), files.tensors);
  write_sealed(folder, document_name, tensors_name, files);
}

Model load(const std::string& folder, const LoadOptions& options) {
  const SealedFiles files = read_sealed(folder, document_name, tensors_name);
  const std::string path = folder + "/" + document_name, tensors_path = folder + "/" + tensors_name;
  const JsonValue document(path, files.document);
  Graph graph = graph_from_json(document["graph"], files.tensors);
  const std::vector<std::pair<std::string, TensorType>> variables = variables_of(graph);
  std::set<std::string> names;
  for (const auto& [name, type] : variables)
    if (!names.insert(name).second) throw DataError(fmt::format("{} has two Variables \"{}\"", path, name));
  require_values(tensors_path, variables, files.tensors);  // before a shape of the description is given memory
  const auto weight = document.find("dataset_weight");
  const Json& seed = document["seed"].json();
  if (!seed.is_number_unsigned()) document["seed"].fail("needs to be a whole number");
  CompileOptions compiling{.optimizer = options.optimizer, .parameter_groups = options.parameter_groups, .seed = options.seed.value_or(seed.get<std::uint64_t>()),
                           .dataset_weight = weight ? weight->number() : 0, .fusion = options.fusion, .patterns = document["patterns"].boolean()};
  Model model = compile(graph, compiling);
  std::map<std::string, Tensor> values;
  for (const auto& [name, type] : variables) values.emplace(name, files.tensors.at(name));
  copy_values(values, model.state().tensors());
  return model;
}

std::vector<FeatureScale> load_features(const std::string& folder) {
  const std::string path = folder + "/" + document_name;
  const Json document = read_sealed_document(path);
  return read_features(JsonValue(path, document));
}

std::vector<std::string> load_parameters(Model& model, const std::string& file, const LoadParametersOptions& options) {
  const std::map<std::string, Tensor> tensors = read_safetensors(file).tensors;
  std::vector<std::pair<std::string, TensorType>> variables = variables_of(model.graph());
  const auto known = [&](const std::string& name) {
    return std::any_of(variables.begin(), variables.end(), [&](const auto& variable) { return variable.first == name; });
  };
  if (options.partial) {
    std::erase_if(variables, [&](const auto& variable) { return !tensors.contains(variable.first); });
    if (variables.empty()) throw DataError(fmt::format("{} has no tensor that is named like a Variable of the model", file));
  } else {
    for (const auto& [name, tensor] : tensors)
      if (!known(name) && !name.starts_with("constants/")) throw DataError(fmt::format("{} holds a tensor \"{}\", which the model does not have", file, name));
  }
  require_values(file, variables, tensors);
  std::map<std::string, Tensor> values;
  std::vector<std::string> names;
  for (const auto& [name, type] : variables) {
    values.emplace(name, tensors.at(name));
    names.push_back(name);
  }
  copy_values(values, model.state().tensors());
  return names;
}

}  // namespace loglik
