#include "ops/gamma_functions.h"

#include <fmt/format.h>

#include <boost/math/special_functions/digamma.hpp>
#include <boost/math/special_functions/gamma.hpp>
#include <cmath>
#include <limits>
#include <numbers>

#include "framework/error.h"
#include "framework/primitives.h"
#include "framework/register_elementwise.h"
#include "ops/gamma_simd_kernels.h"
#include "ops/special_kernels.h"

namespace loglik {
namespace special {
namespace {

constexpr long double infinite = std::numeric_limits<long double>::infinity();
constexpr long double nan = std::numeric_limits<long double>::quiet_NaN();

// B₂, B₄, …, B₂₈: Bernoulli's numbers.
constexpr long double bernoulli[] = {
    1.0L / 6,       -1.0L / 30,       1.0L / 42,       -1.0L / 30,           5.0L / 66,      -691.0L / 2730,       7.0L / 6, -3617.0L / 510,
    43867.0L / 798, -174611.0L / 330, 854513.0L / 138, -236364091.0L / 2730, 8553103.0L / 6, -23749461029.0L / 870};

// From here on the series of Stirling is exact to long double with these 14 terms, whatever the derivative up to 20: the first term left
// out is below (28 + n)!/n!·(2πx)⁻²⁸ of the first.
long double asymptotic(int order) { return 16 + order; }

long double factorial(int n) {
  long double value = 1;
  for (int i = 2; i <= n; ++i) value *= i;
  return value;
}

// 1/xⁿ
long double inverse_power(long double x, int n) {
  long double value = 1;
  for (int i = 0; i < n; ++i) value /= x;
  return value;
}

// 1/x^p − 1/(x + step)^p
long double power_difference(long double x, long double step, int p) {
  return -std::expm1(-p * std::log1p(step / x)) * inverse_power(x, p);
}

// The factor of x^−(2j−1+n) in the nth derivative of Stirling's series Σ B₂ⱼ/(2j(2j−1)) x^−(2j−1).
long double stirling_coefficient(int order, int j) {
  long double c = bernoulli[j - 1] / (2 * j * (2 * j - 1));
  for (int i = 0; i < order; ++i) c *= -(2 * j - 1 + i);
  return c;
}

long double stirling_series(int order, long double x) {
  const long double square = 1 / (x * x);
  long double sum = 0;
  for (int j = 14; j > 0; --j) sum = sum * square + stirling_coefficient(order, j);
  return sum * inverse_power(x, 1 + order);
}

// The nth derivative of δ(x) − δ(x + 1) = (x + ½)·log(1 + 1/x) − 1. All have one sign, so that their sum loses nothing.
long double stirling_step(int order, long double x) {
  if (order == 0) return (x + 0.5L) * std::log1p(1 / x) - 1;
  if (order == 1) return std::log1p(1 / x) - 0.5L * (1 / x + 1 / (x + 1));
  if (order == 2) return 0.5L / (x * x * (x + 1) * (x + 1));
  const long double trapezoid = 0.5L * (order - 1) * (inverse_power(x, order) + inverse_power(x + 1, order));
  return (order % 2 == 0 ? 1 : -1) * factorial(order - 2) * (trapezoid - power_difference(x, 1, order - 1));
}

}  // namespace

double log_gamma(double x) {
  if (!(x > 0)) return x == 0 ? std::numeric_limits<double>::infinity() : std::numeric_limits<double>::quiet_NaN();
  return std::isinf(x) ? x : boost::math::lgamma(x, Quiet());
}

double digamma(double x) {
  if (!(x > 0)) return x == 0 ? -std::numeric_limits<double>::infinity() : std::numeric_limits<double>::quiet_NaN();
  return std::isinf(x) ? x : boost::math::digamma(x, Quiet());
}

long double stirling(int order, long double x) {
  if (!(x > 0)) return x == 0 ? (order % 2 == 0 ? infinite : -infinite) : nan;
  if (std::isinf(x)) return order % 2 == 0 ? 0.0L : -0.0L;
  long double sum = 0, at = x;
  for (; at < asymptotic(order); ++at) sum += stirling_step(order, at);
  return sum + stirling_series(order, at);
}

long double polygamma(int order, long double x) {
  const int sign = order % 2 == 0 ? -1 : 1;
  if (!(x > 0)) return x == 0 ? sign * infinite : nan;
  if (std::isinf(x)) return sign * 0.0L;
  long double sum = 0, at = x;
  for (; at < asymptotic(order); ++at) sum += inverse_power(at, order + 1);
  sum *= factorial(order);
  const long double leading = factorial(order - 1) * inverse_power(at, order) * (1 + order / (2 * at));
  return sign * (sum + leading) + stirling_series(order + 1, at);
}

long double polygamma_increment(int order, long double a, long double b) {
  if (!(a > 0 && b >= 0)) return a == 0 && b >= 0 ? (b == 0 ? 0.0L : (order % 2 == 0 ? infinite : -infinite)) : nan;
  if (std::isinf(a)) return std::isinf(b) ? nan : 0.0L;
  if (std::isinf(b)) return order == 0 ? infinite : -polygamma(order, a);
  const int sign = order % 2 == 0 ? -1 : 1;  // of ψ⁽ⁿ⁾, which −1/(x + i)ⁿ⁺¹ adds up to
  long double sum = 0, at = a;
  for (; at < asymptotic(order); ++at) sum += power_difference(at, b, order + 1);
  sum *= factorial(order);
  const long double leading = order == 0 ? std::log1p(b / at) : factorial(order - 1) * power_difference(at, b, order);
  const long double half = 0.5L * factorial(order) * power_difference(at, b, order + 1);
  long double series = 0;
  for (int j = 14; j > 0; --j) series += stirling_coefficient(order + 1, j) * power_difference(at, b, 2 * j + order);
  return -sign * (sum + leading + half) - series;
}

long double log_beta(long double a, long double b) {
  if (a < b) std::swap(a, b);
  if (!(b > 0) || std::isnan(a)) return b == 0 && a >= 0 ? infinite : nan;
  if (std::isinf(a)) return -infinite;
  const long double remainders = stirling(0, a) - stirling(0, a + b) + stirling(0, b);
  return remainders + half_log_2pi - 0.5L * std::log(b) - (a - 0.5L) * std::log1p(b / a) - b * std::log1p(a / b);
}

}  // namespace special

namespace {

constexpr int highest = 19;

void check_order(int order, int most) {
  if (order < 0 || order > most) throw ArgumentError(fmt::format("order is {}, must be in [0, {}]", order, most));
}

// F of that order where the vectors' kernel doesn't know it.
template <class F, int... order>
float scalar(float x) {
  return F{order...}(x);
}

struct LogGamma {  // ∂x = g·ψ(x)
  static constexpr std::string_view name = "lgamma";
  template <class T>
  T operator()(T x) const {
    return special::rounded<T>(special::log_gamma(x));
  }
  static void vectorized(const float* x, float* y, std::size_t count) { simd::lgamma(x, y, count, scalar<LogGamma>); }
  static std::vector<Node> gradient(const GradientArgs& args) { return {args.output_gradient(0) * digamma(args.input(0))}; }
};

struct Polygamma {  // ψ⁽ⁿ⁾(x);    ∂x = g·ψ⁽ⁿ⁺¹⁾(x)
  static constexpr std::string_view name = "polygamma";
  int order = 0;
  template <class T>
  T operator()(T x) const {
    return special::rounded<T>(order == 0 ? special::digamma(x) : special::polygamma(order, x));
  }
  void vectorized(const float* x, float* y, std::size_t count) const {
    if (order == 0) return simd::digamma(x, y, count, scalar<Polygamma>);
    for (std::size_t k = 0; k < count; ++k) y[k] = (*this)(x[k]);
  }
  void check() const { check_order(order, highest); }
  Attributes attributes() const { return {{"order", std::int64_t{order}}}; }
  static Polygamma read(const Attributes& attributes) { return {static_cast<int>(attributes.get<std::int64_t>("order"))}; }
  std::vector<Node> gradient(const GradientArgs& args) const {
    if (order == highest) not_differentiable(args, "the 20th derivative of log Γ is the last");
    return {args.output_gradient(0) * polygamma(order + 1, args.input(0))};
  }
};

struct PolygammaIncrement {  // ψ⁽ⁿ⁾(a + b) − ψ⁽ⁿ⁾(a);    ∂a is the same of n + 1,  ∂b = g·ψ⁽ⁿ⁺¹⁾(a + b)
  static constexpr std::string_view name = "polygamma_increment";
  int order = 0;
  template <class T>
  T operator()(T a, T b) const {
    return special::rounded<T>(special::polygamma_increment(order, a, b));
  }
  void check() const { check_order(order, highest); }
  Attributes attributes() const { return {{"order", std::int64_t{order}}}; }
  static PolygammaIncrement read(const Attributes& attributes) { return {static_cast<int>(attributes.get<std::int64_t>("order"))}; }
  std::vector<Node> gradient(const GradientArgs& args) const {
    if (order == highest) not_differentiable(args, "the 20th derivative of log Γ is the last");
    const Node g = args.output_gradient(0), a = args.input(0), b = args.input(1);
    return {args.wants(0) ? g * polygamma_increment(order + 1, a, b) : Node(), args.wants(1) ? g * polygamma(order + 1, a + b) : Node()};
  }
};

struct StirlingRemainder {  // the nth derivative of δ(x);    ∂x = g times the next
  static constexpr std::string_view name = "stirling_remainder";
  int order = 0;
  template <class T>
  T operator()(T x) const {
    return special::rounded<T>(special::stirling(order, x));
  }
  void vectorized(const float* x, float* y, std::size_t count) const {
    if (order == 0) return simd::stirling_remainder(x, y, count, scalar<StirlingRemainder>);
    if (order == 1) return simd::stirling_slope(x, y, count, scalar<StirlingRemainder, 1>);
    for (std::size_t k = 0; k < count; ++k) y[k] = (*this)(x[k]);
  }
  void check() const { check_order(order, highest + 1); }
  Attributes attributes() const { return {{"order", std::int64_t{order}}}; }
  static StirlingRemainder read(const Attributes& attributes) { return {static_cast<int>(attributes.get<std::int64_t>("order"))}; }
  std::vector<Node> gradient(const GradientArgs& args) const {
    if (order > highest) not_differentiable(args, "the 20th derivative is the last");
    return {args.output_gradient(0) * stirling_remainder_derivative(order + 1, args.input(0))};
  }
};

struct LogBeta {  // ∂a = g·(ψ(a) − ψ(a + b)),  ∂b = g·(ψ(b) − ψ(a + b))
  static constexpr std::string_view name = "lbeta";
  template <class T>
  T operator()(T a, T b) const {
    return special::rounded<T>(special::log_beta(a, b));
  }
  static std::vector<Node> gradient(const GradientArgs& args) {
    const Node g = args.output_gradient(0), a = args.input(0), b = args.input(1);
    return {args.wants(0) ? -(g * polygamma_increment(0, a, b)) : Node(), args.wants(1) ? -(g * polygamma_increment(0, b, a)) : Node()};
  }
};

}  // namespace

Node lgamma(Operand x) { return elementwise<LogGamma>({x}); }
Node digamma(Operand x) { return elementwise<Polygamma>({x}, Polygamma{0}); }
Node trigamma(Operand x) { return elementwise<Polygamma>({x}, Polygamma{1}); }
Node polygamma(int order, Operand x) { return elementwise<Polygamma>({x}, Polygamma{order}); }
Node polygamma_increment(int order, Operand a, Operand b) { return elementwise<PolygammaIncrement>({a, b}, PolygammaIncrement{order}); }
Node lbeta(Operand a, Operand b) { return elementwise<LogBeta>({a, b}); }
Node stirling_remainder(Operand x) { return elementwise<StirlingRemainder>({x}); }
Node stirling_remainder_derivative(int n, Operand x) { return elementwise<StirlingRemainder>({x}, StirlingRemainder{n}); }

void register_gamma_functions() {
  register_elementwise<LogGamma, 1>();
  register_elementwise<Polygamma, 1>();
  register_elementwise<PolygammaIncrement, 2>();
  register_elementwise<StirlingRemainder, 1>();
  register_elementwise<LogBeta, 2>();
}

}  // namespace loglik
