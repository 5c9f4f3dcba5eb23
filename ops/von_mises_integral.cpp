#include "ops/von_mises_integral.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/math/quadrature/gauss.hpp>
#include <cmath>
#include <limits>
#include <numbers>

#include "framework/error.h"
#include "framework/graph.h"
#include "framework/primitives.h"
#include "framework/register_elementwise.h"
#include "ops/arithmetic.h"
#include "ops/bessel.h"
#include "ops/exponential.h"
#include "ops/polar.h"
#include "ops/special_kernels.h"
#include "ops/trigonometric.h"

namespace loglik {
namespace {

constexpr double pi = std::numbers::pi;

// e^(−κ·(1 − cos φ)) at a distance φ of the peak.
double bell(double kappa, double phi) {
  const double s = std::sin(phi / 2);
  return std::exp(-2 * kappa * s * s);
}

// ∫ f(φ)·bell(φ) from `from` to `to`, 0 ≤ from ≤ to ≤ π: pieces of three standard deviations at most, as far as the bell is above e⁻⁴⁰.
template <class F>
double quadrature(double kappa, double from, double to, const F& f) {
  to = std::min(to, 2 * std::asin(std::min(1.0, std::sqrt(20 / std::max(kappa, 1.0)))));
  if (!(from < to)) return 0;
  const double pieces = std::ceil((to - from) * std::sqrt(kappa + 1) / 3), width = (to - from) / pieces;
  double sum = 0;
  for (double piece = 0; piece < pieces; ++piece) {
    const double begin = from + piece * width;
    sum +=
        boost::math::quadrature::gauss<double, 20>::integrate([&](double phi) { return f(phi) * bell(kappa, phi); }, begin, begin + width);
  }
  return sum;
}

double power(double x, int n) {
  double value = 1;
  for (int i = 0; i < n; ++i) value *= x;
  return value;
}

double integral(int i, int j, double a, double b, double y) {
  if (std::isnan(a) || std::isnan(b) || std::isnan(y)) return std::numeric_limits<double>::quiet_NaN();
  const double kappa = std::hypot(a, b), cosine = kappa > 0 ? a / kappa : 1, sine = kappa > 0 ? b / kappa : 0, mu = std::atan2(b, a);
  // At a distance φ of the peak to the right (side 1) or left (side −1).
  const auto weight = [&](double phi, double side) {
    const double c = std::cos(phi), s = side * std::sin(phi);
    return power(cosine * c - sine * s, i) * power(sine * c + cosine * s, j);
  };
  // Offsets from μ run from −π − μ to y − μ, within ±2π; peaks are at −2π, 0 and 2π.
  double sum = 0;
  for (const double peak : {-2 * pi, 0.0, 2 * pi}) {
    const double low = (-pi - peak) - mu, high = (std::clamp(y, -pi, pi) - peak) - mu;
    for (const double side : {-1.0, 1.0}) {
      const double near = side > 0 ? low : -high, far = side > 0 ? high : -low;
      sum += quadrature(kappa, std::max(near, 0.0), std::min(far, pi), [&](double phi) { return weight(phi, side); });
    }
  }
  return sum;
}

double area(double kappa, double from, double to) {
  return quadrature(kappa, from, to, [](double) { return 1.0; });
}

// The φ in [0, π] with area(0, φ) = wanted. The area is concave in φ: Newton's steps from 0 approach φ from below, each adding the area of
// the step alone. What is left of the wanted area below `least` is rounding.
double angle_of_area(double kappa, double wanted, double least) {
  double phi = 0, rest = wanted;
  for (int step = 0; step < 200 && rest > least; ++step) {
    const double next = std::min(pi, phi + rest / bell(kappa, phi));
    rest -= area(kappa, phi, next);
    const bool close = next - phi < 1e-9 * next;  // the step after it would be some square of this
    phi = next;
    if (close) break;
  }
  return phi;
}

double quantile(double a, double b, double p) {
  if (!(p >= 0 && p <= 1) || std::isnan(a) || std::isnan(b)) return std::numeric_limits<double>::quiet_NaN();
  if (p == 0 || p == 1) return p == 0 ? -pi : pi;
  const double kappa = std::hypot(a, b), mu = std::atan2(b, a), whole = 2 * pi * special::scaled_bessel_i0(kappa);
  // From −π to the peak at μ; from there p of the whole on. Half of the whole belongs to each side of a peak.
  const double before = mu <= 0 ? area(kappa, 0, pi + mu) : whole - area(kappa, 0, pi - mu);
  double from_peak = p * whole - before, turn = 0;
  if (from_peak < -whole / 2) from_peak += whole, turn = -2 * pi;
  if (from_peak > whole / 2) from_peak -= whole, turn = 2 * pi;
  const double angle = angle_of_area(kappa, std::abs(from_peak), 0x1p-52 * whole);
  return std::clamp(mu + turn + std::copysign(angle, from_peak), -pi, pi);
}

constexpr int highest = 4;

struct VonMisesIntegral {
  static constexpr std::string_view name = "von_mises_integral";
  int i = 0, j = 0;
  template <class T>
  T operator()(T a, T b, T y) const {
    return special::rounded<T>(integral(i, j, a, b, y));
  }
  void check() const {
    if (i < 0 || j < 0 || i + j > highest) throw ArgumentError(fmt::format("i = {}, j = {}: need i, j ≥ 0 and i + j ≤ {}", i, j, highest));
  }
  Attributes attributes() const { return {{"i", std::int64_t{i}}, {"j", std::int64_t{j}}}; }
  static VonMisesIntegral read(const Attributes& attributes) {
    return {static_cast<int>(attributes.get<std::int64_t>("i")), static_cast<int>(attributes.get<std::int64_t>("j"))};
  }
  std::vector<Node> gradient(const GradientArgs& args) const {
    const Node g = args.output_gradient(0), a = args.input(0), b = args.input(1), y = args.input(2);
    if ((args.wants(0) || args.wants(1)) && i + j == highest) not_differentiable(args, "i + j = 4 is the highest");
    const Node kappa = hypot(a, b), nonzero = where(greater(kappa, 0.0), kappa, 1.0);
    const auto by = [&](int k, int l, Node natural) {
      return g * (von_mises_integral(k, l, a, b, y) - natural / nonzero * args.output(0));
    };
    Node at_y;
    if (args.wants(2)) {
      const Node c = cos(y), s = sin(y), inside = less_equal(abs(y), pi);
      Node density = exp(-von_mises_exponent(a, b, y));
      for (int n = 0; n < i; ++n) density = density * c;
      for (int n = 0; n < j; ++n) density = density * s;
      at_y = where(inside, g * density, 0.0);
    }
    return {args.wants(0) ? by(i + 1, j, a) : Node(), args.wants(1) ? by(i, j + 1, b) : Node(), at_y};
  }
};

// κ and 2π·I₀(κ)·e^−κ.
struct Whole {
  Node kappa, integral;
  Whole(Node a, Node b) : kappa(hypot(a, b)), integral(2 * pi * i0e(kappa)) {}
};

struct VonMisesQuantile {  // F(y) = p: ∂p = g/f(y),  ∂a = −g·(∂F/∂a)/f(y), ∂F/∂a = K₁₀(y)/K(π) − F·A·a/κ
  static constexpr std::string_view name = "von_mises_quantile";
  template <class T>
  T operator()(T a, T b, T p) const {
    return static_cast<T>(quantile(a, b, p));
  }
  static std::vector<Node> gradient(const GradientArgs& args) {
    const Node a = args.input(0), b = args.input(1), p = args.input(2), y = args.output(0);
    const Whole whole(a, b);
    const Node by_p = args.output_gradient(0) * whole.integral * exp(von_mises_exponent(a, b, y));
    const Node pull = p * bessel_ratio(whole.kappa) / where(greater(whole.kappa, 0.0), whole.kappa, 1.0);
    const auto by = [&](int i, int j, Node natural) {
      return by_p * (pull * natural - von_mises_integral(i, j, a, b, y) / whole.integral);
    };
    return {args.wants(0) ? by(1, 0, a) : Node(), args.wants(1) ? by(0, 1, b) : Node(), args.wants(2) ? by_p : Node()};
  }
};

}  // namespace

// With t = a·sin y − b·cos y it is t²/(κ + d) where d > 0, since κ² = d² + t²: nothing cancels near the peak.
Node von_mises_exponent_towards(Operand a, Operand b, Operand cosine, Operand sine) {
  const SiteScope site(a.site());
  const Node kappa = hypot(a, b), d = a * cosine + b * sine, t = a * sine - b * cosine, near = greater(d, 0.0);
  return where(near, t * (t / (kappa + where(near, d, 1.0))), kappa - d);
}

Node von_mises_exponent(Operand a, Operand b, Operand y) { return von_mises_exponent_towards(a, b, cos(y), sin(y)); }

Node von_mises_integral(int i, int j, Operand a, Operand b, Operand y) {
  return elementwise<VonMisesIntegral>({a, b, y}, VonMisesIntegral{i, j});
}

Node von_mises_cdf(Operand a, Operand b, Operand y) {
  const SiteScope site(y.site());
  const Node first = !a.is_number() ? a.node() : !b.is_number() ? b.node() : y.node();
  const auto node = [&](Operand x) { return x.is_number() ? first.graph().constant(x.number(), first.dtype()) : x.node(); };
  const Node share = von_mises_integral(0, 0, a, b, y) / Whole(node(a), node(b)).integral;
  return where(greater_equal(node(y), pi), 1.0, share);
}

Node von_mises_quantile(Operand a, Operand b, Operand p) { return elementwise<VonMisesQuantile>({a, b, p}); }

void register_von_mises_integral_ops() {
  register_elementwise<VonMisesIntegral, 3>();
  register_elementwise<VonMisesQuantile, 3>();
}

}  // namespace loglik
