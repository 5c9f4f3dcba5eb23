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

}  // namespace

Node expint(Operand x) { return elementwise<Expint>({x}); }

void register_expint_ops() { register_elementwise<Expint, 1>(); }

}  // namespace loglik
