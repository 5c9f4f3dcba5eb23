#include "framework/optimizers/field_checks.h"

#include <fmt/format.h>

#include <cmath>

#include "framework/error.h"

namespace loglik {
namespace {
void require(bool holds, std::string_view optimizer, std::string_view field, double value, std::string_view what) {
  if (!holds || std::isinf(value)) throw ArgumentError(fmt::format("{}: {} = {}, needs to be {}", optimizer, field, value, what));
}
}  // namespace

void require_share(std::string_view optimizer, std::string_view field, double value) {
  require(value >= 0 && value < 1, optimizer, field, value, "in [0, 1)");
}
void require_positive(std::string_view optimizer, std::string_view field, double value) { require(value > 0, optimizer, field, value, "positive"); }
void require_not_negative(std::string_view optimizer, std::string_view field, double value) {
  require(value >= 0, optimizer, field, value, "0 or more");
}

}  // namespace loglik
