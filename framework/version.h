#pragma once
#include <string_view>

namespace loglik {

/// Of this library, as its files say who wrote them: MAJOR.MINOR.PATCH.
inline constexpr std::string_view version = "0.1.0";

}  // namespace loglik
