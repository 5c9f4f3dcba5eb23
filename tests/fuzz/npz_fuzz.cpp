#include "framework/data/npz.h"
#include "tests/fuzz/fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  loglik::fuzz::read_as_file(bytes, size, [](const std::string& path) { loglik::read_npz(path, {.most_inflated = 1 << 20}); });
  return 0;
}
