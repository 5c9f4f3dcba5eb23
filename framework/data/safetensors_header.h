#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "framework/data/safetensors.h"

namespace loglik {

/// The bytes of an element; 0 for a dtype the format doesn't know.
std::size_t safetensors_size_of(std::string_view dtype);

/// Counts the memory that a header and its tensors take beside the file's own bytes, so that a small file can't ask for much.
class SafetensorsBudget {
 public:
  void take_tensor(std::size_t rank) { taken_ += 480 + 16 * rank; }  // entry, tree node, tensor with its control block; sizes while they grow
  void take_text(std::size_t bytes) { taken_ += bytes; }
  void take_metadata() { taken_ += 128; }
  bool exceeded() const { return taken_ > most; }
  static constexpr std::uint64_t most = 12 << 20;

 private:
  std::uint64_t taken_ = 0;
};

/// Parses the header `text` of a file with `data_size` bytes of data after it. Throws DataError, naming the file.
SafetensorsHeader parse_safetensors_header(const std::string& path, std::string_view text, std::uint64_t data_size);

}  // namespace loglik
