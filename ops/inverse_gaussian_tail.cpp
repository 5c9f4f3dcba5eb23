#include "ops/inverse_gaussian_tail.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include "framework/primitives.h"
#include "framework/register_elementwise.h"
#include "ops/activations.h"
#include "ops/arithmetic.h"
#include "ops/deviances.h"
#include "ops/error_function.h"
#include "ops/exponential.h"
#include "ops/logical.h"
#include "ops/special_kernels.h"
#include "ops/tail_root.h"

namespace loglik {
namespace {

using std::numbers::pi;

constexpr long double infinite = std::numeric_limits<long double>::infinity();
constexpr long double nan = std::numeric_limits<long double>::quiet_NaN();
constexpr long double root_two = std::numbers::sqrt2_v<long double>, root_two_pi = root_two / std::numbers::inv_sqrtpi_v<long double>;

// With p = (s + w)/2 and q = (s − w)/2: a = e^p − e^q, b = e^p + e^q. Exponents are held within long double: from e^5000 on only
// e^(−a²/2) counts, and below e^−5000 the tail is as e^q is, of which `missing` is left out.
constexpr long double lowest = -5000, highest = 11000;

// A tail over e^(−a²/2), so that nothing underflows; and ½·a².
struct Tail {
  long double ratio, half_square, missing;
  long double log() const { return std::log(ratio) - half_square + missing; }
};

// Below the mean, w ≤ 0: 1 − F = ½·(erf(|a|/√2) + 1 − e^(−a²/2)·2E(b)), of which no part cancels, however near to 1 F is.
Tail tail(bool upper, long double w, long double s) {
  const long double apart = std::abs(w), size = std::exp(std::clamp((s + apart) / 2, lowest, highest)) / root_two;
  const long double a = size * -std::expm1(-apart), b = size * (1 + std::exp(-apart)), half_square = a * a, q = (s - w) / 2;
  const long double missing = upper ? std::min(q - lowest, 0.0L) : 0;
  if (w > 0) {
    const long double above = special::scaled_erfc_difference(a, root_two * std::exp(std::clamp(q, lowest, highest))) / 2;
    return {upper ? above : std::exp(half_square) - above, half_square, missing};
  }
  if (!upper) return {(special::scaled_erfc(a) + special::scaled_erfc(b)) / 2, half_square, missing};
  const long double mean_to_w = std::exp(half_square) * std::erf(a) + std::expm1(half_square);
  return {(mean_to_w + special::scaled_erfc_difference(0, b)) / 2, half_square, missing};
}

// The smaller tail: the other one is 1 less it.
struct SmallerTail : Tail {
  SmallerTail(long double w, long double s) : SmallerTail(w > 0 || tail(false, w, s).log() > -std::numbers::ln2_v<long double>, w, s) {}
  bool upper;

