#pragma once
#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace loglik {

/// A file that is either there whole or not there at all, however the program ends: an older one of the same name stays
/// as it is until `commit`.
///
///     AtomicFile file("weights.npy");
///     file.write(header);
///     file.write(elements);
///     file.commit();
///
/// Bytes go to a temporary beside the target, which is synced, renamed, and the folder synced. Every member
/// throws DataError with the path and the system's reason; the temporary is removed then, and also if `commit` is never called.
class AtomicFile {
 public:
  explicit AtomicFile(std::string path);
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  void write(std::span<const std::byte> bytes);
  void write(std::string_view text);
  void commit();  ///< the last call; after it the file survives a crash of the machine

 private:
  [[noreturn]] void fail(int error);
  void discard();

  std::string path_, temporary_;
  int descriptor_ = -1;  // −1 once committed or discarded
};

}  // namespace loglik
