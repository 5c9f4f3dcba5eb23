#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace loglik {

/// A regular file open for reading. Every member throws DataError with the path and the system's reason.
///
/// Readers compare what a header promises with `size()` before they take memory for it.
class InputFile {
 public:
  explicit InputFile(std::string path);  ///< throws too for a folder, a pipe, a device
  ~InputFile();
  InputFile(const InputFile&) = delete;
  InputFile& operator=(const InputFile&) = delete;

  const std::string& path() const { return path_; }
  std::uint64_t size() const { return size_; }  ///< bytes, when it was opened
  std::uint64_t position() const { return position_; }

  std::size_t read(std::span<std::byte> to);   ///< fills `to`, or less at the end of the file; returns the bytes read
  void read_exactly(std::span<std::byte> to);  ///< fills `to`; throws if the file ends before
  void rewind() { position_ = 0; }
  void seek(std::uint64_t position) { position_ = position; }  ///< from the start

 private:
  std::string path_;
  int descriptor_;
  std::uint64_t size_ = 0;
  std::uint64_t position_ = 0;
};

}  // namespace loglik
