#include "ops/distributions/links.h"

#include <fmt/format.h>

#include <cmath>

#include "framework/error.h"
#include "ops/activations.h"
#include "ops/concat.h"
#include "ops/cumsum.h"
#include "ops/exponential.h"
#include "ops/site_text.h"
#include "ops/slice.h"

namespace loglik {

Node soft_clamp(Operand x, double low, double high) {
  if (!(low < high)) throw ArgumentError(fmt::format("soft_clamp at {}: low = {} is not below high = {}", to_string(x.site()), low, high));
  const SiteScope site(x.site());
  const Node below_high = high - softplus(high - x);
  return low + softplus(below_high - low);
}

Node bounded_log_scale(Operand raw) { return soft_clamp(raw, std::log(1e-4), std::log(1e4)); }

Node ordered(Operand raw) {
  const Shape& shape = raw.shape();
  if (shape.rank() == 0 || !shape.back().is_constant() || shape.back().constant() < 1)
    throw ShapeError(fmt::format("{}raw has shape {}, needs a last axis of constant size", at("ordered", raw.site()), to_string(shape)));
  const SiteScope site(raw.site());
  const std::int64_t n = shape.back().constant();
  if (n == 1) return raw.node();
  const Node steps = exp(soft_clamp(narrow(raw, -1, 1, n - 1), std::log(1e-3), std::log(1e3)));
  return cumsum(concat({narrow(raw, -1, 0, 1), steps}, -1), -1);
}

}  // namespace loglik
