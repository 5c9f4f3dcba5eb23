#include "ops/distributions/links.h"

#include <fmt/format.h>

#include <cmath>

#include "framework/elementwise.h"
#include "framework/error.h"
#include "framework/register_elementwise.h"
#include "ops/activations.h"
#include "ops/concat.h"
#include "ops/cumsum.h"
#include "ops/exponential.h"
#include "ops/site_text.h"
#include "ops/slice.h"

namespace loglik {
namespace {

template <class T>
T softplus_of(T x) {
  return (x > 0 ? x : 0) + std::log1p(std::exp(-std::abs(x)));
}

// t = high − log(1 + e^(high − x)),  y = low + log(1 + e^(t − low));    ∂x = g·S(high − x)·S(t − low), by the logs of both factors: far out
// they underflow, and a gradient that a density made infinite there would become 0·∞.
struct SoftClamp {
  static constexpr std::string_view name = "soft_clamp";
  double low = 0;
  double high = 1;

  template <class T>
  T operator()(T x) const {
    const T below_high = static_cast<T>(high) - softplus_of(static_cast<T>(high) - x);
    return static_cast<T>(low) + softplus_of(below_high - static_cast<T>(low));
  }
  std::vector<Node> gradient(const GradientArgs& args) const {
    const Node x = args.input(0), below_high = high - softplus(high - x);
    return {mul_exp(args.output_gradient(0), -(softplus(x - high) + softplus(low - below_high)))};
  }
  static SoftClamp read(const Attributes& attributes) { return {attributes.get<double>("low"), attributes.get<double>("high")}; }
  Attributes attributes() const { return {{"low", low}, {"high", high}}; }
  void check() const {
    if (!(low < high)) throw ArgumentError(fmt::format("low = {} is not below high = {}", low, high));
  }
};

}  // namespace

Node soft_clamp(Operand x, double low, double high) { return elementwise<SoftClamp>({x}, SoftClamp{low, high}); }
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

void register_link_ops() { register_elementwise<SoftClamp, 1>(); }

}  // namespace loglik
