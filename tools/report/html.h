#pragma once
#include <string>
#include <string_view>

namespace loglik::tools {

/// The text with &, <, > and quotes as entities, control characters left out: what may stand between tags and in attributes.
std::string escape(std::string_view text);

/// A whole page around `body`, which is well-formed markup: needs no other file and no script, reads in light and dark and on narrow screens.
std::string page(std::string_view title, std::string_view body);

}  // namespace loglik::tools
