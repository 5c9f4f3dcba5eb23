#pragma once
#include <algorithm>
#include <cmath>

namespace loglik::special {

/// The smallest k in 0 … last that `reaches`, as all above it do, and `last` is taken to; private. From a guess, which may be NaN, by doubled
/// steps to an interval, then by halves.
template <class F>
long double smallest_integer(long double guess, long double last, F reaches) {
  long double low = -1, high = last, step = 1;  // low does not reach, high does
  long double at = std::isnan(guess) ? 0 : std::clamp(std::floor(guess), 0.0L, last);
  while (high - low > 1) {
    const bool enough = reaches(at);
    (enough ? high : low) = at;
    if (low < 0 || high == last) {  // one side is still where it began: go there
      at = enough ? std::max(at - step, low + 1) : std::min(at + step, high - 1);
      step *= 2;
    } else {
      at = low + std::floor((high - low) / 2);
      if (at == low) break;  // whole numbers end where the significand does
    }
  }
  return high;
}

}  // namespace loglik::special
