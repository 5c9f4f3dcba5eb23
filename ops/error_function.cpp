#include "ops/error_function.h"

#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <numbers>

#include "framework/error.h"
#include "framework/primitives.h"
#include "framework/register_elementwise.h"
#include "framework/simd/math.h"
#include "ops/arithmetic.h"
#include "ops/exponential.h"
#include "ops/special_kernels.h"

namespace loglik {
namespace {

constexpr double slope_at_zero = 2 * std::numbers::inv_sqrtpi;

struct Erf {  // ∂x = g·2/√π·e^(−x²)
  static constexpr std::string_view name = "erf";
  static constexpr bool nondecreasing = true;
  static constexpr auto vectorized = simd::erf;
  template <class T>
  T operator()(T x) const {
    return std::erf(x);
  }
  static std::vector<Node> gradient(const GradientArgs& args) {
    return {args.output_gradient(0) * (slope_at_zero * exp(-square(args.input(0))))};
  }
};

struct Erfc {  // ∂x = −g·2/√π·e^(−x²)
  static constexpr std::string_view name = "erfc";
  template <class T>
  T operator()(T x) const {
    return std::erfc(x);
  }
  static std::vector<Node> gradient(const GradientArgs& args) {
    return {args.output_gradient(0) * (-slope_at_zero * exp(-square(args.input(0))))};
  }
};

template <std::size_t n>
double polynomial(const double (&coefficients)[n], double x) {
  double value = coefficients[n - 1];
  for (std::size_t i = n - 1; i-- > 0;) value = value * x + coefficients[i];
  return value;
}

struct Ndtri {  // ∂p = g/φ(x)
  static constexpr std::string_view name = "ndtri";
  template <class T>
  T operator()(T p) const {
    return static_cast<T>(special::normal_quantile(p));
  }
  static std::vector<Node> gradient(const GradientArgs& args) {
    return {args.output_gradient(0) * (std::sqrt(2 * std::numbers::pi) * exp(0.5 * square(args.output(0))))};
  }
};

// rₙ(x) from rₙ₊ₖ(b) at b = 2.5 > x, where they are had in fewer steps: hₙ′ = −2(n+1)·hₙ₊₁, so that Taylor's series about b,
// hₙ(x) = Σₖ (2(b − x))ᵏ·(n+k)!/(n!·k!)·hₙ₊ₖ(b), has positive terms alone. For x ≥ ½, n ≤ 8 what follows the 80th is below 1e-20.
long double shifted_erfc_ratio(int n, long double x) {
  constexpr long double b = 2.5L;
  const long double twice = 2 * (b - x);
  long double ratio = 0, above = 1, below = 1;  // the series of hₙ/hₙ(b) and of hₙ₋₁/hₙ₋₁(b)
  for (int k = 80; k >= 1; --k) {
    ratio = 1 / (2 * b + 2 * (n + k + 1) * ratio);
    const long double next = twice * (n + k) * ratio;
    above = 1 + next / k * above;
    below = 1 + next / (k + 1) * below;
  }
  ratio = 1 / (2 * b + 2 * (n + 1) * ratio);
  return ratio * above / (1 + twice * n * ratio * below);
}

// rₙ = hₙ/hₙ₋₁ of hₙ = e^(x²)·iⁿerfc(x), h₋₁ = 2/√π: rₙ = 1/(2x + 2(n+1)·rₙ₊₁). For large x that is a continued fraction, all positive,
// with fewer steps the larger x; for small x, where from erfc upwards little or (x < 0) nothing cancels, the recurrence the other way.
long double erfc_ratio(int n, long double x) {
  if (n > 0 && x >= 0.5L && x < 1.5L) return shifted_erfc_ratio(n, x);
  if (x >= (n == 0 ? 8 : 0.5L)) {  // for n = 0 nothing is subtracted below
    long double ratio = 0;
    for (int m = n + 30 + static_cast<int>(300 / (x * x)); m >= n; --m) ratio = 1 / (2 * x + 2 * (m + 1) * ratio);
    return ratio;
  }
  long double ratio = std::exp(x * x) * std::erfc(x) / (2 * std::numbers::inv_sqrtpi_v<long double>);
  for (int m = 1; m <= n; ++m) ratio = (1 / ratio - 2 * x) / (2 * m);
  return ratio;
}

long double log_normal_cdf(long double z) {
  const long double x = z / std::numbers::sqrt2_v<long double>;
  if (z > 0) return std::log1p(-std::erfc(x) / 2);
  return z > -1 ? std::log(std::erfc(-x) / 2) : std::log(special::scaled_erfc(-x) / 2) - z * z / 2;
}

struct ErfcIntegralRatio {  // rₙ;    ∂x = g·2·rₙ·(n·rₙ − (n+1)·rₙ₊₁)
  static constexpr std::string_view name = "erfc_integral_ratio";
  static constexpr int highest = 8;
  int n = 1;
  template <class T>
  T operator()(T x) const {
    return special::rounded<T>(erfc_ratio(n, x));
  }
  void check() const {
    if (n < 1 || n > highest) throw ArgumentError(fmt::format("n is {}, must be in [1, {}]", n, highest));
  }
  Attributes attributes() const { return {{"n", std::int64_t{n}}}; }
  static ErfcIntegralRatio read(const Attributes& attributes) { return {static_cast<int>(attributes.get<std::int64_t>("n"))}; }
  std::vector<Node> gradient(const GradientArgs& args) const {
    if (n == highest) not_differentiable(args, "the 8th ratio is the last");
    const Node r = args.output(0);
    const double m = n;
    return {args.output_gradient(0) * (2.0 * r * (m * r - (m + 1) * erfc_integral_ratio(n + 1, args.input(0))))};
  }
};

struct Erfcx {  // ∂x = −2·g·y·r₁(x)
  static constexpr std::string_view name = "erfcx";
  template <class T>
  T operator()(T x) const {
    return special::rounded<T>(special::scaled_erfc(x));
  }
  static std::vector<Node> gradient(const GradientArgs& args) {
    return {args.output_gradient(0) * (-2.0 * args.output(0) * erfc_integral_ratio(1, args.input(0)))};
  }
};

struct NormalHazard {  // λ(z);    ∂z = g·λ·√2·r₁(z/√2)
  static constexpr std::string_view name = "normal_hazard";
  template <class T>
  T operator()(T z) const {
    constexpr long double root_half = 1 / std::numbers::sqrt2_v<long double>;
    return special::rounded<T>(root_half / erfc_ratio(0, z * root_half));
  }
  static std::vector<Node> gradient(const GradientArgs& args) {
    const Node excess = std::numbers::sqrt2 * erfc_integral_ratio(1, args.input(0) * (1 / std::numbers::sqrt2));
    return {args.output_gradient(0) * (args.output(0) * excess)};
  }
};

struct LogNdtr {  // log Φ(z);    ∂z = g·λ(−z)
  static constexpr std::string_view name = "log_ndtr";
  template <class T>
  T operator()(T z) const {
    return special::rounded<T>(log_normal_cdf(z));
  }
  static std::vector<Node> gradient(const GradientArgs& args) { return {args.output_gradient(0) * normal_hazard(-args.input(0))}; }
};

}  // namespace

namespace special {

long double scaled_erfc(long double x) { return 2 * std::numbers::inv_sqrtpi_v<long double> * erfc_ratio(0, x); }

// E(x) − E(x + h) for E(x) = e^(x²)·erfc x, x, h ≥ 0. Of E's derivatives, (−2)ⁿ·e^(x²)·n!·iⁿerfc(x) (NIST Handbook, 7.18.4), Taylor's
// series about b = x + h is E(b)·Σ (2h)ⁿ·r₁(b)⋯rₙ(b), all positive, with factors below h/b; near 0 it is the difference of power series Σ
// (−x)ⁿ/Γ(n/2 + 1).
long double scaled_erfc_difference(long double x, long double h) {
  const long double b = x + h;
  if (b < 1) {
    long double power = 1, difference = 0, sum = 0, last_gamma = 1 / std::numbers::inv_sqrtpi_v<long double>, gamma = 1;  // Γ(½), Γ(1)
    for (int n = 1; n <= 60; ++n) {
      difference = b * difference + h * power;  // bⁿ − xⁿ
      power *= x;
      const long double next = last_gamma * n / 2;  // Γ(n/2 + 1)
      last_gamma = gamma;
      gamma = next;
      sum += (n % 2 == 1 ? difference : -difference) / gamma;
    }
    return sum;
  }
  if (!(h <= x)) return scaled_erfc(x) - scaled_erfc(b);
  long double ratio = 0, sum = 0;
  for (int n = 94 + static_cast<int>(300 / (b * b)); n >= 1; --n) {
    ratio = 1 / (2 * b + 2 * (n + 1) * ratio);
    sum = 2 * h * ratio * (1 + sum);
  }
  return scaled_erfc(b) * sum;
}

// Ratios of polynomials of degree 7, as AS 241 names their coefficients.
double normal_quantile(double p) {
  static constexpr double a[] = {3.3871328727963666080e0, 1.3314166789178437745e2, 1.9715909503065514427e3, 1.3731693765509461125e4,
                                 4.5921953931549871457e4, 6.7265770927008700853e4, 3.3430575583588128105e4, 2.5090809287301226727e3};
  static constexpr double b[] = {1.0,
                                 4.2313330701600911252e1,
                                 6.8718700749205790830e2,
                                 5.3941960214247511077e3,
                                 2.1213794301586595867e4,
                                 3.9307895800092710610e4,
                                 2.8729085735721942674e4,
                                 5.2264952788528545610e3};
  static constexpr double c[] = {1.42343711074968357734e0, 4.63033784615654529590e0,  5.76949722146069140550e0,  3.64784832476320460504e0,
                                 1.27045825245236838258e0, 2.41780725177450611770e-1, 2.27238449892691845833e-2, 7.74545014278341407640e-4};
  static constexpr double d[] = {1.0,
                                 2.05319162663775882187e0,
                                 1.67638483018380384940e0,
                                 6.89767334985100004550e-1,
                                 1.48103976427480074590e-1,
                                 1.51986665636164571966e-2,
                                 5.47593808499534494600e-4,
                                 1.05075007164441684324e-9};
  static constexpr double e[] = {6.65790464350110377720e0,  5.46378491116411436990e0,  1.78482653991729133580e0,
                                 2.96560571828504891230e-1, 2.65321895265761230930e-2, 1.24266094738807843860e-3,
                                 2.71155556874348757815e-5, 2.01033439929228813265e-7};
  static constexpr double f[] = {1.0,
                                 5.99832206555887937690e-1,
                                 1.36929880922735805310e-1,
                                 1.48753612908506148525e-2,
                                 7.86869131145613259100e-4,
                                 1.84631831751005468180e-5,
                                 1.42151175831644588870e-7,
                                 2.04426310338993978564e-15};
  const double q = p - 0.5;
  if (std::abs(q) <= 0.425) {
    const double r = 0.180625 - q * q;
    return q * polynomial(a, r) / polynomial(b, r);
  }
  const double tail = q < 0 ? p : 1 - p;
  if (tail == 0) return std::copysign(std::numeric_limits<double>::infinity(), q);
  const double r = std::sqrt(-std::log(tail));  // NaN for a p outside [0, 1], or NaN
  const double x = r <= 5 ? polynomial(c, r - 1.6) / polynomial(d, r - 1.6) : polynomial(e, r - 5) / polynomial(f, r - 5);
  return std::copysign(x, q);
}

}  // namespace special

Node erf(Operand x) { return elementwise<Erf>({x}); }
Node erfc(Operand x) { return elementwise<Erfc>({x}); }
Node ndtri(Operand p) { return elementwise<Ndtri>({p}); }
Node erfcx(Operand x) { return elementwise<Erfcx>({x}); }
Node normal_hazard(Operand z) { return elementwise<NormalHazard>({z}); }
Node log_ndtr(Operand z) { return elementwise<LogNdtr>({z}); }
Node erfc_integral_ratio(int n, Operand x) { return elementwise<ErfcIntegralRatio>({x}, ErfcIntegralRatio{n}); }

void register_error_function_ops() {
  register_elementwise<Erf, 1>();
  register_elementwise<Erfc, 1>();
  register_elementwise<Ndtri, 1>();
  register_elementwise<Erfcx, 1>();
  register_elementwise<NormalHazard, 1>();
  register_elementwise<LogNdtr, 1>();
  register_elementwise<ErfcIntegralRatio, 1>();
}

}  // namespace loglik
