#include "ops/student_t_functions.h"

#include <fmt/format.h>

#include <cmath>
#include <limits>

#include "framework/error.h"
#include "framework/graph.h"
#include "framework/primitives.h"
#include "framework/register_elementwise.h"
#include "ops/arithmetic.h"
#include "ops/exponential.h"
#include "ops/gamma_functions.h"
#include "ops/incomplete_beta_kernels.h"
#include "ops/special_kernels.h"
#include "ops/student_t_simd_kernels.h"

namespace loglik {
namespace special {
namespace {

constexpr long double infinite = std::numeric_limits<long double>::infinity(), nan = std::numeric_limits<long double>::quiet_NaN();

// Are there so many degrees of freedom? Else all is NaN.
bool is_valid(long double degrees) { return degrees > 0 && std::isfinite(degrees); }

// C(ν) = log Γ(ν/2) − log Γ((ν + 1)/2) + ½·log πν and its derivative. For large ν ½·log 2π + Σ cₖ·ν^−(2k−1), with the coefficients
// cₖ = (1 − 4⁻ᵏ)·B₂ₖ·2^(2k−1)/(k(2k − 1)) from NIST Handbook 5.11.8; from 60 on exact to long double.
constexpr long double coefficients[] = {1.0L / 4,   -1.0L / 24,   1.0L / 20,    -17.0L / 112,
                                        31.0L / 36, -691.0L / 88, 5461.0L / 52, -929569.0L / 480};

long double student_t_constant(long double degrees) {
  if (degrees < 60) return log_beta(degrees / 2, 0.5L) + 0.5L * std::log(degrees);
  const long double square = 1 / (degrees * degrees);
  long double sum = 0;
  for (int k = 8; k > 0; --k) sum = sum * square + coefficients[k - 1];
  return half_log_2pi + sum / degrees;
}

long double student_t_constant_slope(long double degrees) {
  if (degrees < 60) return 0.5L * (1 / degrees - polygamma_increment(0, degrees / 2, 0.5L));
  const long double square = 1 / (degrees * degrees);
  long double sum = 0;
  for (int k = 8; k > 0; --k) sum = sum * square - (2 * k - 1) * coefficients[k - 1];
  return sum * square;
}

// log(z²/ν), z = d·e^−ℓ.
long double log_ratio(long double d, long double log_scale, long double degrees) {
  return 2 * (std::log(std::abs(d)) - log_scale) - std::log(degrees);
}

// Is z²/ν, and its square, in the range of long double? Then it is more precise than by its log.
bool is_moderate(long double log_ratio) { return std::abs(log_ratio) < 2000; }

long double ratio(long double d, long double log_scale, long double degrees) {
  const long double z = d * std::exp(-log_scale);
  return z * z / degrees;
}

// log(1 + e^r), r = log(z²/ν) out of the moderate range.
long double softplus(long double r) { return r > 0 ? r : std::exp(r); }

long double log_density(long double d, long double log_scale, long double degrees) {
  if (!is_valid(degrees)) return nan;
  const long double r = log_ratio(d, log_scale, degrees);
  const long double growth = is_moderate(r) ? std::log1p(ratio(d, log_scale, degrees)) : softplus(r);
  return -student_t_constant(degrees) - log_scale - 0.5L * (degrees + 1) * growth;
}

// With w = z²/ν and s = w/(1 + w): −C′(ν) + ½·(s − log(1 + w)) + ½·s/ν.
long double log_density_by_degrees(long double d, long double log_scale, long double degrees) {
  if (!is_valid(degrees)) return nan;
  const long double r = log_ratio(d, log_scale, degrees);
  long double s = r > 0 ? 1 : 0, difference = s - softplus(r);
  if (is_moderate(r)) {
    const long double w = ratio(d, log_scale, degrees);
    s = w / (1 + w);
    difference = w < 0.5L ? -log1pmx(w) - w * s : s - std::log1p(w);
  }
  return -student_t_constant_slope(degrees) + 0.5L * (difference + s / degrees);
}

// z²/(ν + z²)/dᵏ
long double share(long double d, long double log_scale, long double degrees, int power) {
  if (!is_valid(degrees)) return nan;
  const long double r = log_ratio(d, log_scale, degrees);
  if (r > 0) return 1 / (1 + std::exp(-r)) / std::pow(d, static_cast<long double>(power));
  if (power == 0) return std::exp(r) / (1 + std::exp(r));
  if (power == 2) return std::exp(-2 * log_scale - std::log(degrees)) / (1 + std::exp(r));
  return d == 0 ? 0 : std::copysign(std::exp(r - std::log(std::abs(d))), d) / (1 + std::exp(r));
}

// For z ≤ 0 P(Z ≤ z) = ½·I(ν/2, ½) at the odds ν : z².
UnitPoint at_z(long double z, long double degrees) { return is_valid(degrees) ? at_odds(degrees, z * z) : UnitPoint{nan, nan, nan, nan}; }

long double cdf(long double z, long double degrees) {
  const long double tail = 0.5L * incomplete_beta(degrees / 2, 0.5L, at_z(z, degrees));
  return z <= 0 ? tail : 1 - tail;
}

long double log_cdf(long double z, long double degrees) {
  const UnitPoint at = at_z(z, degrees);
  if (z <= 0) return log_incomplete_beta(degrees / 2, 0.5L, at) - std::log(2.0L);
  return std::log1p(-0.5L * incomplete_beta(degrees / 2, 0.5L, at));
}

// Density over P(Z ≤ z): with H = K/I, of which the logit of the odds changes by 2/|z|.
long double log_cdf_slope(long double z, long double degrees) {
  if (!is_valid(degrees)) return nan;
  if (std::isinf(z)) return 0;
  if (z < -1) return 2 / (-z * incomplete_beta_ratio(degrees / 2, 0.5L, at_z(z, degrees)));
  return std::exp(log_density(z, 0, degrees) - log_cdf(z, degrees));
}

// Of the lower tail, z < 0: both the shape ν/2 and the odds move with ν.
long double cdf_by_degrees(long double z, long double degrees) {
  if (!is_valid(degrees)) return nan;
  if (z > 0) return -cdf_by_degrees(-z, degrees);
  if (z == 0 || std::isinf(z)) return 0;
  const UnitPoint at = at_z(z, degrees);
  return 0.5L * (0.5L * incomplete_beta_by_a(degrees / 2, 0.5L, at) + std::exp(log_beta_kernel(degrees / 2, 0.5L, at)) / degrees);
}

long double log_cdf_by_degrees(long double z, long double degrees) {
  if (!is_valid(degrees)) return nan;
  if (z >= 0) return cdf_by_degrees(z, degrees) / cdf(z, degrees);
  if (std::isinf(z)) return -infinite;
  const UnitPoint at = at_z(z, degrees);
  return 0.5L * log_incomplete_beta_by_a(degrees / 2, 0.5L, at) + 1 / (degrees * incomplete_beta_ratio(degrees / 2, 0.5L, at));
}

// −(∂P/∂ν)/density: how the quantile z moves.
long double quantile_by_degrees(long double z, long double degrees) {
  if (!is_valid(degrees)) return nan;
  if (z > 0) return -quantile_by_degrees(-z, degrees);
  if (z == 0 || std::isinf(z)) return 0;
  return 0.5L * z * (1 / degrees - 0.5L * incomplete_beta_inverse_by_a(degrees / 2, 0.5L, at_z(z, degrees)));
}

long double quantile(long double p, long double degrees) {
  if (!(p >= 0 && p <= 1) || !is_valid(degrees)) return nan;
  if (p > 0.5L) return -quantile(1 - p, degrees);
  const long double logit = incomplete_beta_inverse(degrees / 2, 0.5L, 2 * p, 1 - 2 * p);  // of ν : z²
  return -std::sqrt(degrees) * std::exp(-0.5L * logit);
}

}  // namespace
}  // namespace special

namespace {

using special::rounded;

// d = y − location, also where that is none of float32's numbers.
long double distance(long double y, long double loc) { return y - loc; }

// P_k = z²/(ν + z²)/dᵏ, which the density's derivatives consist of. With s = P₀: ∂d P₀ = 2(1 − s)·P₁, P₁: (1 − 2s)·P₂, P₂: −2·P₁·P₂;
// ∂ℓ P_k = −2(1 − s)·P_k,  ∂ν P_k = −(1 − s)·P_k/ν
struct Share {
  static constexpr std::string_view name = "student_t_share";
  int power = 0;
  template <class T>
  T operator()(T y, T loc, T log_scale, T degrees) const {
    return rounded<T>(special::share(distance(y, loc), log_scale, degrees, power));
  }
  void vectorized(const float* y, const float* loc, const float* log_scale, const float* degrees, float* out, std::size_t count) const {
    constexpr simd::OfFourFloats otherwise[] = {scalar<0>, scalar<1>, scalar<2>};
    simd::student_t_share(power, y, loc, log_scale, degrees, out, count, otherwise[power]);
  }
  template <int power>
  static float scalar(float y, float loc, float log_scale, float degrees) {
    return Share{power}(y, loc, log_scale, degrees);
  }
  void check() const {
    if (power < 0 || power > 2) throw ArgumentError(fmt::format("power is {}, must be 0, 1 or 2", power));
  }
  Attributes attributes() const { return {{"power", std::int64_t{power}}}; }
  static Share read(const Attributes& attributes) { return {static_cast<int>(attributes.get<std::int64_t>("power"))}; }
  static Node of(const GradientArgs& args, int power) {
    return elementwise<Share>({args.input(0), args.input(1), args.input(2), args.input(3)}, Share{power});
  }
  std::vector<Node> gradient(const GradientArgs& args) const {
    const Node g = args.output_gradient(0), value = args.output(0), s = of(args, 0);
    const Node by_distance = g * (power == 0   ? 2.0 * (1.0 - s) * of(args, 1)
                                  : power == 1 ? (1.0 - 2.0 * s) * of(args, 2)
                                               : -2.0 * of(args, 1) * value);
    const Node rest = g * (1.0 - s) * value;
    return {by_distance, -by_distance, -2.0 * rest, -(rest / args.input(3))};
  }
};

// ∂log p/∂ν;    ∂d = P₁·k, ∂ℓ = −P₀·k with k = (1 − (ν + 1)·s)/ν;    ∂ν = −C″(ν) + ½·s/ν − ½·s/ν² − ½(1 + 1/ν)·s(1 − s)/ν
struct LogDensityByDegrees {
  static constexpr std::string_view name = "student_t_log_density_by_degrees";
  template <class T>
  T operator()(T y, T loc, T log_scale, T degrees) const {
    return rounded<T>(special::log_density_by_degrees(distance(y, loc), log_scale, degrees));
  }
  static void vectorized(const float* y, const float* loc, const float* log_scale, const float* degrees, float* out, std::size_t count) {
    simd::student_t_by_degrees(y, loc, log_scale, degrees, out, count,
                               [](float at, float from, float scale, float nu) { return LogDensityByDegrees()(at, from, scale, nu); });
  }
  static std::vector<Node> gradient(const GradientArgs& args) {
    const Node g = args.output_gradient(0), degrees = args.input(3), inverse = 1.0 / degrees, s = Share::of(args, 0);
    const Node factor = g * (inverse - (1.0 + inverse) * s), by_distance = factor * Share::of(args, 1);
    const Node constant = 0.25 * polygamma_increment(1, 0.5 * degrees, 0.5) + 0.5 * square(inverse);  // −C″
    const Node by_degrees = constant + 0.5 * inverse * s * (1.0 - inverse - (1.0 + inverse) * (1.0 - s));
    return {by_distance, -by_distance, -(factor * s), g * by_degrees};
  }
};

struct LogDensity {  // ∂d = −(ν + 1)·P₁,  ∂ℓ = −1 + (ν + 1)·P₀
  static constexpr std::string_view name = "student_t_log_density";
  template <class T>
  T operator()(T y, T loc, T log_scale, T degrees) const {
    return rounded<T>(special::log_density(distance(y, loc), log_scale, degrees));
  }
  static void vectorized(const float* y, const float* loc, const float* log_scale, const float* degrees, float* out, std::size_t count) {
    simd::student_t_log_density(y, loc, log_scale, degrees, out, count,
                                [](float at, float from, float scale, float nu) { return LogDensity()(at, from, scale, nu); });
  }
  static std::vector<Node> gradient(const GradientArgs& args) {
    const Node g = args.output_gradient(0), more = args.input(3) + 1.0;
    std::vector<Node> result(4);
    if (args.wants(0) || args.wants(1)) {
      result[1] = g * more * Share::of(args, 1);
      if (args.wants(0)) result[0] = -result[1];
    }
    if (args.wants(2)) result[2] = g * (more * Share::of(args, 0) - 1.0);
    if (args.wants(3)) result[3] = g * elementwise<LogDensityByDegrees>({args.input(0), args.input(1), args.input(2), args.input(3)});
    return result;
  }
};

enum class Of { cdf, log_cdf, quantile };

// ∂P/∂ν, ∂log P/∂ν, or that of the quantile, at z = the quantile.
struct CdfByDegrees {
  static constexpr std::string_view name = "student_t_cdf_by_degrees";
  Of of = Of::cdf;
  template <class T>
  T operator()(T z, T degrees) const {
    return rounded<T>(of == Of::cdf       ? special::cdf_by_degrees(z, degrees)
                      : of == Of::log_cdf ? special::log_cdf_by_degrees(z, degrees)
                                          : special::quantile_by_degrees(z, degrees));
  }
  Attributes attributes() const { return {{"of", std::string(of == Of::cdf ? "cdf" : of == Of::log_cdf ? "log_cdf" : "quantile")}}; }
  static CdfByDegrees read(const Attributes& attributes) {
    const auto& of = attributes.get<std::string>("of");
    if (of != "cdf" && of != "log_cdf" && of != "quantile")
      throw ArgumentError(fmt::format("of is \"{}\", must be cdf, log_cdf or quantile", of));
    return {of == "cdf" ? Of::cdf : of == "log_cdf" ? Of::log_cdf : Of::quantile};
  }
  static std::vector<Node> gradient(const GradientArgs& args) {
    not_differentiable(args, "probabilities of Student's t are differentiated by the degrees of freedom once");
  }
};

struct Cdf {  // ∂z = g·p(z)
  static constexpr std::string_view name = "student_t_cdf";
  template <class T>
  T operator()(T z, T degrees) const {
    return rounded<T>(special::cdf(z, degrees));
  }
  static std::vector<Node> gradient(const GradientArgs& args) {
    const Node g = args.output_gradient(0), z = args.input(0), degrees = args.input(1);
    return {args.wants(0) ? g * exp(student_t_log_density(z, 0.0, 0.0, degrees)) : Node(),
            args.wants(1) ? g * elementwise<CdfByDegrees>({z, degrees}) : Node()};
  }
};

struct LogCdfSlope {  // h = p/P;    ∂z = h·(∂log p/∂z − h),  ∂ν = h·(∂log p/∂ν − ∂log P/∂ν)
  static constexpr std::string_view name = "student_t_log_cdf_slope";
  template <class T>
  T operator()(T z, T degrees) const {
    return rounded<T>(special::log_cdf_slope(z, degrees));
  }
  static std::vector<Node> gradient(const GradientArgs& args) {
    const Node g = args.output_gradient(0) * args.output(0), z = args.input(0), degrees = args.input(1);
    const Node zero = z.graph().constant(0.0, z.dtype());
    std::vector<Node> result(2);
    if (args.wants(0)) result[0] = -(g * ((degrees + 1.0) * elementwise<Share>({z, zero, zero, degrees}, Share{1}) + args.output(0)));
    if (args.wants(1))
      result[1] =
          g * (elementwise<LogDensityByDegrees>({z, zero, zero, degrees}) - elementwise<CdfByDegrees>({z, degrees}, CdfByDegrees{Of::log_cdf}));
    return result;
  }
};

struct LogCdf {
  static constexpr std::string_view name = "student_t_log_cdf";
  template <class T>
  T operator()(T z, T degrees) const {
    return rounded<T>(special::log_cdf(z, degrees));
  }
  static std::vector<Node> gradient(const GradientArgs& args) {
    const Node g = args.output_gradient(0), z = args.input(0), degrees = args.input(1);
    return {args.wants(0) ? g * elementwise<LogCdfSlope>({z, degrees}) : Node(),
            args.wants(1) ? g * elementwise<CdfByDegrees>({z, degrees}, CdfByDegrees{Of::log_cdf}) : Node()};
  }
};

struct Quantile {  // ∂p = g/p(z)
  static constexpr std::string_view name = "student_t_quantile";
  template <class T>
  T operator()(T p, T degrees) const {
    return rounded<T>(special::quantile(p, degrees));
  }
  static std::vector<Node> gradient(const GradientArgs& args) {
    const Node g = args.output_gradient(0), z = args.output(0), degrees = args.input(1);
    return {args.wants(0) ? g * exp(-student_t_log_density(z, 0.0, 0.0, degrees)) : Node(),
            args.wants(1) ? g * elementwise<CdfByDegrees>({z, degrees}, CdfByDegrees{Of::quantile}) : Node()};
  }
};

}  // namespace

Node student_t_log_density(Operand y, Operand loc, Operand log_scale, Operand degrees) {
  return elementwise<LogDensity>({y, loc, log_scale, degrees});
}
Node student_t_cdf(Operand z, Operand degrees) { return elementwise<Cdf>({z, degrees}); }
Node student_t_log_cdf(Operand z, Operand degrees) { return elementwise<LogCdf>({z, degrees}); }
Node student_t_quantile(Operand p, Operand degrees) { return elementwise<Quantile>({p, degrees}); }

void register_student_t_functions() {
  register_elementwise<LogDensity, 4>();
  register_elementwise<LogDensityByDegrees, 4>();
  register_elementwise<Share, 4>();
  register_elementwise<Cdf, 2>();
  register_elementwise<LogCdf, 2>();
  register_elementwise<LogCdfSlope, 2>();
  register_elementwise<CdfByDegrees, 2>();
  register_elementwise<Quantile, 2>();
}

}  // namespace loglik
