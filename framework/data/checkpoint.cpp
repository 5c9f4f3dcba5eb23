#include "framework/data/checkpoint.h"

#include <fmt/format.h>

#include "framework/data/sealed_files-inl.h"
#include "framework/data/variables-inl.h"
#include "framework/error.h"

namespace loglik {
namespace {
constexpr const char* document_name = "checkpoint.json";
constexpr const char* tensors_name = "state.safetensors";
}  // namespace

void save_checkpoint(const Model& model, const std::string& folder, const Checkpoint& checkpoint) {
  const FitPosition& position = checkpoint.position;
  Json sums = Json::array();
  for (const double sum : position.sums) sums.push_back(exact(sum));
  SealedFiles files{{{"seed", model.state().seed()}, {"epoch", position.epoch}, {"batch", position.batch}, {"sums", std::move(sums)}, {"history", checkpoint.history}}, {}};
  for (const auto& [name, tensor] : model.state().tensors()) files.tensors.emplace(name, tensor);
  write_sealed(folder, document_name, tensors_name, files);
}

Checkpoint load_checkpoint(Model& model, const std::string& folder) {
  const SealedFiles files = read_sealed(folder, document_name, tensors_name);
  const std::string path = folder + "/" + document_name, tensors_path = folder + "/" + tensors_name;
  const JsonValue document(path, files.document);
  if (document["seed"].json() != Json(model.state().seed()))
    document["seed"].fail(fmt::format("is {}, the model's is {}", document["seed"].json().dump(), model.state().seed()));
  Checkpoint checkpoint{.position = {.epoch = document["epoch"].integer(1), .batch = document["batch"].integer(0)}};
  for (const JsonValue& sum : document["sums"].elements()) checkpoint.position.sums.push_back(sum.number());
  for (const JsonValue& line : document["history"].elements()) checkpoint.history.push_back(line.text());
  const TensorMap state = model.state().tensors();
  std::vector<std::pair<std::string, TensorType>> variables;
  for (const auto& [name, tensor] : state) variables.emplace_back(name, TensorType{tensor.dtype(), Shape(std::span<const std::int64_t>(tensor.extents()))});
  require_values(tensors_path, variables, files.tensors);
  for (const auto& [name, tensor] : files.tensors)
    if (!state.contains(name)) throw DataError(fmt::format("{} holds a tensor \"{}\", which the model does not have", tensors_path, name));
  copy_values(files.tensors, state);
  return checkpoint;
}

}  // namespace loglik
