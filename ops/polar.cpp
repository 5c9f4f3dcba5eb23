#include "ops/polar.h"

#include <cmath>

#include "framework/primitives.h"
#include "framework/register_elementwise.h"

namespace loglik {
namespace {

// h, or 1 for a division by h whose numerator is 0 with it.
Node divisor(Node h) { return where(equal(h, 0.0), 1.0, h); }

struct Hypot {  // ∂x = g·x/h,  ∂y = g·y/h
  static constexpr std::string_view name = "hypot";
  template <class T>
  T operator()(T x, T y) const {
    return std::hypot(x, y);
  }
  static std::vector<Node> gradient(const GradientArgs& args) {
    const Node g = args.output_gradient(0), h = divisor(args.output(0));
    return {args.wants(0) ? g * (args.input(0) / h) : Node(), args.wants(1) ? g * (args.input(1) / h) : Node()};
  }
};

struct Atan2 {  // ∂y = g·x/h²,  ∂x = −g·y/h²
  static constexpr std::string_view name = "atan2";
  template <class T>
  T operator()(T y, T x) const {
    return std::atan2(y, x);
  }
  static std::vector<Node> gradient(const GradientArgs& args) {
    const Node g = args.output_gradient(0), y = args.input(0), x = args.input(1), h = divisor(hypot(x, y));
    return {args.wants(0) ? g * (x / h / h) : Node(), args.wants(1) ? -(g * (y / h / h)) : Node()};
  }
};

}  // namespace

Node hypot(Operand x, Operand y) { return elementwise<Hypot>({x, y}); }
Node atan2(Operand y, Operand x) { return elementwise<Atan2>({y, x}); }

void register_polar_ops() {
  register_elementwise<Hypot, 2>();
  register_elementwise<Atan2, 2>();
}

}  // namespace loglik
