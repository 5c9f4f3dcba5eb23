#include "ops/incomplete_beta.h"

#include <cmath>
#include <limits>

#include "framework/primitives.h"
#include "framework/register_elementwise.h"
#include "ops/arithmetic.h"
#include "ops/exponential.h"
#include "ops/gamma_functions.h"
#include "ops/incomplete_beta_kernels.h"
#include "ops/special_kernels.h"

namespace loglik {
namespace {

using special::at_logit;
using special::at_odds;
using special::rounded;

constexpr const char* once = "the incomplete beta function is differentiated by its shapes once";

struct Operands {
  explicit Operands(const GradientArgs& args) : a(args.input(0)), b(args.input(1)), x(args.input(2)), y(args.input(3)) {}
  Node a, b, x, y;

  // ∂log K/∂a, ∂log K/∂b, ∂log K/∂logit t, where K = t^a·(1 − t)^b/B is what ∂I/∂logit t is.
  Node kernel_by_a() const { return polygamma_increment(0, a, b) - log1p(y / x); }
  Node kernel_by_b() const { return polygamma_increment(0, b, a) - log1p(x / y); }
  Node kernel_by_logit() const { return (a * y - b * x) / (x + y); }
};

struct ByShape {  // ∂I/∂a
  static constexpr std::string_view name = "incomplete_beta_by_shape";
  template <class T>
  T operator()(T a, T b, T x, T y) const {
    return rounded<T>(special::incomplete_beta_by_a(a, b, at_odds(x, y)));
  }
  static std::vector<Node> gradient(const GradientArgs& args) { not_differentiable(args, once); }
};

struct Slope {  // K/x, which is ∂I/∂x;    ∂log(K/x) as of K, less 1/x by x
  static constexpr std::string_view name = "incomplete_beta_slope";
  template <class T>
  T operator()(T a, T b, T x, T y) const {
    return rounded<T>(special::incomplete_beta_slope(a, b, x, y));
  }
  static std::vector<Node> gradient(const GradientArgs& args) {
    const Operands of(args);
    const Node g = args.output_gradient(0) * args.output(0), by_logit = of.kernel_by_logit();
    return {args.wants(0) ? g * of.kernel_by_a() : Node(), args.wants(1) ? g * of.kernel_by_b() : Node(),
            args.wants(2) ? g * (by_logit - 1.0) / of.x : Node(), args.wants(3) ? -(g * by_logit / of.y) : Node()};
  }
};

struct IncompleteBeta {  // ∂y is −∂I/∂x of the complement, as K/y is its K/x
  static constexpr std::string_view name = "incomplete_beta";
  template <class T>
  T operator()(T a, T b, T x, T y) const {
    return rounded<T>(special::incomplete_beta(a, b, at_odds(x, y)));
  }
  static std::vector<Node> gradient(const GradientArgs& args) {
    const Operands of(args);
    const Node g = args.output_gradient(0);
    return {args.wants(0) ? g * elementwise<ByShape>({of.a, of.b, of.x, of.y}) : Node(),
            args.wants(1) ? -(g * elementwise<ByShape>({of.b, of.a, of.y, of.x})) : Node(),
            args.wants(2) ? g * elementwise<Slope>({of.a, of.b, of.x, of.y}) : Node(),
            args.wants(3) ? -(g * elementwise<Slope>({of.b, of.a, of.y, of.x})) : Node()};
  }
};

struct LogByShape {  // ∂log I/∂a, or ∂b
  static constexpr std::string_view name = "log_incomplete_beta_by_shape";
  bool second = false;
  template <class T>
  T operator()(T a, T b, T x, T y) const {
    const special::UnitPoint at = at_odds(x, y);
    return rounded<T>(second ? special::log_incomplete_beta_by_b(a, b, at) : special::log_incomplete_beta_by_a(a, b, at));
  }
  Attributes attributes() const { return {{"second", second}}; }
  static LogByShape read(const Attributes& attributes) { return {attributes.get<bool>("second")}; }
  static std::vector<Node> gradient(const GradientArgs& args) { not_differentiable(args, once); }
};

struct LogSlope {  // H/x, H/y, where H = K/I is ∂log I/∂logit t;    ∂log H/∂logit t = ∂log K/∂logit t − H
  static constexpr std::string_view name = "log_incomplete_beta_slope";
  bool by_y = false;
  template <class T>
  T operator()(T a, T b, T x, T y) const {
    return rounded<T>(by_y ? special::log_incomplete_beta_slope_of_y(a, b, x, y) : special::log_incomplete_beta_slope(a, b, x, y));
  }
  Attributes attributes() const { return {{"by_y", by_y}}; }
  static LogSlope read(const Attributes& attributes) { return {attributes.get<bool>("by_y")}; }
  std::vector<Node> gradient(const GradientArgs& args) const {
    const Operands of(args);
    const Node value = args.output(0), g = args.output_gradient(0) * value;
    const Node by_logit = of.kernel_by_logit() - value * (by_y ? of.y : of.x);
    const auto log_by = [&](bool second) { return elementwise<LogByShape>({of.a, of.b, of.x, of.y}, LogByShape{second}); };
    return {args.wants(0) ? g * (of.kernel_by_a() - log_by(false)) : Node(), args.wants(1) ? g * (of.kernel_by_b() - log_by(true)) : Node(),
            args.wants(2) ? g * (by_y ? by_logit : by_logit - 1.0) / of.x : Node(),
            args.wants(3) ? -(g * (by_y ? by_logit + 1.0 : by_logit) / of.y) : Node()};
  }
};

struct LogIncompleteBeta {
  static constexpr std::string_view name = "log_incomplete_beta";
  template <class T>
  T operator()(T a, T b, T x, T y) const {
    return rounded<T>(special::log_incomplete_beta(a, b, at_odds(x, y)));
  }
  static std::vector<Node> gradient(const GradientArgs& args) {
    const Operands of(args);
    const Node g = args.output_gradient(0);
    const auto log_by = [&](bool second) { return elementwise<LogByShape>({of.a, of.b, of.x, of.y}, LogByShape{second}); };
    const auto slope = [&](bool by_y) { return elementwise<LogSlope>({of.a, of.b, of.x, of.y}, LogSlope{by_y}); };
    return {args.wants(0) ? g * log_by(false) : Node(), args.wants(1) ? g * log_by(true) : Node(),
            args.wants(2) ? g * slope(false) : Node(), args.wants(3) ? -(g * slope(true)) : Node()};
  }
};

constexpr const char* first_only = "an inverse of the incomplete beta function is differentiated once";

struct Ratio {  // I/K of (a, b, logit t)
  static constexpr std::string_view name = "incomplete_beta_ratio";
  template <class T>
  T operator()(T a, T b, T logit) const {
    return rounded<T>(special::incomplete_beta_ratio(a, b, at_logit(logit)));
  }
  static std::vector<Node> gradient(const GradientArgs& args) { not_differentiable(args, first_only); }
};

struct InverseByShape {  // −(∂I/∂a)/K of (a, b, logit t)
  static constexpr std::string_view name = "incomplete_beta_inverse_by_shape";
  template <class T>
  T operator()(T a, T b, T logit) const {
    return rounded<T>(special::incomplete_beta_inverse_by_a(a, b, at_logit(logit)));
  }
  static std::vector<Node> gradient(const GradientArgs& args) { not_differentiable(args, first_only); }
};

// With the level L = p/(p + q), ∂logit/∂L = 1/K, which is (I/K)/L and as well ((1 − I)/K)/(1 − L): by the smaller of both, which K does not
// underflow with.
struct Inverse {
  static constexpr std::string_view name = "incomplete_beta_inverse";
  template <class T>
  T operator()(T a, T b, T p, T q) const {
    return rounded<T>(special::incomplete_beta_inverse(a, b, p, q));
  }
  static std::vector<Node> gradient(const GradientArgs& args) {
    const Node a = args.input(0), b = args.input(1), p = args.input(2), q = args.input(3);
    const Node g = args.output_gradient(0), logit = args.output(0);
    std::vector<Node> result(4);
    if (args.wants(0)) result[0] = g * elementwise<InverseByShape>({a, b, logit});
    if (args.wants(1)) result[1] = -(g * elementwise<InverseByShape>({b, a, -logit}));
    if (!args.wants(2) && !args.wants(3)) return result;
    const Node low = less(p, q), sum = p + q;
    const Node below = elementwise<Ratio>({a, b, logit}), above = elementwise<Ratio>({b, a, -logit});
    if (args.wants(2)) result[2] = g * where(low, below * (q / sum) / p, above / sum);
    if (args.wants(3)) result[3] = -(g * where(low, below / sum, above * (p / sum) / q));
    return result;
  }
};

}  // namespace

Node incomplete_beta(Operand a, Operand b, Operand x, Operand y) { return elementwise<IncompleteBeta>({a, b, x, y}); }
Node incomplete_beta(Operand a, Operand b, Operand x) {
  return incomplete_beta(a, b, x, x.is_number() ? Operand(1.0 - x.number()) : Operand(1.0 - x));
}
Node log_incomplete_beta(Operand a, Operand b, Operand x, Operand y) { return elementwise<LogIncompleteBeta>({a, b, x, y}); }
Node incomplete_beta_inverse(Operand a, Operand b, Operand p, Operand q) { return elementwise<Inverse>({a, b, p, q}); }

void register_incomplete_beta_ops() {
  register_elementwise<IncompleteBeta, 4>();
  register_elementwise<ByShape, 4>();
  register_elementwise<Slope, 4>();
  register_elementwise<LogIncompleteBeta, 4>();
  register_elementwise<LogByShape, 4>();
  register_elementwise<LogSlope, 4>();
  register_elementwise<Inverse, 4>();
  register_elementwise<InverseByShape, 3>();
  register_elementwise<Ratio, 3>();
}

}  // namespace loglik
