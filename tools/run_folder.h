#pragma once
#include <string>

#include "framework/model.h"

namespace loglik::tools {

/// What a training run leaves behind: `history.jsonl`, one JSON object a line, and `parameters/`, one .npy a parameter ("dense_1/weight" in
/// "dense_1.weight.npy"). Files are written whole or not at all; those of an earlier run in the same folder are replaced.
class RunFolder {
 public:
  explicit RunFolder(std::string path);  ///< makes the folder; throws DataError if it can't

  void add_line(const std::string& json);  ///< to the history
  void save_parameters(const Model& model) const;

 private:
  std::string path_;
  std::string history_;
};

/// SHA-256 over all parameters in the order of their names: each name, a zero byte, and the elements as they lie in memory.
std::string parameters_sha256(const Model& model);

}  // namespace loglik::tools
