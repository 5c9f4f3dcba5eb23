#pragma once
#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "framework/error.h"

namespace loglik::fuzz {

/// Lets `read` have `bytes` as a file in memory. It may return or throw DataError; whatever else it does is a finding, as is, by the limits
/// of tools/fuzz, taking long or taking much memory.
template <class Read>
void read_as_file(const std::uint8_t* bytes, std::size_t size, Read read) {
  static const int descriptor = ::memfd_create("input", MFD_CLOEXEC);
  static const std::string path = "/proc/self/fd/" + std::to_string(descriptor);
  if (::ftruncate(descriptor, 0) != 0 || ::pwrite(descriptor, bytes, size, 0) != static_cast<ssize_t>(size)) std::abort();
  try {
    read(path);
  } catch (const DataError& error) {
    if (std::string(error.what()).find(path) != 0) std::abort();  // an error names the file
  }
}

}  // namespace loglik::fuzz
