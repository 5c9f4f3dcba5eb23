#include "framework/support.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include "framework/simd/full_width.h"

namespace loglik {
namespace {
constexpr double infinity = std::numeric_limits<double>::infinity();
std::string bound(double value) {
  if (std::abs(value) == infinity) return value > 0 ? "∞" : "−∞";
  if (std::abs(value) == std::numbers::pi_v<float>) return value > 0 ? "π" : "−π";  // of angles: what float32 has for it
  return fmt::format("{}", value);
}
}  // namespace

constinit const Support Support::real{-infinity, infinity, true, true, false};
constinit const Support Support::positive{0, infinity, true, true, false};
constinit const Support Support::nonnegative{0, infinity, false, true, false};
constinit const Support Support::open_unit{0, 1, true, true, false};
constinit const Support Support::unit{0, 1, false, false, false};
constinit const Support Support::binary{0, 1, false, false, true};
constinit const Support Support::counts{0, infinity, false, true, true};
constinit const Support Support::simplex = [] {
  Support simplex{0, 1, true, true, false};
  simplex.simplex_ = true;
  return simplex;
}();
constinit const Support Support::closed_simplex = [] {
  Support simplex{0, 1, false, false, false};
  simplex.simplex_ = true;
  return simplex;
}();
Support Support::below(std::int64_t n) { return {0, static_cast<double>(n - 1), false, false, true}; }

bool Support::contains(double y) const {
  if (!std::isfinite(y)) return false;
  if (lower_open_ ? y <= lower_ : y < lower_) return false;
  if (upper_open_ ? y >= upper_ : y > upper_) return false;
  return !integer_ || y == std::floor(y);
}

template <class T>
bool Support::contains_all(std::span<const T> y) const {
  // Bounds that count as within; next to an open 0 the smallest normal number, as denormal ones may count as 0.
  constexpr double largest = std::numeric_limits<double>::max(), smallest = std::numeric_limits<double>::min();
  const auto next = [](double bound, double towards) { return bound == 0 ? std::copysign(smallest, towards) : std::nextafter(bound, towards); };
  const double low = std::max(lower_open_ ? next(lower_, infinity) : lower_, -largest);
  const double high = std::min(upper_open_ ? next(upper_, -infinity) : upper_, largest);
  std::int64_t outside = 0;
  simd::at_full_width([&] {
    std::int64_t found = 0;
    for (const T element : y) {
      const double value = static_cast<double>(element);
      found += !(value >= low) | !(value <= high) | (integer_ & (value != std::floor(value)));
    }
    outside = found;
  });
  return outside == 0;
}
template bool Support::contains_all(std::span<const float>) const;
template bool Support::contains_all(std::span<const double>) const;
template bool Support::contains_all(std::span<const std::int32_t>) const;
template bool Support::contains_all(std::span<const std::uint8_t>) const;
template bool Support::contains_all(std::span<const bool>) const;

bool Support::includes(const Support& inner) const {
  if (simplex_ || inner.simplex_) return simplex_ && inner.simplex_ && (!lower_open_ || inner.lower_open_);
  if (integer_ && !inner.integer_) return false;
  const bool below = inner.lower_ > lower_ || (inner.lower_ == lower_ && (!lower_open_ || inner.lower_open_));
  const bool above = inner.upper_ < upper_ || (inner.upper_ == upper_ && (!upper_open_ || inner.upper_open_));
  return below && above;
}

double Support::inside(std::int64_t elements) const {
  if (simplex_) return 1 / static_cast<double>(elements);
  if (integer_) return std::isfinite(lower_) ? lower_ : std::isfinite(upper_) ? upper_ : 0;
  if (std::isfinite(lower_) && std::isfinite(upper_)) return (lower_ + upper_) / 2;
  if (std::isfinite(lower_)) return lower_ + 1;
  return std::isfinite(upper_) ? upper_ - 1 : 0;
}

std::string Support::text() const {
  if (integer_) {
    if (lower_ == -infinity) return upper_ == infinity ? "the integers" : fmt::format("{{…, {}, {}}}", bound(upper_ - 1), bound(upper_));
    if (upper_ == infinity) return fmt::format("{{{}, {}, …}}", bound(lower_), bound(lower_ + 1));
    if (upper_ == lower_) return fmt::format("{{{}}}", bound(lower_));
    return upper_ - lower_ == 1 ? fmt::format("{{{}, {}}}", bound(lower_), bound(upper_)) : fmt::format("{{{}, …, {}}}", bound(lower_), bound(upper_));
  }
  if (simplex_) return lower_open_ ? "the open simplex" : "the simplex";
  if (lower_ == -infinity && upper_ == infinity) return "the finite numbers";
  return fmt::format("{}{}, {}{}", lower_open_ ? '(' : '[', bound(lower_), bound(upper_), upper_open_ ? ')' : ']');
}

}  // namespace loglik
