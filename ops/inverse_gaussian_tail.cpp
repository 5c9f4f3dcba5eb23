#include "ops/inverse_gaussian_tail.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include "framework/primitives.h"
#include "framework/register_elementwise.h"
#include "ops/arithmetic.h"
#include "ops/deviances.h"
#include "ops/error_function.h"
#include "ops/exponential.h"
#include "ops/special_kernels.h"
#include "ops/tail_root.h"

namespace loglik {
namespace {

using std::numbers::pi;

constexpr long double infinite = std::numeric_limits<long double>::infinity();
constexpr long double nan = std::numeric_limits<long double>::quiet_NaN();
constexpr long double root_two = std::numbers::sqrt2_v<long double>;

// A tail over e^(−a²/2), so that nothing underflows; and ½·a² = φ·(cosh w − 1).
struct Tail {
  long double ratio, half_square;
  long double log() const { return std::log(ratio) - half_square; }
};

Tail tail(bool upper, long double w, long double s) {
  const long double root = std::exp(s / 2) / root_two, half_square = 2 * std::exp(s) * std::sinh(w / 2) * std::sinh(w / 2);
  const long double a = 2 * root * std::sinh(std::abs(w) / 2), b = 2 * root * std::cosh(w / 2);
  const bool above = w > 0;
  const long double at_hand =
      above ? special::scaled_erfc_difference(a, 2 * root * std::exp(-w / 2)) / 2 : (special::scaled_erfc(a) + special::scaled_erfc(b)) / 2;
  return {above == upper ? at_hand : std::exp(half_square) - at_hand, half_square};
}

long double log_tail(bool upper, long double w, long double s) {
  if (std::isnan(w) || std::isnan(s)) return nan;
  if (std::isinf(w)) return (w > 0) == upper ? -infinite : 0;
  const bool above = w > 0;
  const long double at_hand = tail(above, w, s).log();
  return above == upper ? at_hand : std::log1p(-std::exp(at_hand));
}

// The density of w is e^(−w/2 − ½·a²)·√(φ/2π), log-concave in w. Both guesses are above the root: 2·sinh(w/2) = z/√φ leaves out e^2φ·Φ(−b),
// and Lévy's distribution, P(|Z| > √(φ/u)), has the heavier upper tail.
long double quantile(long double p, long double s) {
  if (!(p >= 0 && p <= 1) || std::isnan(s)) return nan;
  if (p == 0 || p == 1) return p == 0 ? -infinite : infinite;
  const bool upper = p > 0.5L;
  const long double q = upper ? 1 - p : p, root = std::exp(s / 2);
  const double z = special::normal_quantile(static_cast<double>(p));
  const long double levy = upper ? (q < 1e-6L ? 1.2533L * q : -special::normal_quantile(static_cast<double>((1 - q) / 2)))
                                 : -special::normal_quantile(static_cast<double>(q / 2));
  const long double guess = std::min(2 * std::asinh(z / (2 * root)), s - 2 * std::log(levy));
  return special::solve_log_tail(std::log(q), guess, [=](long double w) -> special::LogTail {
    const Tail t = tail(upper, w, s);
    const long double slope = (upper ? -1 : 1) * std::exp((s - w) / 2) * std::numbers::inv_sqrtpi_v<long double> / (root_two * t.ratio);
    return {t.log(), slope, -0.5L - std::exp(s) * std::sinh(w) - slope};
  });
}

// log F′(w): ½·s − ½·log 2π − ½·w − ½·a²
Node log_density(Node w, Node s) { return 0.5 * (s - w - std::log(2 * pi)) - inverse_gaussian_deviance(exp(w), 0.0, s); }

// (∂F/∂s)/F′(w) = √(2πφu)·erfcx(b/√2) − 1
Node by_concentration(Node w, Node s) {
  const Node b = std::sqrt(0.5) * (exp(0.5 * (s + w)) + exp(0.5 * (s - w)));
  return std::sqrt(2 * pi) * exp(0.5 * (s + w)) * erfcx(b) - 1.0;
}

struct LogInverseGaussianTail {
  static constexpr std::string_view name = "log_inverse_gaussian_tail";
  bool upper = false;
  template <class T>
  T operator()(T w, T s) const {
    return special::rounded<T>(log_tail(upper, w, s));
  }
  Attributes attributes() const { return {{"upper", upper}}; }
  static LogInverseGaussianTail read(const Attributes& attributes) { return {attributes.get<bool>("upper")}; }
  std::vector<Node> gradient(const GradientArgs& args) const {
    const Node w = args.input(0), s = args.input(1), hazard = exp(log_density(w, s) - args.output(0));
    const Node g = args.output_gradient(0) * (upper ? -hazard : hazard);
    return {args.wants(0) ? g : Node(), args.wants(1) ? g * by_concentration(w, s) : Node()};
  }
};

struct LogInverseGaussianQuantile {
  static constexpr std::string_view name = "log_inverse_gaussian_quantile";
  template <class T>
  T operator()(T p, T s) const {
    return special::rounded<T>(quantile(p, s));
  }
  static std::vector<Node> gradient(const GradientArgs& args) {
    const Node g = args.output_gradient(0), w = args.output(0), s = args.input(1);
    return {args.wants(0) ? mul_exp(g, -log_density(w, s)) : Node(), args.wants(1) ? -(g * by_concentration(w, s)) : Node()};
  }
};

}  // namespace

Node log_inverse_gaussian_cdf(Operand w, Operand s) { return elementwise<LogInverseGaussianTail>({w, s}, LogInverseGaussianTail{false}); }
Node log_inverse_gaussian_survival(Operand w, Operand s) {
  return elementwise<LogInverseGaussianTail>({w, s}, LogInverseGaussianTail{true});
}
Node log_inverse_gaussian_quantile(Operand p, Operand s) { return elementwise<LogInverseGaussianQuantile>({p, s}); }

void register_inverse_gaussian_ops() {
  register_elementwise<LogInverseGaussianTail, 2>();
  register_elementwise<LogInverseGaussianQuantile, 2>();
}

}  // namespace loglik
