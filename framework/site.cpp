#include "framework/site.h"

#include <string_view>

namespace loglik {
namespace {
thread_local Site open_site;
}

std::string to_string(Site site) {
  if (site.file == nullptr) return "";
  const std::string_view file = site.file;
  return std::string(file.substr(file.find_last_of('/') + 1)) + ":" + std::to_string(site.line);
}

SiteScope::SiteScope(Site site) : opened_(open_site.file == nullptr && site.file != nullptr) {
  if (opened_) open_site = site;
}

SiteScope::~SiteScope() {
  if (opened_) open_site = Site{};
}

Site SiteScope::current() { return open_site; }
Site SiteScope::outermost(Site site) { return open_site.file == nullptr ? site : open_site; }

}  // namespace loglik
