#include "ops/bessel.h"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <limits>
#include <numbers>

#include "framework/error.h"
#include "framework/primitives.h"
#include "framework/register_elementwise.h"
#include "ops/arithmetic.h"
#include "ops/special_kernels.h"

namespace loglik {
namespace {

constexpr long double pi = std::numbers::pi_v<long double>;

// From here on the asymptotic series leave out less than e^(−2x), 2e-22.
constexpr long double far = 25;

struct Pair {
  long double i0, i1;
};

// (I₀(x) − 1, I₁(x)) by their power series for 0 ≤ x < far: all terms are positive.
Pair power_series(long double x) {
  const long double quarter = x * x / 4;
  long double term = 1, i0 = 0, i1 = 1;  // term = (x²/4)ᵏ/k!²
  for (int k = 1; term > 1e-22L * i1 && k < 100; ++k) {
    term *= quarter / (static_cast<long double>(k) * k);
    i0 += term;
    i1 += term / (k + 1);
  }
  return {i0, x / 2 * i1};
}

// √2πx·e^−x·(I₀, I₁) for x ≥ far: Σ (−1)ᵏ aₖ(ν)/xᵏ, aₖ = Π (4ν² − (2j − 1)²)/(8j).
Pair far_series(long double x) {
  long double a0 = 1, a1 = 1, i0 = 1, i1 = 1;
  for (int k = 1; k < 46; ++k) {
    const long double odd = (2 * k - 1) * (2 * k - 1), step = -1 / (8 * k * x);
    i0 += a0 *= (0 - odd) * step;
    i1 += a1 *= (4 - odd) * step;
  }
  return {i0, i1};
}

// e^−x·(I₀, I₁) for x ≥ 0.
Pair scaled(long double x) {
  if (std::isinf(x)) return {0, 0};
  if (x < far) {
    const Pair series = power_series(x);
    return {std::exp(-x) * (1 + series.i0), std::exp(-x) * series.i1};
  }
  const Pair series = far_series(x);
  const long double root = std::sqrt(2 * pi) * std::sqrt(x);
  return {series.i0 / root, series.i1 / root};
}

// 1 − A(x) = Σ uₖ/xᵏ for large x: A′ = 1 − A/x − A² says 2·uₖ = (k − 2)·uₖ₋₁ + Σ uᵢ·uₖ₋ᵢ. All terms are positive, also of the derivatives.
constexpr int far_terms = 46;
constexpr auto far_coefficients = [] {
  std::array<long double, far_terms> u{};
  u[1] = 0.5L;
  for (std::size_t k = 2; k < far_terms; ++k) {
    long double sum = static_cast<long double>(k - 2) * u[k - 1];
    for (std::size_t i = 1; i < k; ++i) sum += u[i] * u[k - i];
    u[k] = sum / 2;
  }
  return u;
}();

// The nth derivative of 1 − A(x), up to its sign (−1)ⁿ.
long double far_deficit(int n, long double x) {
  long double sum = 0;
  for (int k = far_terms - 1; k > 0; --k) {
    long double c = far_coefficients[static_cast<std::size_t>(k)];
    for (int i = 0; i < n; ++i) c *= static_cast<long double>(k + i) / x;
    sum = (sum + c) / x;
  }
  return sum;
}

// A(x) = Σ αₖ·x^(2k+1) for |x| < 2.4: the same equation says (2k + 2)·αₖ = −Σ αᵢ·αₖ₋₁₋ᵢ.
constexpr int near_terms = 30;
constexpr auto near_coefficients = [] {
  std::array<long double, near_terms> a{};
  a[0] = 0.5L;
  for (std::size_t k = 1; k < near_terms; ++k) {
    long double sum = 0;
    for (std::size_t i = 0; i < k; ++i) sum += a[i] * a[k - 1 - i];
    a[k] = -sum / static_cast<long double>(2 * k + 2);
  }
  return a;
}();

// The nth derivative of that series, for x < 1.
long double near_derivative(int n, long double x) {
  long double sum = 0;
  const int first = n / 2;  // the lowest power that is left
  for (int k = near_terms - 1; k >= first; --k) {
    long double c = near_coefficients[static_cast<std::size_t>(k)];
    for (int i = 0; i < n; ++i) c *= 2 * k + 1 - i;
    sum = sum * x * x + c;
  }
  return n % 2 == 0 ? sum * x : sum;
}

// 1 − A(x) for x ≥ 0.
long double deficit(long double x) {
  if (x >= far) return std::isinf(x) ? 0 : far_deficit(0, x);
  const Pair series = power_series(x);
  return 1 - series.i1 / (1 + series.i0);
}

// The cumulant n + 1 of cos θ, from central moments by the trapezoidal rule, which for 1 ≤ x < far and 64 points is off by some
// I₆₄(x)/I₀(x), below 1e-30. With cos θ − A = (1 − A) − 2·sin²(θ/2) nothing cancels.
long double middle_derivative(int n, long double x) {
  static const auto versines = [] {
    std::array<long double, 33> values{};
    for (std::size_t j = 0; j < values.size(); ++j) values[j] = 2 * std::pow(std::sin(pi * static_cast<long double>(j) / 64), 2.0L);
    return values;
  }();
  const long double lack = deficit(x);
  long double mass = 0, second = 0, third = 0, fourth = 0;
  for (std::size_t j = 0; j < versines.size(); ++j) {
    const long double p = (j == 0 || j == 32 ? 1 : 2) * std::exp(-x * versines[j]), d = lack - versines[j];
    mass += p;
    second += p * d * d;
    third += p * d * d * d;
    fourth += p * d * d * d * d;
  }
  second /= mass;
  return n == 1 ? second : n == 2 ? third / mass : fourth / mass - 3 * second * second;
}

// The nth derivative of A(x), n ≥ 1.
long double ratio_derivative(int n, long double x) {
  const long double magnitude = std::abs(x);
  long double value = 0;
  if (magnitude < 1)
    value = near_derivative(n, magnitude);
  else if (magnitude < far)
    value = middle_derivative(n, magnitude);
  else if (!std::isinf(magnitude))
    value = far_deficit(n, magnitude) * (n % 2 == 0 ? -1 : 1);
  return std::isnan(x) || (n % 2 == 0 && x < 0) ? (std::isnan(x) ? x : -value) : value;
}

long double log_i0_scaled(long double x) {
  x = std::abs(x);
  if (x < 1) return std::log1p(power_series(x).i0) - x;
  return x < far ? std::log(scaled(x).i0) : std::log(far_series(x).i0) - std::log(2 * pi) / 2 - std::log(x) / 2;
}

long double log_i0_whole(long double x) {
  x = std::abs(x);
  if (x < far) return std::log1p(power_series(x).i0);
  return std::isinf(x) ? x : x + log_i0_scaled(x);
}

struct I0e {  // ∂x = g·(i1e − sign·i0e)
  static constexpr std::string_view name = "i0e";
  template <class T>
  T operator()(T x) const {
    return std::isnan(x) ? x : special::rounded<T>(scaled(std::abs(static_cast<long double>(x))).i0);
  }
  static std::vector<Node> gradient(const GradientArgs& args) {
    const Node x = args.input(0);
    return {args.output_gradient(0) * (i1e(x) - sign(x) * args.output(0))};
  }
};

struct I1e {  // ∂x = g·(i0e − i1e/x − sign·i1e)
  static constexpr std::string_view name = "i1e";
  template <class T>
  T operator()(T x) const {
    return std::isnan(x) ? x : special::rounded<T>(std::copysign(scaled(std::abs(static_cast<long double>(x))).i1, x));
  }
  static std::vector<Node> gradient(const GradientArgs& args) {
    const Node x = args.input(0), y = args.output(0), zero = equal(x, 0.0);
    const Node over_x = where(zero, 0.5, y / where(zero, 1.0, x));
    return {args.output_gradient(0) * (i0e(x) - over_x - sign(x) * y)};
  }
};

struct LogI0 {  // log I₀(x), less |x| if scaled;    ∂x = g·A, or g·(A − sign)
  static constexpr std::string_view name = "log_i0";
  bool scaled = false;
  template <class T>
  T operator()(T x) const {
    return std::isnan(x) ? x : special::rounded<T>(scaled ? log_i0_scaled(x) : log_i0_whole(x));
  }
  Attributes attributes() const { return {{"scaled", scaled}}; }
  static LogI0 read(const Attributes& attributes) { return {attributes.get<bool>("scaled")}; }
  std::vector<Node> gradient(const GradientArgs& args) const {
    return {args.output_gradient(0) * (scaled ? bessel_ratio_excess(args.input(0)) : bessel_ratio(args.input(0)))};
  }
};

struct BesselRatio {  // A(x), less sign(x) if excess;    ∂x = g·A′
  static constexpr std::string_view name = "bessel_ratio";
  bool excess = false;
  template <class T>
  T operator()(T x) const {
    if (std::isnan(x) || x == 0) return x;
    const long double magnitude = std::abs(static_cast<long double>(x));
    if (excess) return special::rounded<T>(-std::copysign(deficit(magnitude), x));
    if (magnitude >= far) return special::rounded<T>(std::copysign(1 - deficit(magnitude), x));
    const Pair series = power_series(magnitude);
    return special::rounded<T>(std::copysign(series.i1 / (1 + series.i0), x));
  }
  Attributes attributes() const { return {{"excess", excess}}; }
  static BesselRatio read(const Attributes& attributes) { return {attributes.get<bool>("excess")}; }
  std::vector<Node> gradient(const GradientArgs& args) const {
    return {args.output_gradient(0) * bessel_ratio_derivative(1, args.input(0))};
  }
};

struct BesselRatioDerivative {  // A⁽ⁿ⁾(x);    ∂x = g·A⁽ⁿ⁺¹⁾
  static constexpr std::string_view name = "bessel_ratio_derivative";
  static constexpr int highest = 3;
  int n = 1;
  template <class T>
  T operator()(T x) const {
    return special::rounded<T>(ratio_derivative(n, x));
  }
  void check() const {
    if (n < 1 || n > highest) throw ArgumentError(fmt::format("n is {}, must be in [1, {}]", n, highest));
  }
  Attributes attributes() const { return {{"n", std::int64_t{n}}}; }
  static BesselRatioDerivative read(const Attributes& attributes) { return {static_cast<int>(attributes.get<std::int64_t>("n"))}; }
  std::vector<Node> gradient(const GradientArgs& args) const {
    if (n == highest) not_differentiable(args, "the third derivative of I₁/I₀ is the last");
    return {args.output_gradient(0) * bessel_ratio_derivative(n + 1, args.input(0))};
  }
};

}  // namespace

double special::scaled_bessel_i0(double x) { return static_cast<double>(scaled(std::abs(static_cast<long double>(x))).i0); }

Node i0e(Operand x) { return elementwise<I0e>({x}); }
Node i1e(Operand x) { return elementwise<I1e>({x}); }
Node log_i0(Operand x) { return elementwise<LogI0>({x}); }
Node log_i0e(Operand x) { return elementwise<LogI0>({x}, LogI0{.scaled = true}); }
Node bessel_ratio(Operand x) { return elementwise<BesselRatio>({x}); }
Node bessel_ratio_excess(Operand x) { return elementwise<BesselRatio>({x}, BesselRatio{.excess = true}); }
Node bessel_ratio_derivative(int n, Operand x) { return elementwise<BesselRatioDerivative>({x}, BesselRatioDerivative{n}); }

void register_bessel_ops() {
  register_elementwise<I0e, 1>();
  register_elementwise<I1e, 1>();
  register_elementwise<LogI0, 1>();
  register_elementwise<BesselRatio, 1>();
  register_elementwise<BesselRatioDerivative, 1>();
}

}  // namespace loglik
