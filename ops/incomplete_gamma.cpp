#include "ops/incomplete_gamma.h"

#include <fmt/format.h>

#include "framework/error.h"
#include "framework/primitives.h"
#include "framework/register_elementwise.h"
#include "ops/arithmetic.h"
#include "ops/exponential.h"
#include "ops/gamma_functions.h"
#include "ops/incomplete_gamma_kernels.h"
#include "ops/special_kernels.h"

namespace loglik {
namespace {

using special::Over;

Node density(Over over, Node a, Node x);
Node shape_slope(Over over, Node a, Node x);

// What is differentiated is over 1, P, Q or f; as an attribute.
Attributes over_attribute(Over over) { return {{"over", static_cast<std::int64_t>(over)}}; }
Over read_over(const Attributes& attributes) { return static_cast<Over>(attributes.get<std::int64_t>("over")); }
void check_over(Over over, Over last) {
  if (over < Over::one || over > last)
    throw ArgumentError(fmt::format("over is {}, must be in [0, {}]", static_cast<int>(over), static_cast<int>(last)));
}

// log x − ψ(a): ∂ log f/∂a
Node log_density_by_shape(Node a, Node x) { return log(x) - digamma(a); }
// ∂ log f/∂x
Node log_density_by_x(Node a, Node x) { return (a - 1.0) / x - 1.0; }

struct IncompleteGamma {  // P, Q or their logarithms;    ∂P/∂x = f,  ∂P/∂a = −s
  static constexpr std::string_view name = "incomplete_gamma";
  bool upper = false, log = false;
  template <class T>
  T operator()(T a, T x) const {
    return special::rounded<T>(log ? special::log_gamma_tail(upper, a, x) : special::gamma_tail(upper, a, x));
  }
  Attributes attributes() const { return {{"upper", upper}, {"log", log}}; }
  static IncompleteGamma read(const Attributes& attributes) { return {attributes.get<bool>("upper"), attributes.get<bool>("log")}; }
  std::vector<Node> gradient(const GradientArgs& args) const {
    const Node g = upper ? -args.output_gradient(0) : args.output_gradient(0), a = args.input(0), x = args.input(1);
    const Over over = !log ? Over::one : upper ? Over::upper : Over::lower;
    return {args.wants(0) ? -(g * shape_slope(over, a, x)) : Node(), args.wants(1) ? g * density(over, a, x) : Node()};
  }
};

struct GammaDensity {  // f, f/P or f/Q;    its logarithm's derivatives are those of log f less those of log P or log Q
  static constexpr std::string_view name = "gamma_density";
  Over over = Over::one;
  template <class T>
  T operator()(T a, T x) const {
    return special::rounded<T>(special::gamma_density(over, a, x));
  }
  void check() const { check_over(over, Over::upper); }
  Attributes attributes() const { return over_attribute(over); }
  static GammaDensity read(const Attributes& attributes) { return {read_over(attributes)}; }
  std::vector<Node> gradient(const GradientArgs& args) const {
    const Node a = args.input(0), x = args.input(1), y = args.output(0), gy = args.output_gradient(0) * y;
    const auto less_tail = [&](Node of_density, Over which, auto derivative) {  // ∂ log P is f/P and −s/P, ∂ log Q −f/Q and s/Q
      if (over == Over::one) return of_density;
      return (over == Over::lower) == (which == Over::density) ? of_density - derivative() : of_density + derivative();
    };
    Node by_a, by_x;
    if (args.wants(0)) by_a = gy * less_tail(log_density_by_shape(a, x), Over::one, [&] { return shape_slope(over, a, x); });
    if (args.wants(1)) by_x = gy * less_tail(log_density_by_x(a, x), Over::density, [&] { return y; });
    return {by_a, by_x};
  }
};

struct GammaShapeSlope {  // s = ∂Q/∂a, s/P, s/Q or s/f;    ∂s/∂x = −∂f/∂a = −f·(log x − ψ(a))
  static constexpr std::string_view name = "gamma_shape_slope";
  Over over = Over::one;
  template <class T>
  T operator()(T a, T x) const {
    return special::rounded<T>(special::gamma_shape_slope(over, a, x));
  }
  void check() const { check_over(over, Over::density); }
  Attributes attributes() const { return over_attribute(over); }
  static GammaShapeSlope read(const Attributes& attributes) { return {read_over(attributes)}; }
  std::vector<Node> gradient(const GradientArgs& args) const {
    if (args.wants(0)) not_differentiable(args, "the incomplete gamma function has no second derivative by its shape here");
    const Node a = args.input(0), x = args.input(1), y = args.output(0), g = args.output_gradient(0);
    const Node by_shape = log_density_by_shape(a, x);
    if (over == Over::density) return {Node(), -(g * (by_shape + y * log_density_by_x(a, x)))};
    const Node f = density(over, a, x);
    if (over == Over::one) return {Node(), -(g * f * by_shape)};
    return {Node(), -(g * f * (over == Over::lower ? by_shape + y : by_shape - y))};
  }
};

struct IncompleteGammaInverse {  // x of P(a, x) = p or Q(a, x) = p;    ∂x/∂p = ±1/f,  ∂x/∂a = s/f
  static constexpr std::string_view name = "incomplete_gamma_inverse";
  bool upper = false;
  template <class T>
  T operator()(T a, T p) const {
    return special::rounded<T>(special::gamma_tail_inverse(upper, a, p));
  }
  Attributes attributes() const { return {{"upper", upper}}; }
  static IncompleteGammaInverse read(const Attributes& attributes) { return {attributes.get<bool>("upper")}; }
  std::vector<Node> gradient(const GradientArgs& args) const {
    const Node a = args.input(0), x = args.output(0), g = args.output_gradient(0);
    return {args.wants(0) ? g * shape_slope(Over::density, a, x) : Node(),
            args.wants(1) ? (upper ? -g : g) / density(Over::one, a, x) : Node()};
  }
};

Node density(Over over, Node a, Node x) { return elementwise<GammaDensity>({a, x}, GammaDensity{over}); }
Node shape_slope(Over over, Node a, Node x) { return elementwise<GammaShapeSlope>({a, x}, GammaShapeSlope{over}); }

}  // namespace

Node gamma_p(Operand a, Operand x) { return elementwise<IncompleteGamma>({a, x}, IncompleteGamma{.upper = false}); }
Node gamma_q(Operand a, Operand x) { return elementwise<IncompleteGamma>({a, x}, IncompleteGamma{.upper = true}); }
Node log_gamma_p(Operand a, Operand x) { return elementwise<IncompleteGamma>({a, x}, IncompleteGamma{.upper = false, .log = true}); }
Node log_gamma_q(Operand a, Operand x) { return elementwise<IncompleteGamma>({a, x}, IncompleteGamma{.upper = true, .log = true}); }
Node gamma_p_inverse(Operand a, Operand p) { return elementwise<IncompleteGammaInverse>({a, p}, IncompleteGammaInverse{.upper = false}); }
Node gamma_q_inverse(Operand a, Operand q) { return elementwise<IncompleteGammaInverse>({a, q}, IncompleteGammaInverse{.upper = true}); }
Node gamma_density(Operand a, Operand x) { return elementwise<GammaDensity>({a, x}); }

void register_incomplete_gamma_ops() {
  register_elementwise<IncompleteGamma, 2>();
  register_elementwise<IncompleteGammaInverse, 2>();
  register_elementwise<GammaDensity, 2>();
  register_elementwise<GammaShapeSlope, 2>();
}

}  // namespace loglik
