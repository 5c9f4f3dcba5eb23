#include "ops/expint.h"

#include <boost/math/special_functions/expint.hpp>
#include <cmath>
#include <limits>

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

// From x = 20 on by the continued fraction 1/(x + 1 − 1/(x + 3 − 4/(x + 5 − …))) of the NIST Handbook, 6.9.1, of which 20 steps leave
// 1e-20.
long double scaled_exponential_integral(long double x) {
  if (!(x >= 20)) return exponential_integral(x) * std::exp(x);
  long double f = x + 41;
  for (int n = 20; n > 0; --n) f = x + (2 * n - 1) - n * n / f;
  return 1 / f;
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

struct ScaledExpint {  // y = e^x·E₁(x);    ∂x = g·(y − 1/x)
  static constexpr std::string_view name = "scaled_expint";
  template <class T>
  T operator()(T x) const {
    return special::rounded<T>(scaled_exponential_integral(x));
  }
  static std::vector<Node> gradient(const GradientArgs& args) { return {args.output_gradient(0) * (args.output(0) - 1.0 / args.input(0))}; }
};

}  // namespace

Node expint(Operand x) { return elementwise<Expint>({x}); }
Node scaled_expint(Operand x) { return elementwise<ScaledExpint>({x}); }

void register_expint_ops() {
  register_elementwise<Expint, 1>();
  register_elementwise<ScaledExpint, 1>();
}

}  // namespace loglik
