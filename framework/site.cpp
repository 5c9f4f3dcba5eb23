#include "framework/site.h"

#include <string_view>

namespace loglik {
namespace {
thread_local Site outermost;
}

std::string to_string(Site site) {
  if (site.file == nullptr) return "";
  const std::string_view file = site.file;
  return std::string(file.substr(file.find_last_of('/') + 1)) + ":" + std::to_string(site.line);
}

SiteScope::SiteScope(Site site) : opened_(outermost.file == nullptr && site.file != nullptr) {
  if (opened_) outermost = site;
}

SiteScope::~SiteScope() {
  if (opened_) outermost = Site{};
}

Site SiteScope::current() { return outermost; }

}  // namespace loglik
