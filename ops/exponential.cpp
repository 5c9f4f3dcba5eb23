#include "ops/exponential.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include "framework/primitives.h"
#include "framework/register_elementwise.h"
#include "framework/simd/math.h"
#include "ops/activations.h"
#include "ops/arithmetic.h"
#include "ops/deviance_simd_kernels.h"
#include "ops/logical.h"
#include "ops/softmax_patterns.h"
#include "ops/special_kernels.h"

namespace loglik {

// With s = t/(2 + t), log(1 + t) = 2·(s + s³/3 + s⁵/5 + …) and t = 2s + s·t.
long double special::log1pmx(long double t) {
  if (!(std::abs(t) < 0.5L)) return std::log1p(t) - t;
  const long double s = t / (2 + t), square = s * s;
  long double sum = 0;
  for (int n = 43; n >= 3; n -= 2) sum = sum * square + 1.0L / n;
  return s * (2 * square * sum - t);
}

namespace {

struct Exp {  // y = eˣ;    ∂x = g·y
  static constexpr std::string_view name = "exp";
  static constexpr bool nondecreasing = true;
  static constexpr auto vectorized = simd::exp;
  template <class T>
  T operator()(T x) const {
    return std::exp(x);
  }
  static std::vector<Node> gradient(const GradientArgs& args) { return {args.output_gradient(0) * args.output(0)}; }
  static std::span<const Pattern> patterns() { return softmax_patterns(); }
};

struct Expm1 {  // eˣ − 1;    ∂x = g·eˣ, which y + 1 would lose for x far below 0
  static constexpr std::string_view name = "expm1";
  static constexpr bool nondecreasing = true;
  static constexpr auto vectorized = simd::expm1;
  template <class T>
  T operator()(T x) const {
    return std::expm1(x);
  }
  static std::vector<Node> gradient(const GradientArgs& args) { return {args.output_gradient(0) * exp(args.input(0))}; }
};

struct Log {  // log x;    ∂x = g/x
  static constexpr std::string_view name = "log";
  static constexpr auto vectorized = simd::log;
  template <class T>
  T operator()(T x) const {
    return std::log(x);
  }
  static std::vector<Node> gradient(const GradientArgs& args) { return {args.output_gradient(0) / args.input(0)}; }
};

struct Log1p {  // log(1 + x);    ∂x = g/(1 + x)
  static constexpr std::string_view name = "log1p";
  static constexpr auto vectorized = simd::log1p;
  template <class T>
  T operator()(T x) const {
    return std::log1p(x);
  }
  static std::vector<Node> gradient(const GradientArgs& args) { return {args.output_gradient(0) / (1.0 + args.input(0))}; }
};

struct MulExp {  // y = x·eˢ;    ∂x = g·eˢ,  ∂s = g·y
  static constexpr std::string_view name = "mul_exp";
  static constexpr auto vectorized = simd::mul_exp;
  template <class T>
  T operator()(T x, T s) const {
    // Half of eˢ at a time: where a half overflows, so does x·eˢ for every normal x, and a half held finite keeps 0 from becoming 0·∞.
    const T half = std::exp(std::min(s / 2, largest<T>));
    const T product = x * half * half;
    return half == 0 && std::isinf(x) ? x : product;  // infinite for every finite s
  }
  static std::vector<Node> gradient(const GradientArgs& args) {
    const Node g = args.output_gradient(0);
    return {args.wants(0) ? mul_exp(g, args.input(1)) : Node(), args.wants(1) ? g * args.output(0) : Node()};
  }

 private:
  template <class T>
  static constexpr T largest = sizeof(T) == sizeof(float) ? T(88.7) : T(709.7);  // e^largest is still finite
};

struct Log1mexp {  // log(1 − e^−d);    ∂d = g·e^−d/(1 − e^−d), where nothing overflows, of any order
  static constexpr std::string_view name = "log1mexp";
  template <class T>
  T operator()(T d) const {
    return d > std::numbers::ln2_v<T> ? std::log1p(-std::exp(-d)) : std::log(-std::expm1(-d));
  }
  static std::vector<Node> gradient(const GradientArgs& args) {
    const Node d = args.input(0);
    return {args.output_gradient(0) * (exp(-d) / -expm1(-d))};
  }
};

struct Log1pmx {  // log(1 + x) − x;    ∂x = −g·x/(1 + x)
  static constexpr std::string_view name = "log1pmx";
  template <class T>
  T operator()(T x) const {
    return special::rounded<T>(special::log1pmx(x));
  }
  static void vectorized(const float* x, float* y, std::size_t count) {
    simd::log1pmx(x, y, count, [](float at) { return Log1pmx()(at); });
  }
  static std::vector<Node> gradient(const GradientArgs& args) {
    const Node x = args.input(0);
    return {args.output_gradient(0) * -(x / (1.0 + x))};
  }
};

struct Logaddexp {  // max + log1p(e^−|a − b|);    ∂a = g·S(a − b),  ∂b = g·S(b − a)
  static constexpr std::string_view name = "logaddexp";
  static constexpr auto vectorized = simd::logaddexp;
  template <class T>
  T operator()(T a, T b) const {
    const T high = a < b ? b : a, low = a < b ? a : b;
    const T apart = a == b ? 0 : low - high;  // ∞ − ∞ would be NaN
    return high + std::log1p(std::exp(apart));
  }
  static std::vector<Node> gradient(const GradientArgs& args) {
    const Node g = args.output_gradient(0), a = args.input(0), b = args.input(1);
    const Node same = logical_and(equal(a, b), equal(abs(a), std::numeric_limits<double>::infinity()));
    const Node apart = where(same, 0.0, a - b);
    return {args.wants(0) ? g * sigmoid(apart) : Node(), args.wants(1) ? g * sigmoid(-apart) : Node()};
  }
};

}  // namespace

Node exp(Operand x) { return elementwise<Exp>({x}); }
Node expm1(Operand x) { return elementwise<Expm1>({x}); }
Node log(Operand x) { return elementwise<Log>({x}); }
Node log1p(Operand x) { return elementwise<Log1p>({x}); }
Node log1pmx(Operand x) { return elementwise<Log1pmx>({x}); }
Node log1mexp(Operand d) { return elementwise<Log1mexp>({d}); }
Node logaddexp(Operand a, Operand b) { return elementwise<Logaddexp>({a, b}); }
Node mul_exp(Operand x, Operand s) { return elementwise<MulExp>({x, s}); }

void register_exponential_ops() {
  register_elementwise<Exp, 1>();
  register_elementwise<Expm1, 1>();
  register_elementwise<Log, 1>();
  register_elementwise<Log1p, 1>();
  register_elementwise<MulExp, 2>();
  register_elementwise<Log1pmx, 1>();
  register_elementwise<Log1mexp, 1>();
  register_elementwise<Logaddexp, 2>();
}

}  // namespace loglik
