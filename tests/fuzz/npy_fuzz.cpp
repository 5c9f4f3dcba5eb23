#include "framework/data/npy.h"
#include "tests/fuzz/fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  loglik::fuzz::read_as_file(bytes, size, [](const std::string& path) { loglik::read_npy(path); });
  return 0;
}
