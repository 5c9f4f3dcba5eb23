#include "ops/activations.h"

#include <fmt/format.h>

#include <cmath>
#include <numbers>

#include "framework/error.h"
#include "framework/primitives.h"
#include "framework/register_elementwise.h"
#include "framework/simd/math.h"
#include "ops/arithmetic.h"
#include "ops/error_function.h"
#include "ops/exponential.h"

namespace loglik {
namespace {

template <class T>
T stable_sigmoid(T x) {  // e^−|x| never overflows; both forms are exact where they are used
  const T e = std::exp(-std::abs(x));
  return (x < 0 ? e : 1) / (1 + e);
}

// x·e^(−x²/2) and x·eˣ are 0 to the last bit long before: held here, −∞·0 is not NaN.
template <class T>
T above(T bound, T x) {
  return x < bound ? bound : x;
}

struct Tanh {  // y = tanh x;    ∂x = g·(1 − y²)
  static constexpr std::string_view name = "tanh";
  static constexpr bool nondecreasing = true;
  static constexpr auto vectorized = simd::tanh;
  template <class T>
  T operator()(T x) const {
    return std::tanh(x);
  }
  static std::vector<Node> gradient(const GradientArgs& args) { return {args.output_gradient(0) * (1.0 - square(args.output(0)))}; }
};

struct Sigmoid {  // y = S(x);    ∂x = g·y·(1 − y)
  static constexpr std::string_view name = "sigmoid";
  static constexpr bool nondecreasing = true;
  static constexpr auto vectorized = simd::sigmoid;
  template <class T>
  T operator()(T x) const {
    return stable_sigmoid(x);
  }
  static std::vector<Node> gradient(const GradientArgs& args) {
    const Node y = args.output(0);
    return {args.output_gradient(0) * (y * (1.0 - y))};
  }
};

// In these, y > 0 exactly where x > 0; asking y lets x's memory go.
Node where_positive(const GradientArgs& args, Operand positive, Operand otherwise) {
  return where(greater(args.output(0), 0.0), positive, otherwise);
}

struct Relu {  // ∂x = g where x > 0
  static constexpr std::string_view name = "relu";
  static constexpr bool nondecreasing = true;
  template <class T>
  T operator()(T x) const {
    return x <= 0 ? 0 : x;
  }
  static std::vector<Node> gradient(const GradientArgs& args) { return {where_positive(args, args.output_gradient(0), 0.0)}; }
  static std::vector<Node> simplify(const SimplifyArgs& args) {
    if (args.input(0).op().name() == name) return {args.input(0)};
    return {};
  }
};

void require_positive(std::string_view what, double value) {
  if (!(value > 0) || std::isinf(value)) throw ArgumentError(fmt::format("needs a finite {} > 0, got {}", what, value));
}

struct LeakyRelu {  // ∂x = g where x > 0, else slope·g
  static constexpr std::string_view name = "leaky_relu";
  static constexpr bool nondecreasing = true;
  double slope = 0.01;

  void check() const { require_positive("slope", slope); }
  static LeakyRelu read(const Attributes& attributes) { return {attributes.get<double>("slope")}; }
  Attributes attributes() const { return {{"slope", slope}}; }
  template <class T>
  T operator()(T x) const {
    return x > 0 ? x : static_cast<T>(slope) * x;
  }
  std::vector<Node> gradient(const GradientArgs& args) const {
    const Node g = args.output_gradient(0);
    return {where_positive(args, g, slope * g)};
  }
};

struct Elu {  // y = α·(eˣ − 1) below 0;    ∂x = g where x > 0, else g·(y + α)
  static constexpr std::string_view name = "elu";
  static constexpr bool nondecreasing = true;
  double alpha = 1;