 private:
  SmallerTail(bool is_upper, long double w, long double s) : Tail(tail(is_upper, w, s)), upper(is_upper) {}
};

long double log_tail(bool upper, long double w, long double s) {
  if (std::isnan(w) || std::isnan(s)) return nan;
  if (std::isinf(w)) return (w > 0) == upper ? -infinite : 0;
  const SmallerTail smaller(w, s);
  return smaller.upper == upper ? smaller.log() : std::log1p(-std::exp(smaller.log()));
}

// F′(w) over a tail.
long double hazard(bool upper, long double w, long double s) {
  if (std::isnan(w) || std::isnan(s)) return nan;
  if (std::isinf(w)) return (w > 0) == upper ? infinite : 0;
  const SmallerTail smaller(w, s);
  const long double q = (s - w) / 2, over = std::exp(q - smaller.missing) / (smaller.ratio * root_two_pi);
  if (smaller.upper == upper) return over;
  const long double value = std::exp(smaller.log());
  return value == 0 ? 0 : over * (value / (1 - value));
}

// The density of w is e^(−w/2 − ½·a²)·√(φ/2π), log-concave in w. Both guesses are above the root: 2·sinh(w/2) = z/√φ leaves out e^2φ·Φ(−b),
// and Lévy's distribution, P(|Z| > √(φ/u)), has the heavier upper tail; from s = −5000 down it is the distribution, a function of w − s.
long double quantile(long double p, long double s) {
  if (!(p >= 0 && p <= 1) || std::isnan(s)) return nan;
  if (p == 0 || p == 1) return p == 0 ? -infinite : infinite;
  if (s < lowest) return quantile(p, lowest) + (s - lowest);
  s = std::min(s, -lowest);  // w is some e^(−s/2)
  const bool upper = p > 0.5L;
  const long double q = upper ? 1 - p : p, root = std::exp(s / 2);
  const double z = special::normal_quantile(static_cast<double>(p));
  const long double levy = upper ? (q < 1e-6L ? 1.2533L * q : -special::normal_quantile(static_cast<double>((1 - q) / 2)))
                                 : -special::normal_quantile(static_cast<double>(q / 2));
  const long double guess = std::min(2 * std::asinh(z / (2 * root)), s - 2 * std::log(levy));
  return special::solve_log_tail(std::log(q), guess, [=](long double w) -> special::LogTail {
    const Tail t = tail(upper, w, s);
    const long double slope = (upper ? -1 : 1) * std::exp((s - w) / 2 - t.missing) / (root_two_pi * t.ratio);
    return {t.log(), slope, -0.5L - std::exp(s) * std::sinh(w) - slope};
  });
}

// ½·a² = φ·(u − 1)²/(2u), as the deviance from 1/u at 1: of w itself, not of u rounded.
Node half_square(Node w, Node s) { return inverse_gaussian_deviance(1.0, -w, s - w); }

// log F′(w): ½·s − ½·log 2π − ½·w − ½·a²
Node log_density(Node w, Node s) { return 0.5 * (s - w - std::log(2 * pi)) - half_square(w, s); }

// (∂F/∂s)/F′(w) = √(2πφu)·erfcx(b/√2) − 1, where b is large tanh(w/2).
Node by_concentration(Node w, Node s) {
  const Node is_far = greater(s + abs(w), 40.0), p = where(is_far, 0.0, 0.5 * (s + w)), q = where(is_far, 0.0, 0.5 * (s - w));
  const Node near = std::sqrt(2 * pi) * exp(p) * erfcx(std::sqrt(0.5) * (exp(p) + exp(q))) - 1.0;
  return where(is_far, tanh(0.5 * w), near);
}

struct InverseGaussianHazard {  // h = F′/F or F′/(1 − F):  ∂h = h·(∂log F′ − ∂log F or −∂log(1 − F)), ∂log F = h·(∂w + by_concentration·∂s)
  static constexpr std::string_view name = "inverse_gaussian_hazard";
  bool upper = false;
  template <class T>
  T operator()(T w, T s) const {
    return special::rounded<T>(hazard(upper, w, s));
  }
  Attributes attributes() const { return {{"upper", upper}}; }
  static InverseGaussianHazard read(const Attributes& attributes) { return {attributes.get<bool>("upper")}; }
  std::vector<Node> gradient(const GradientArgs& args) const {
    const Node w = args.input(0), s = args.input(1), h = args.output(0), g = args.output_gradient(0) * h, slope = upper ? -h : h;
    const Node sinh = 0.5 * (expm1(w) - expm1(-w));
    return {args.wants(0) ? -(g * (0.5 + mul_exp(sinh, s) + slope)) : Node(),
            args.wants(1) ? g * (0.5 - half_square(w, s) - slope * by_concentration(w, s)) : Node()};
  }
};

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
    const Node w = args.input(0), s = args.input(1), h = elementwise<InverseGaussianHazard>({w, s}, InverseGaussianHazard{upper});
    const Node g = args.output_gradient(0) * (upper ? -h : h);
    if (!args.wants(1)) return {g, Node()};
    // At the mean it is some 1/√φ: 0 where h is ∞.
    const Node share = by_concentration(w, s), vanishes = logical_and(equal(share, 0.0), equal(h, std::numeric_limits<double>::infinity()));
    return {args.wants(0) ? g : Node(), where(vanishes, 0.0, g) * share};
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
  register_elementwise<InverseGaussianHazard, 2>();
  register_elementwise<LogInverseGaussianQuantile, 2>();
}

}  // namespace loglik
