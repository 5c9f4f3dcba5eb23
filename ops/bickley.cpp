#include "ops/bickley.h"

#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <numbers>

#include "framework/error.h"
#include "framework/primitives.h"
#include "framework/register_elementwise.h"

namespace loglik {
namespace {

// ∫ cⁿ·e^(−x·c)/(1 + c) dt with c = cosh t − 1. For large x the integrand is a peak of width 1/√x: there with t = 2·asinh(r/√(2x)),
// c = r²/x, in which it is e^(−r²) times what hardly varies. Its terms fall faster than any power; so ends the sum.
double integral(int n, double x) {
  if (x >= 16) {
    constexpr double step = 0.375, end = 9;
    double sum = n == 0 ? 0.5 : 0;
    for (int i = 1; i * step < end; ++i) {
      const double r = i * step, c = r * r / x;
      sum += std::pow(c, n) * std::exp(-r * r) / ((1 + c) * std::sqrt(1 + 0.5 * c));
    }
    return sum * step * std::sqrt(2 / x);
  }
  constexpr double step = 0.125, negligible = 1e-19;
  double sum = n == 0 ? 0.5 : 0;
  for (int i = 1;; ++i) {
    const double half = std::sinh(0.5 * step * i), c = 2 * half * half;
    const double term = std::exp(n * std::log(c) - x * c - std::log1p(c));
    sum += term;
    if (x * c >= n - 1 && term <= negligible * sum) return sum * step;  // past its largest
  }
}

constexpr int highest = 8;

struct ScaledBickley {  // ∂x = g·(the next derivative)
  static constexpr std::string_view name = "scaled_bickley";
  int n = 0;
  template <class T>
  T operator()(T x) const {
    if (!(x >= 0)) return std::numeric_limits<T>::quiet_NaN();
    if (x == 0) return static_cast<T>(n == 0 ? std::numbers::pi / 2 : std::numeric_limits<double>::infinity() * (n % 2 == 0 ? 1 : -1));
    if (std::isinf(x)) return 0;
    const double value = integral(n, static_cast<double>(x));
    return static_cast<T>(n % 2 == 0 ? value : -value);
  }
  void check() const {
    if (n < 0 || n > highest) throw ArgumentError(fmt::format("n is {}, must be in [0, {}]", n, highest));
  }
  Attributes attributes() const { return {{"n", std::int64_t{n}}}; }
  static ScaledBickley read(const Attributes& attributes) { return {static_cast<int>(attributes.get<std::int64_t>("n"))}; }
  std::vector<Node> gradient(const GradientArgs& args) const {
    if (n == highest) not_differentiable(args, "the 8th derivative is the last");
    return {args.output_gradient(0) * scaled_bickley_derivative(n + 1, args.input(0))};
  }
};

}  // namespace

Node scaled_bickley(Operand x) { return elementwise<ScaledBickley>({x}); }
Node scaled_bickley_derivative(int n, Operand x) {
  if (n < 1) throw ArgumentError(fmt::format("scaled_bickley_derivative: n is {}, must be in [1, {}]", n, highest));
  return elementwise<ScaledBickley>({x}, ScaledBickley{n});
}

void register_bickley_ops() { register_elementwise<ScaledBickley, 1>(); }

}  // namespace loglik
