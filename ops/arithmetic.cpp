#include "ops/arithmetic.h"

#include <fmt/format.h>

#include <cmath>
#include <optional>

#include "framework/error.h"
#include "framework/leaves.h"
#include "framework/primitives.h"
#include "framework/register_elementwise.h"
#include "framework/simd/math.h"
#include "ops/exponential.h"
#include "ops/logical.h"

namespace loglik {
namespace {

// f(f(x)) = f(x), bit for bit.
template <class F>
std::vector<Node> idempotent(const SimplifyArgs& args) {
  if (args.input(0).op().name() == F::name) return {args.input(0)};
  return {};
}

struct Abs {  // |x|;    ∂x = g·sign x
  static constexpr std::string_view name = "abs";
  template <class T>
  T operator()(T x) const {
    return std::abs(x);
  }
  static std::vector<Node> gradient(const GradientArgs& args) { return {args.output_gradient(0) * sign(args.input(0))}; }
  static std::vector<Node> simplify(const SimplifyArgs& args) {  // |−x| = |x|
    if (args.input(0).op().name() == "neg") return {abs(args.input(0).inputs()[0])};
    return idempotent<Abs>(args);
  }
};

struct Sign {
  static constexpr std::string_view name = "sign";
  static constexpr bool nondecreasing = true;
  template <class T>
  T operator()(T x) const {
    return x != x ? x : static_cast<T>((x > 0) - (x < 0));
  }
  static std::vector<Node> gradient(const GradientArgs&) { return {Node()}; }
  static std::vector<Node> simplify(const SimplifyArgs& args) { return idempotent<Sign>(args); }
};

struct Square {  // x²;    ∂x = 2·g·x
  static constexpr std::string_view name = "square";
  template <class T>
  T operator()(T x) const {
    return x * x;
  }
  static std::vector<Node> gradient(const GradientArgs& args) { return {args.output_gradient(0) * (2.0 * args.input(0))}; }
  static std::vector<Node> simplify(const SimplifyArgs& args) {  // (−x)² = |x|² = x²
    const Node x = args.input(0);
    if (x.op().name() == "neg" || x.op().name() == Abs::name) return {square(x.inputs()[0])};
    return {};
  }
};

struct Rsqrt {  // y = 1/√x;    ∂x = −½·g·y³
  static constexpr std::string_view name = "rsqrt";
  template <class T>
  T operator()(T x) const {
    return 1 / std::sqrt(x);
  }
  static std::vector<Node> gradient(const GradientArgs& args) {
    const Node y = args.output(0);
    return {-0.5 * args.output_gradient(0) * (y * square(y))};
  }
};

struct Reciprocal {  // y = 1/x;    ∂x = −g·y²
  static constexpr std::string_view name = "reciprocal";
  template <class T>
  T operator()(T x) const {
    return 1 / x;
  }
  static std::vector<Node> gradient(const GradientArgs& args) { return {-(args.output_gradient(0) * square(args.output(0)))}; }
};

struct Floor {
  static constexpr std::string_view name = "floor";
  static constexpr bool nondecreasing = true;
  template <class T>
  T operator()(T x) const {
    return std::floor(x);
  }
  static std::vector<Node> gradient(const GradientArgs&) { return {Node()}; }
  static std::vector<Node> simplify(const SimplifyArgs& args) { return idempotent<Floor>(args); }
};

// The value that all elements of a constant have, if the node is one.
std::optional<double> uniform_value(Node node) {
  const Tensor* tensor = constant_value(node);
  if (tensor == nullptr || tensor->count() == 0) return {};
  const double value = tensor->at(0);
  for (std::int64_t i = 1; i < tensor->count(); ++i)
    if (tensor->at(i) != value) return {};
  return value;
}

struct Pow {  // y = aᵇ;    ∂a = g·b·aᵇ⁻¹, ∂b = g·y·log a
  static constexpr std::string_view name = "pow";
  static constexpr auto vectorized = simd::pow;
  template <class T>
  T operator()(T a, T b) const {
    return std::pow(a, b);
  }

  static std::vector<Node> gradient(const GradientArgs& args) {
    return {args.wants(0) ? base_gradient(args) : Node(), args.wants(1) ? exponent_gradient(args) : Node()};
  }

  static Node base_gradient(const GradientArgs& args) {
    const Node g = args.output_gradient(0), a = args.input(0), b = args.input(1);
    if (const std::optional<double> exponent = uniform_value(b)) {
      if (*exponent == 0) return {};  // never 0·0⁻¹
      if (*exponent == 1) return g;
      return g * (*exponent * (*exponent == 2 ? a : pow(a, *exponent - 1)));
    }
    // Only at a = b = 0 is 0·aᵇ⁻¹ no number. Elsewhere the exponent stays b − 1, so that ∂²/∂a∂b is right at b = 0.
    const Node undefined = logical_and(equal(a, 0.0), equal(b, 0.0));
    return g * (b * pow(a, where(undefined, 0.0, b - 1.0)));
  }

