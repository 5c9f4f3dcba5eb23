#include "ops/trigonometric.h"

#include <cmath>

#include "framework/register_elementwise.h"
#include "framework/simd/math.h"

namespace loglik {
namespace {

struct Sin {  // sin x;    ∂x = g·cos x
  static constexpr std::string_view name = "sin";
  static constexpr auto vectorized = simd::sin;
  template <class T>
  T operator()(T x) const {
    return std::sin(x);
  }
  static std::vector<Node> gradient(const GradientArgs& args) { return {args.output_gradient(0) * cos(args.input(0))}; }
};

struct Cos {  // cos x;    ∂x = −g·sin x
  static constexpr std::string_view name = "cos";
  static constexpr auto vectorized = simd::cos;
  template <class T>
  T operator()(T x) const {
    return std::cos(x);
  }
  static std::vector<Node> gradient(const GradientArgs& args) { return {-(args.output_gradient(0) * sin(args.input(0)))}; }
};

}  // namespace

Node sin(Operand x) { return elementwise<Sin>({x}); }
Node cos(Operand x) { return elementwise<Cos>({x}); }

void register_trigonometric_ops() {
  register_elementwise<Sin, 1>();
  register_elementwise<Cos, 1>();
}

}  // namespace loglik
