#pragma once
#include <string>

namespace loglik {

/// A place in somebody's source: where an op was called. Errors and profiles name it.
struct Site {
  const char* file = nullptr;  ///< static storage, as __builtin_FILE() gives it; null if unknown
  int line = 0;
};

std::string to_string(Site site);  ///< "train.cpp:12" (the folder is left out); "" if unknown

/// While one of these lives, every node made by this thread reports its site: compositions and layers open one, so that the nodes they are
/// made of report the user's line. The outermost wins.
class SiteScope {
 public:
  explicit SiteScope(Site site);
  ~SiteScope();
  SiteScope(const SiteScope&) = delete;
  SiteScope& operator=(const SiteScope&) = delete;

  static Site current();           ///< of the outermost scope of this thread, or an unknown one
  static Site outermost(Site site);  ///< `current` if a scope is open, else `site`: what an error made here reports

 private:
  bool opened_;
};

}  // namespace loglik
