#include "ops/error_function.h"

#include <cmath>
#include <numbers>

#include "framework/primitives.h"
#include "framework/register_elementwise.h"
#include "ops/arithmetic.h"
#include "ops/exponential.h"

namespace loglik {
namespace {

constexpr double slope_at_zero = 2 * std::numbers::inv_sqrtpi;

struct Erf {  // ∂x = g·2/√π·e^(−x²)
  static constexpr std::string_view name = "erf";
  template <class T>
  T operator()(T x) const {
    return std::erf(x);
  }
  static std::vector<Node> gradient(const GradientArgs& args) {
    return {args.output_gradient(0) * (slope_at_zero * exp(-square(args.input(0))))};
  }
};

struct Erfc {  // ∂x = −g·2/√π·e^(−x²)
  static constexpr std::string_view name = "erfc";
  template <class T>
  T operator()(T x) const {
    return std::erfc(x);
  }
  static std::vector<Node> gradient(const GradientArgs& args) {
    return {args.output_gradient(0) * (-slope_at_zero * exp(-square(args.input(0))))};
  }
};

}  // namespace

Node erf(Operand x) { return elementwise<Erf>({x}); }
Node erfc(Operand x) { return elementwise<Erfc>({x}); }

void register_error_function_ops() {
  register_elementwise<Erf, 1>();
  register_elementwise<Erfc, 1>();
}

}  // namespace loglik