  static Node exponent_gradient(const GradientArgs& args) {
    const Node a = args.input(0), b = args.input(1);
    const Node zero = logical_and(equal(a, 0.0), greater_equal(b, 0.0));  // y·log a → 0, where 0·−∞ would be NaN
    return args.output_gradient(0) * (args.output(0) * log(where(zero, 1.0, a)));
  }

  // a¹ is a. a·a and 1/a are rounded correctly, pow(a, ±2) and pow(a, −1) to within an ulp: the error only shrinks.
  static std::vector<Node> simplify(const SimplifyArgs& args) {
    if (args.input(0).type() != args.output_type(0)) return {};
    if (args.is_constant(1, 1.0)) return {args.input(0)};
    if (args.is_constant(1, 2.0)) return {square(args.input(0))};
    if (args.is_constant(1, -1.0)) return {reciprocal(args.input(0))};
    return {};
  }
};

// g to the input that is chosen, half of it to each where they are equal.
template <class Chosen>
std::vector<Node> gradient_to_chosen(const GradientArgs& args, Chosen chosen) {
  const Node g = args.output_gradient(0), a = args.input(0), b = args.input(1);
  const Node tie = where(equal(a, b), 0.5 * g, 0.0);
  return {args.wants(0) ? where(chosen(a, b), g, tie) : Node(), args.wants(1) ? where(chosen(b, a), g, tie) : Node()};
}

struct Minimum {
  static constexpr std::string_view name = "minimum";
  static constexpr bool nondecreasing = true;
  template <class T>
  T operator()(T a, T b) const {
    const bool first = (a < b) | (a != a);
    return first ? a : b;
  }
  static std::vector<Node> gradient(const GradientArgs& args) {
    return gradient_to_chosen(args, [](Node a, Node b) { return less(a, b); });
  }
};

struct Maximum {
  static constexpr std::string_view name = "maximum";
  static constexpr bool nondecreasing = true;
  template <class T>
  T operator()(T a, T b) const {
    const bool first = (a > b) | (a != a);
    return first ? a : b;
  }
  static std::vector<Node> gradient(const GradientArgs& args) {
    return gradient_to_chosen(args, [](Node a, Node b) { return greater(a, b); });
  }
};

struct Clamp {
  static constexpr std::string_view name = "clamp";
  static constexpr bool nondecreasing = true;
  double low = 0;
  double high = 0;

  void check() const {
    if (!(low <= high)) throw ArgumentError(fmt::format("needs low ≤ high, got [{}, {}]", low, high));
  }
  static Clamp read(const Attributes& attributes) { return {attributes.get<double>("low"), attributes.get<double>("high")}; }
  Attributes attributes() const { return {{"low", low}, {"high", high}}; }

  template <class T>
  T operator()(T x) const {
    const T least = static_cast<T>(low), most = static_cast<T>(high);
    return x < least ? least : x > most ? most : x;
  }
  static std::vector<Node> gradient(const GradientArgs& args) {  // x = y exactly where x is within
    return {where(equal(args.input(0), args.output(0)), args.output_gradient(0), 0.0)};
  }
  std::vector<Node> simplify(const SimplifyArgs& args) const {
    const Op& inner = args.input(0).op();
    if (inner.name() == name && inner.attributes() == attributes()) return {args.input(0)};
    return {};
  }
};

}  // namespace

Node abs(Operand x) { return elementwise<Abs>({x}); }
Node sign(Operand x) { return elementwise<Sign>({x}); }
Node square(Operand x) { return elementwise<Square>({x}); }
Node rsqrt(Operand x) { return elementwise<Rsqrt>({x}); }
Node reciprocal(Operand x) { return elementwise<Reciprocal>({x}); }
Node floor(Operand x) { return elementwise<Floor>({x}); }
Node pow(Operand a, Operand b) { return elementwise<Pow>({a, b}); }
Node minimum(Operand a, Operand b) { return elementwise<Minimum>({a, b}); }
Node maximum(Operand a, Operand b) { return elementwise<Maximum>({a, b}); }
Node clamp(Operand x, double low, double high) { return elementwise<Clamp>({x}, Clamp{low, high}); }

void register_arithmetic_ops() {
  register_elementwise<Abs, 1>();
  register_elementwise<Sign, 1>();
  register_elementwise<Square, 1>();
  register_elementwise<Rsqrt, 1>();
  register_elementwise<Reciprocal, 1>();
  register_elementwise<Floor, 1>();
  register_elementwise<Pow, 2>();
  register_elementwise<Minimum, 2>();
  register_elementwise<Maximum, 2>();
  register_elementwise<Clamp, 1>();
}

}  // namespace loglik
