#include "ops/distributions/links.h"

#include <fmt/format.h>

#include <cmath>

#include "framework/error.h"
#include "ops/activations.h"

namespace loglik {

Node soft_clamp(Operand x, double low, double high) {
  if (!(low < high)) throw ArgumentError(fmt::format("soft_clamp at {}: low = {} is not below high = {}", to_string(x.site()), low, high));
  const SiteScope site(x.site());
  const Node below_high = high - softplus(high - x);
  return low + softplus(below_high - low);
}

Node bounded_log_scale(Operand raw) { return soft_clamp(raw, std::log(1e-4), std::log(1e4)); }

}  // namespace loglik
