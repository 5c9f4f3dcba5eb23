#include "ops/deviances.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "framework/error.h"
#include "framework/primitives.h"
#include "framework/register_elementwise.h"
#include "ops/arithmetic.h"
#include "ops/deviance_simd_kernels.h"
#include "ops/exponential.h"
#include "ops/special_kernels.h"

namespace loglik {
namespace {

constexpr long double infinite = std::numeric_limits<long double>::infinity();
constexpr long double nan = std::numeric_limits<long double>::quiet_NaN();

// x·eˢ that is 0 at x = 0.
long double times_exp(long double x, long double s) { return x == 0 ? 0 : x * std::exp(s); }

// e^s·(e^r − 1 − r) for |r| ≥ 1, without overflow of e^r alone.
long double far_deviance(long double r, long double s) {
  return r > 0 ? times_exp(1 - (1 + r) * std::exp(-r), s + r) : times_exp(std::expm1(r) - r, s);
}

struct GammaDeviance {  // of order 0 e^s·(u − 1 − log u), of order 1 e^s·(u − 1)
  static constexpr std::string_view name = "gamma_deviance";
  int order = 0;
  template <class T>
  T operator()(T y, T m, T s) const {
    return special::rounded<T>(order == 0 ? value(y, m, s) : slope(y, m, s));
  }
  void vectorized(const float* y, const float* m, const float* s, float* out, std::size_t count) const {
    if (order == 0) simd::gamma_deviance(y, m, s, out, count, scalar<0>);
    else simd::gamma_deviance_slope(y, m, s, out, count, scalar<1>);
  }
  template <int order>
  static float scalar(float y, float m, float s) {
    return GammaDeviance{order}(y, m, s);
  }
  static long double value(long double y, long double m, long double s) {
    if (!(y > 0)) return y == 0 ? infinite : nan;
    const long double r = std::log(y) - m;
    return std::abs(r) < 1 ? times_exp(-special::log1pmx(y * std::exp(-m) - 1), s) : far_deviance(r, s);
  }
  static long double slope(long double y, long double m, long double s) {
    if (!(y >= 0)) return nan;
    const long double r = std::log(y) - m;
    if (std::abs(r) < 1) return times_exp(y * std::exp(-m) - 1, s);
    return r > 0 ? times_exp(-std::expm1(-r), s + r) : times_exp(std::expm1(r), s);
  }
  void check() const {
    if (order < 0 || order > 1) throw ArgumentError(fmt::format("order is {}, must be in [0, 1]", order));
  }
  Attributes attributes() const { return {{"order", std::int64_t{order}}}; }
  static GammaDeviance read(const Attributes& attributes) { return {static_cast<int>(attributes.get<std::int64_t>("order"))}; }

  std::vector<Node> gradient(const GradientArgs& args) const {
    const Node g = args.output_gradient(0), y = args.input(0), m = args.input(1), s = args.input(2);
    const Node by_s = args.wants(2) ? g * args.output(0) : Node();
    if (order == 1)  // e^s·(y·e^−m − 1)
      return {args.wants(0) ? mul_exp(g, s - m) : Node(), args.wants(1) ? -mul_exp(g * y, s - m) : Node(), by_s};
    const Node slope = elementwise<GammaDeviance>({y, m, s}, GammaDeviance{1});
    return {args.wants(0) ? g * (slope / y) : Node(), args.wants(1) ? -(g * slope) : Node(), by_s};
  }
};

struct PoissonDeviance {
  static constexpr std::string_view name = "poisson_deviance";
  template <class T>
  T operator()(T y, T x) const {
    return special::rounded<T>(value(y, x));
  }
  static void vectorized(const float* y, const float* x, float* out, std::size_t count) {
    simd::poisson_deviance(y, x, out, count, [](float at, float log_mean) { return PoissonDeviance()(at, log_mean); });
  }
  static long double value(long double y, long double x) {
    if (!(y >= 0)) return nan;
    if (y == 0) return std::exp(x);
    const long double log_y = std::log(y), r = x - log_y;
    return std::abs(r) < 1 ? -y * special::log1pmx(std::exp(x) / y - 1) : far_deviance(r, log_y);
  }
  static std::vector<Node> gradient(const GradientArgs& args) {
    const Node g = args.output_gradient(0), y = args.input(0), x = args.input(1);
    return {args.wants(0) ? g * (log(y) - x) : Node(), args.wants(1) ? mul_exp(g, x) - g * y : Node()};
  }
};

struct InverseGaussianDeviance {  // with r = log(y/μ): ½·e^(s − log y + 2·max(r, 0))·(1 − e^−|r|)²
  static constexpr std::string_view name = "inverse_gaussian_deviance";
  template <class T>
  T operator()(T y, T m, T s) const {
    return special::rounded<T>(value(y, m, s));
  }
  static void vectorized(const float* y, const float* m, const float* s, float* out, std::size_t count) {
    simd::inverse_gaussian_deviance(y, m, s, out, count,
                                    [](float at, float mean, float scale) { return InverseGaussianDeviance()(at, mean, scale); });
  }
  static long double value(long double y, long double m, long double s) {
    if (!(y > 0)) return y == 0 ? infinite : nan;
    const long double log_y = std::log(y), r = log_y - m;
    const long double apart = std::abs(r) < 1 ? y * std::exp(-m) - 1 : -std::expm1(-std::abs(r));
    return times_exp(0.5L * apart * apart, s - log_y + (r >= 1 ? 2 * r : 0));
  }
  static std::vector<Node> gradient(const GradientArgs& args) {
    const Node g = args.output_gradient(0), y = args.input(0), m = args.input(1), s = args.input(2);
    Node by_y, by_m, by_s;
    if (args.wants(0)) {  // ½·e^(s − 2·min(m, log y))·(1 − e^−2|r|), with the sign of r
      const Node log_y = log(y), r = log_y - m;
      const Node difference = where(greater(r, 0.0), -expm1(-2.0 * maximum(r, 0.0)), expm1(2.0 * minimum(r, 0.0)));
      by_y = mul_exp(0.5 * g * difference, s - 2.0 * minimum(m, log_y));
    }
    if (args.wants(1)) by_m = -(g * elementwise<GammaDeviance>({y, m, s - m}, GammaDeviance{1}));
    if (args.wants(2)) by_s = g * args.output(0);
    return {by_y, by_m, by_s};
  }
};

}  // namespace

Node gamma_deviance(Operand y, Operand m, Operand s) { return elementwise<GammaDeviance>({y, m, s}); }
Node poisson_deviance(Operand y, Operand x) { return elementwise<PoissonDeviance>({y, x}); }
Node inverse_gaussian_deviance(Operand y, Operand m, Operand s) { return elementwise<InverseGaussianDeviance>({y, m, s}); }

void register_deviance_ops() {
  register_elementwise<GammaDeviance, 3>();
  register_elementwise<PoissonDeviance, 2>();
  register_elementwise<InverseGaussianDeviance, 3>();
}

}  // namespace loglik
