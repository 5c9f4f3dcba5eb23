#include "ops/expint.h"

#include <fmt/format.h>

#include <boost/math/special_functions/expint.hpp>
#include <cmath>
#include <limits>

#include "framework/error.h"
#include "framework/primitives.h"
#include "framework/register_elementwise.h"
#include "ops/exponential.h"
#include "ops/special_kernels.h"

namespace loglik {
namespace {

long double exponential_integral(long double x) {
  if (!(x > 0)) return x == 0 ? std::numeric_limits<long double>::infinity() : std::numeric_limits<long double>::quiet_NaN();
  return std::isinf(x) ? 0 : boost::math::expint(1U, x, special::Quiet());
}

long double factorial(int n) { return n <= 1 ? 1 : n * factorial(n - 1); }

// (−1)ⁿ·∫₀^∞ tⁿ·e^(−xt)/(1 + t) dt = (−1)ⁿ·n!·e^x·Γ(−n, x), the nth derivative of e^x·E₁(x). From x = 4 on by the continued fraction
// n!·x^−n/(x + 1 + n − (1 + n)/(x + 3 + n − 2(2 + n)/(x + 5 + n − …))) of the NIST Handbook, 8.9.2, of which 60 steps leave 1e-26; below
// each from the last, to which it adds (−1)ⁿ·(n − 1)!/xⁿ.
long double scaled_exponential_integral(int order, long double x) {
  const int sign = order % 2 == 0 ? 1 : -1;
  if (!(x > 0)) return x == 0 ? sign * std::numeric_limits<long double>::infinity() : std::numeric_limits<long double>::quiet_NaN();
  if (x < 4) {
    long double value = exponential_integral(x) * std::exp(x), power = 1;
    for (int n = 1; n <= order; ++n) {
      power /= -x;
      value += factorial(n - 1) * power;
    }
    return value;
  }
  if (std::isinf(x)) return sign * 0.0L;
  long double f = x + 121 + order;
  for (int k = 60; k > 0; --k) f = x + (2 * k - 1) + order - k * static_cast<long double>(k + order) / f;
  return sign * factorial(order) * std::pow(x, static_cast<long double>(-order)) / f;
}

struct Expint {  // ∂x = −g·e^−x/x
  static constexpr std::string_view name = "expint";
  template <class T>
  T operator()(T x) const {
    return special::rounded<T>(exponential_integral(x));
  }
  static std::vector<Node> gradient(const GradientArgs& args) {
    const Node x = args.input(0);
    return {-(args.output_gradient(0) * (exp(-x) / x))};
  }
};

struct ScaledExpint {  // y = e^x·E₁(x), or its nth derivative;    ∂x = g times the next
  static constexpr std::string_view name = "scaled_expint";
  static constexpr int highest = 8;
  int order = 0;
  template <class T>
  T operator()(T x) const {
    return special::rounded<T>(scaled_exponential_integral(order, x));
  }
  void check() const {
    if (order < 0 || order > highest) throw ArgumentError(fmt::format("order is {}, must be in [0, {}]", order, highest));
  }
  Attributes attributes() const { return {{"order", std::int64_t{order}}}; }
  static ScaledExpint read(const Attributes& attributes) { return {static_cast<int>(attributes.get<std::int64_t>("order"))}; }
  std::vector<Node> gradient(const GradientArgs& args) const {
    if (order == highest) not_differentiable(args, "the 8th derivative of e^x·E₁(x) is the last");
    return {args.output_gradient(0) * elementwise<ScaledExpint>({args.input(0)}, ScaledExpint{order + 1})};
  }
};

}  // namespace

Node expint(Operand x) { return elementwise<Expint>({x}); }
Node scaled_expint(Operand x) { return elementwise<ScaledExpint>({x}); }

void register_expint_ops() {
  register_elementwise<Expint, 1>();
  register_elementwise<ScaledExpint, 1>();
}

}  // namespace loglik
