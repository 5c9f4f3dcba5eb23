#include "ops/count_mean_difference.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include "framework/error.h"
#include "framework/primitives.h"
#include "framework/register_elementwise.h"

namespace loglik {
namespace {

constexpr double most_log_variance = 300;

// The value, and what its derivatives by log v and by r are.
struct Difference {
  double value, by_log_variance, by_size;
};

// With x = tan θ, w = sin²θ = x²/(1 + x²), B = 4v/r: (4v/π)·∫ f dx, f = (1 + x²)⁻²·(1 + B·w)^(−r−1);
// ∂/∂log v: f·(1 − (r + 1)·B·w/(1 + B·w)),  ∂/∂r: f·((1 + 1/r)·B·w/(1 + B·w) − log(1 + B·w)).
Difference difference(double log_variance, double r) {
  constexpr double nan = std::numeric_limits<double>::quiet_NaN(), step = 0.1, negligible = 1e-19;
  if (std::isnan(log_variance) || std::isinf(r) || !(r > 0 || r <= -1)) return {nan, nan, nan};
  const double v = std::exp(std::clamp(log_variance, -most_log_variance, most_log_variance)), b = 4 * v / r;
  const double width = 1 / std::sqrt(2 + 4 * v * (1 + 1 / r));
  double sum = 0.5, by_log_variance = 0.5, by_size = 0;
  for (int i = 1;; ++i) {
    const double tau = step * i, x = width * std::sinh(tau), square = x * x, bw = b * square / (1 + square), base = 1 + bw;
    if (!(base > 0) || !std::isfinite(square)) break;  // far out: a binomial's π = ½ leaves nothing there
    const double log_base = std::log1p(bw), f = std::cosh(tau) * std::exp(-2 * std::log1p(square) - (r + 1) * log_base);
    const double share = bw / base;
    sum += f;
    by_log_variance += f * (1 - (r + 1) * share);
    by_size += f * ((1 + 1 / r) * share - log_base);
    if (f <= negligible * sum) break;
  }
  const double factor = 4 * v / std::numbers::pi * width * step;
  return {factor * sum, factor * by_log_variance, factor * by_size};
}

struct CountMeanDifferenceSlope {  // by input 0 or 1
  static constexpr std::string_view name = "count_mean_difference_slope";
  std::int64_t by = 0;
  template <class T>
  T operator()(T log_variance, T size) const {
    const Difference d = difference(log_variance, size);
    return static_cast<T>(by == 0 ? d.by_log_variance : d.by_size);
  }
  void check() const {
    if (by != 0 && by != 1) throw ArgumentError(fmt::format("by is {}, must be 0 or 1", by));
  }
  Attributes attributes() const { return {{"by", by}}; }
  static CountMeanDifferenceSlope read(const Attributes& attributes) { return {attributes.get<std::int64_t>("by")}; }
  static std::vector<Node> gradient(const GradientArgs& args) {
    not_differentiable(args, "the mean difference of counts can be differentiated once");
  }
};

struct CountMeanDifference {
  static constexpr std::string_view name = "count_mean_difference";
  template <class T>
  T operator()(T log_variance, T size) const {
    return static_cast<T>(difference(log_variance, size).value);
  }
  static std::vector<Node> gradient(const GradientArgs& args) {
    const auto slope = [&](std::int64_t by) {
      if (!args.wants(static_cast<std::size_t>(by))) return Node();
      return args.output_gradient(0) *
             elementwise<CountMeanDifferenceSlope>({args.input(0), args.input(1)}, CountMeanDifferenceSlope{by});
    };
    return {slope(0), slope(1)};
  }
};

}  // namespace

Node count_mean_difference(Operand log_variance, Operand size) { return elementwise<CountMeanDifference>({log_variance, size}); }

void register_count_mean_difference() {
  register_elementwise<CountMeanDifference, 2>();
  register_elementwise<CountMeanDifferenceSlope, 2>();
}

}  // namespace loglik
