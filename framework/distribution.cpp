#include "framework/distribution.h"

#include <cxxabi.h>
#include <fmt/format.h>

#include <cctype>
#include <cstdlib>

#include "framework/error.h"

namespace loglik {
namespace {
// "Mean" of the mangled name of loglik::Mean.
std::string class_name(std::string_view mangled) {
  int status = 0;
  char* readable = abi::__cxa_demangle(std::string(mangled).c_str(), nullptr, nullptr, &status);
  if (status != 0) return std::string(mangled);
  std::string name = readable;
  std::free(readable);
  return name.substr(name.rfind(':') + 1);
}
}  // namespace

void Distribution::throw_no_answer(std::string_view distribution, std::string_view answer) {
  throw ArgumentError(fmt::format("the distribution \"{}\" has no {} of its own: ask with has<>() first, or the function of that name in ops/distributions/answers.h", distribution, class_name(answer)));
}

}  // namespace loglik