  void check() const { require_positive("alpha", alpha); }
  static Elu read(const Attributes& attributes) { return {attributes.get<double>("alpha")}; }
  Attributes attributes() const { return {{"alpha", alpha}}; }
  template <class T>
  T operator()(T x) const {
    return x > 0 ? x : static_cast<T>(alpha) * std::expm1(x);
  }
  std::vector<Node> gradient(const GradientArgs& args) const {
    const Node g = args.output_gradient(0);
    return {where_positive(args, g, g * (args.output(0) + alpha))};
  }
};

struct Selu {  // as elu, times λ
  static constexpr std::string_view name = "selu";
  static constexpr bool nondecreasing = true;
  static constexpr double lambda = 1.0507009873554804934193349852946;
  static constexpr double lambda_alpha = 1.7580993408473768599402175208123;
  template <class T>
  T operator()(T x) const {
    return x > 0 ? static_cast<T>(lambda) * x : static_cast<T>(lambda_alpha) * std::expm1(x);
  }
  static std::vector<Node> gradient(const GradientArgs& args) {
    const Node g = args.output_gradient(0);
    return {where_positive(args, lambda * g, g * (args.output(0) + lambda_alpha))};
  }
};

struct Gelu {  // y = x·Φ(x);    ∂x = g·(Φ(x) + x·φ(x))
  static constexpr std::string_view name = "gelu";
  static constexpr double sqrt_half = std::numbers::sqrt2 / 2;
  template <class T>
  T operator()(T x) const {
    const T z = above(T(-40), x);
    return z * (T(0.5) * std::erfc(-z * static_cast<T>(sqrt_half)));
  }
  static std::vector<Node> gradient(const GradientArgs& args) {
    const Node x = clamp(args.input(0), -40, 40);  // beyond, Φ is 0 or 1 to the last bit and φ is 0, where 0·x³ could be NaN
    const Node cdf = 0.5 * erfc(-sqrt_half * x);
    const Node density = sqrt_half * std::numbers::inv_sqrtpi * exp(-0.5 * square(x));
    return {args.output_gradient(0) * (cdf + x * density)};
  }
};

struct GeluTanh {  // y = x·S(2u), u = k·(x + c·x³);    ∂x = g·(S(2u) + x·S(2u)·S(−2u)·2·k·(1 + 3c·x²))
  static constexpr std::string_view name = "gelu_tanh";
  static constexpr double k = std::numbers::sqrt2 * std::numbers::inv_sqrtpi;
  static constexpr double c = 0.044715;
  template <class T>
  T operator()(T x) const {  // ½·(1 + tanh u) = S(2u), which does not cancel for u < 0
    const T z = above(T(-40), x);
    return z * stable_sigmoid(static_cast<T>(2 * k) * (z + static_cast<T>(c) * (z * z * z)));
  }
  static std::vector<Node> gradient(const GradientArgs& args) {
    const Node x = clamp(args.input(0), -40, 40);  // as for gelu
    const Node s = sigmoid(2 * k * (x + c * (x * square(x))));
    return {args.output_gradient(0) * (s + x * (s * (1.0 - s)) * (2 * k * (1.0 + 3 * c * square(x))))};
  }
};

struct Silu {  // y = x·S(x);    ∂x = g·(S(x) + y·(1 − S(x)))
  static constexpr std::string_view name = "silu";
  template <class T>
  T operator()(T x) const {
    const T z = above(T(-800), x);
    return z * stable_sigmoid(z);
  }
  static std::vector<Node> gradient(const GradientArgs& args) {
    const Node s = sigmoid(args.input(0));
    return {args.output_gradient(0) * (s + args.output(0) * (1.0 - s))};
  }
};

struct Softplus {  // log(1 + eˣ) = max(x, 0) + log1p(e^−|x|);    ∂x = g·S(x)
  static constexpr std::string_view name = "softplus";
  static constexpr bool nondecreasing = true;
  static constexpr auto vectorized = simd::softplus;
  template <class T>
  T operator()(T x) const {
    return (x > 0 ? x : 0) + std::log1p(std::exp(-std::abs(x)));
  }
  static std::vector<Node> gradient(const GradientArgs& args) { return {args.output_gradient(0) * sigmoid(args.input(0))}; }
};

struct SoftplusInverse {  // log(eʸ − 1) = y + log(1 − e⁻ʸ), which does not overflow;    ∂y = g/(1 − e⁻ʸ)
  static constexpr std::string_view name = "softplus_inverse";
  template <class T>
  T operator()(T y) const {
    return y < 1 ? std::log(std::expm1(y)) : y + std::log1p(-std::exp(-y));
  }
  static std::vector<Node> gradient(const GradientArgs& args) { return {args.output_gradient(0) / -expm1(-args.input(0))}; }
};

}  // namespace

Node tanh(Operand x) { return elementwise<Tanh>({x}); }
Node sigmoid(Operand x) { return elementwise<Sigmoid>({x}); }
Node relu(Operand x) { return elementwise<Relu>({x}); }
Node leaky_relu(Operand x) { return elementwise<LeakyRelu>({x}); }
Node leaky_relu_with(Operand x, double slope) { return elementwise<LeakyRelu>({x}, LeakyRelu{slope}); }
Node elu(Operand x) { return elementwise<Elu>({x}); }
Node elu_with(Operand x, double alpha) { return elementwise<Elu>({x}, Elu{alpha}); }
Node selu(Operand x) { return elementwise<Selu>({x}); }
Node gelu(Operand x) { return elementwise<Gelu>({x}); }
Node gelu_tanh(Operand x) { return elementwise<GeluTanh>({x}); }
Node silu(Operand x) { return elementwise<Silu>({x}); }
Node softplus(Operand x) { return elementwise<Softplus>({x}); }
Node softplus_inverse(Operand y) { return elementwise<SoftplusInverse>({y}); }

void register_activation_ops() {
  register_elementwise<Tanh, 1>();
  register_elementwise<Sigmoid, 1>();
  register_elementwise<Relu, 1>();
  register_elementwise<LeakyRelu, 1>();
  register_elementwise<Elu, 1>();
  register_elementwise<Selu, 1>();
  register_elementwise<Gelu, 1>();
  register_elementwise<GeluTanh, 1>();
  register_elementwise<Silu, 1>();
  register_elementwise<Softplus, 1>();
  register_elementwise<SoftplusInverse, 1>();
}

}  // namespace loglik
