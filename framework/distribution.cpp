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

// "log_cdf" of "LogCdf".
std::string function_name(std::string_view name) {
  std::string text;
  for (const char c : name) {
    const bool upper = std::isupper(static_cast<unsigned char>(c)) != 0;
    if (upper && !text.empty()) text += '_';
    text += upper ? static_cast<char>(std::tolower(static_cast<unsigned char>(c))) : c;
  }
  return text;
}
}  // namespace

void Distribution::throw_no_answer(std::string_view distribution, std::string_view answer) {
  const std::string what = class_name(answer);
  const bool has_class = std::isupper(static_cast<unsigned char>(what.front())) != 0;
  const std::string asked = has_class ? fmt::format("has<{}>()", what) : fmt::format("has_{}()", what);
  if (what == "Probabilities" || what == "Deviance" || what == "fisher_information")  // nothing else knows them
    throw ArgumentError(fmt::format("the distribution \"{}\" has no {}: ask with {} first", distribution, what, asked));
  throw ArgumentError(fmt::format("the distribution \"{}\" has no {} of its own: ask with {} first, or the function {} of ops/distributions/{}",
                                  distribution, what, asked, function_name(what), what == "kl" ? "divergence.h" : "answers.h"));
}

}  // namespace loglik
