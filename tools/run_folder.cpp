#include "tools/run_folder.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "framework/data/atomic_file.h"
#include "framework/data/npy.h"
#include "framework/data/sha256.h"
#include "framework/error.h"

namespace loglik::tools {
namespace {

void make_folder(const std::string& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error || !std::filesystem::is_directory(path)) throw DataError(fmt::format("{}: the folder can't be made: {}", path, error ? error.message() : "there is a file"));
}

}  // namespace

RunFolder::RunFolder(std::string path) : path_(std::move(path)) { make_folder(path_ + "/parameters"); }

void RunFolder::add_line(const std::string& json) {
  history_ += json + "\n";
  AtomicFile file(path_ + "/history.jsonl");
  file.write(history_);
  file.commit();
}

void RunFolder::save_parameters(const Model& model) const {
  for (const auto& [name, tensor] : model.parameters()) {
    std::string file = name;
    std::replace(file.begin(), file.end(), '/', '.');
    write_npy(fmt::format("{}/parameters/{}.npy", path_, file), tensor);
  }
}

std::string parameters_sha256(const Model& model) {
  Sha256 hash;
  for (const auto& [name, tensor] : model.parameters()) {
    hash.update(std::as_bytes(std::span(name.c_str(), name.size() + 1)));
    hash.update(std::span(tensor.data(), tensor.bytes()));
  }
  return hash.hex();
}

}  // namespace loglik::tools
