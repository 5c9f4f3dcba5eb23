#include "framework/data/csv.h"
#include "tests/fuzz/fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  loglik::fuzz::read_as_file(bytes, size, [](const std::string& path) { loglik::read_csv(path, {.allow_non_finite = true}); });
  return 0;
}
