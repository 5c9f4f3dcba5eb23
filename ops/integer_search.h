#pragma once
#include <algorithm>
#include <cmath>

namespace loglik::special {

/// The smallest k in 0 … last that `reaches`, as all above it do, and `last` is taken to; private. From a guess, which may be NaN, by doubled
/// steps to an interval, then by halves: until there is no number between, which beyond 2⁶⁴ is sooner than no integer. Of such k the
/// smallest that long double has, to its ulp.
template <class F>
long double smallest_integer(long double guess, long double last, F reaches) {
  const long double start = std::isnan(guess) ? 0 : std::clamp(std::floor(guess), 0.0L, last);
  long double low = -1, high = last;  // low does not reach, high does
  if (start == last || reaches(start)) {
    high = start;
    for (long double step = 1; low < 0 && high > 0; step *= 2) {
      const long double at = std::max(high - step, 0.0L);  // high itself where the step is below its ulp
      if (at < high) (reaches(at) ? high : low) = at;
    }
  } else {
    low = start;
    for (long double step = 1; high == last && low + step < last; step *= 2) {
      const long double at = low + step;
      if (at > low) (reaches(at) ? high : low) = at;
    }
  }
  while (high - low > 1) {
    const long double at = low + std::floor((high - low) / 2);
    if (at <= low || at >= high) break;
    (reaches(at) ? high : low) = at;
  }
  return high;
}

}  // namespace loglik::special
