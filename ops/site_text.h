#pragma once
#include <string>
#include <string_view>

#include "framework/site.h"

namespace loglik {

/// "slice at train.cpp:12: ", or "slice: " where the line is unknown: what `make_node` puts before the errors of `Op::infer`, for functions
/// that check before they make a node. Within a SiteScope its line is named.
inline std::string at(std::string_view op, Site site) {
  const Site outer = SiteScope::current();
  const std::string place = to_string(outer.file == nullptr ? site : outer);
  return std::string(op) + (place.empty() ? ": " : " at " + place + ": ");
}

}  // namespace loglik
