#pragma once
#include <span>
#include <string>
#include <string_view>

namespace loglik {

/// The candidate nearest to `word` in edits (insertions, deletions, replacements), if near enough to be what was meant; else "".
std::string nearest(std::string_view word, std::span<const std::string> candidates);

/// "; did you mean "gaussian"?" for a near candidate, else "; known are: a, b, c".
std::string suggestion(std::string_view word, std::span<const std::string> candidates);

}  // namespace loglik
