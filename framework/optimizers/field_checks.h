#pragma once
#include <string_view>

namespace loglik {

// Checks of an optimiser's fields. Each throws ArgumentError: "Adam: beta1 = 1, needs to be in [0, 1)".
void require_share(std::string_view optimizer, std::string_view field, double value);         ///< in [0, 1)
void require_positive(std::string_view optimizer, std::string_view field, double value);      ///< finite and > 0
void require_not_negative(std::string_view optimizer, std::string_view field, double value);  ///< finite and ≥ 0

}  // namespace loglik
