#include "ops/beta_log_density.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "framework/error.h"
#include "framework/primitives.h"
#include "framework/register_elementwise.h"
#include "ops/activations.h"
#include "ops/arithmetic.h"
#include "ops/beta_simd_kernels.h"
#include "ops/exponential.h"
#include "ops/gamma_functions.h"
#include "ops/incomplete_beta_kernels.h"
#include "ops/special_kernels.h"

namespace loglik {
namespace {

using special::rounded;

constexpr long double nan = std::numeric_limits<long double>::quiet_NaN();

// The shapes, held within long double. Where they are too small for it log p = log(αβ/(α + β)) − …, from which `missing` is left out.
struct Shapes {
  Shapes(long double x, long double c) {
    const long double log_mean = -std::max(-x, 0.0L) - std::log1p(std::exp(-std::abs(x)));
    const long double log_rest = -std::max(x, 0.0L) - std::log1p(std::exp(-std::abs(x)));
    const long double held_c = std::clamp(c, -5000.0L, 11000.0L), held_mean = std::max(log_mean, -5000.0L),
                      held_rest = std::max(log_rest, -5000.0L);
    alpha = std::exp(held_c + held_mean);
    beta = std::exp(held_c + held_rest);
    missing = std::min(c - held_c, 0.0L) + (log_mean - held_mean) + (log_rest - held_rest);
    mean = std::exp(log_mean);
    rest = std::exp(log_rest);
  }
  long double alpha, beta, missing, mean, rest;
};

bool is_inside(long double y) { return y > 0 && y < 1; }

long double log_density(long double y, long double x, long double c) {
  if (!is_inside(y)) return nan;
  const Shapes shapes(x, c);
  return special::log_beta_kernel(shapes.alpha, shapes.beta, special::at_odds(y, 1 - y)) + shapes.missing - std::log(y) - std::log1p(-y);
}

enum class By { y, x, c };

long double score(long double y, long double x, long double c, By by) {
  if (!is_inside(y)) return nan;
  const Shapes shapes(x, c);
  if (by == By::y) return (shapes.alpha - 1) / y - (shapes.beta - 1) / (1 - y);
  const long double a = shapes.alpha, b = shapes.beta;
  const special::UnitPoint at = special::at_odds(y, 1 - y);
  const long double slope_a = a * special::stirling(1, a), slope_b = b * special::stirling(1, b);
  if (by == By::c) return 0.5L + (a + b) * special::stirling(1, a + b) - slope_a - slope_b - special::beta_deviance(a, b, at);
  const long double above = b * at.t - a * at.rest;  // (α + β)·(y − mean)
  const bool near = std::abs(above) < 0.5L * std::min(a, b);
  const long double moved = near ? std::log1p(above / a) - std::log1p(-above / b) : at.log_t - at.log_rest - x;
  return a * shapes.rest * moved + 0.5L * (shapes.rest - shapes.mean) - shapes.rest * slope_a + shapes.mean * slope_b;
}

// ∂log p/∂y = (α − 1)/y − (β − 1)/(1 − y). With u = ∂log p/∂log α = α·(log y − ψ(α) + ψ(α + β)), v likewise of β: ∂c = u + v,
// ∂x = u·S(−x) − v·S(x). So that nothing of the size of α cancels, by the derivatives of what log p is evaluated by: with δ Stirling's
// remainder ∂c = ½ + (α + β)·δ′(α + β) − α·δ′(α) − β·δ′(β) − deviance, and ψ(α) = log α − 1/(2α) + δ′(α) in the difference ∂x.
struct Score {
  static constexpr std::string_view name = "beta_score";
  By by = By::x;
  template <class T>
  T operator()(T y, T x, T c) const {
    return rounded<T>(score(y, x, c, by));
  }
  void vectorized(const float* y, const float* x, const float* c, float* out, std::size_t count) const {
    if (by == By::x) return simd::beta_score_by_x(y, x, c, out, count, scalar<By::x>);
    if (by == By::c) return simd::beta_score_by_c(y, x, c, out, count, scalar<By::c>);
    for (std::size_t k = 0; k < count; ++k) out[k] = scalar<By::y>(y[k], x[k], c[k]);
  }
  template <By of>
  static float scalar(float y, float x, float c) {
    return Score{of}(y, x, c);
  }
  Attributes attributes() const { return {{"by", std::string(by == By::y ? "y" : by == By::x ? "x" : "c")}}; }
  static Score read(const Attributes& attributes) {
    const auto& by = attributes.get<std::string>("by");
    if (by != "y" && by != "x" && by != "c") throw ArgumentError(fmt::format("by is \"{}\", must be y, x or c", by));
    return {by == "y" ? By::y : by == "x" ? By::x : By::c};
  }
  static Node of(const GradientArgs& args, By by) { return elementwise<Score>({args.input(0), args.input(1), args.input(2)}, Score{by}); }

  // With u and v taken from the first derivatives: ∂u/∂log α = u + α²·(ψ′(α + β) − ψ′(α)), ∂u/∂log β = ∂v/∂log α = αβ·ψ′(α + β).
  std::vector<Node> gradient(const GradientArgs& args) const {
    const Node g = args.output_gradient(0), y = args.input(0), x = args.input(1), c = args.input(2);
    const Node mean = sigmoid(x), rest = sigmoid(-x), alpha = exp(c - softplus(-x)), beta = exp(c - softplus(x));
    const Node of_y = alpha / y, of_rest = beta / (1.0 - y);
    if (by == By::y)
      return {-(g * ((alpha - 1.0) / square(y) + (beta - 1.0) / square(1.0 - y))), g * (of_y * rest + of_rest * mean),
              g * (of_y - of_rest)};
    const Node by_x = of(args, By::x), by_c = of(args, By::c), u = by_x + mean * by_c, v = rest * by_c - by_x;
    const Node u_alpha = u + square(alpha) * polygamma_increment(1, alpha, beta),
               v_beta = v + square(beta) * polygamma_increment(1, beta, alpha);
    const Node cross = alpha * beta * trigamma(alpha + beta);
    if (by == By::c)
      return {g * (of_y - of_rest), g * (rest * (u_alpha + cross) - mean * (cross + v_beta)), g * (u_alpha + 2.0 * cross + v_beta)};
    return {g * (of_y * rest + of_rest * mean),
            g * (rest * (u_alpha * rest - cross * mean) - mean * (cross * rest - v_beta * mean) - by_c * mean * rest),
            g * (rest * (u_alpha + cross) - mean * (cross + v_beta))};
  }
};

struct LogDensity {
  static constexpr std::string_view name = "beta_log_density";
  template <class T>
  T operator()(T y, T x, T c) const {
    return rounded<T>(log_density(y, x, c));
  }
  static void vectorized(const float* y, const float* x, const float* c, float* out, std::size_t count) {
    simd::beta_log_density(y, x, c, out, count, [](float at, float logit, float log_size) { return LogDensity()(at, logit, log_size); });
  }
  static std::vector<Node> gradient(const GradientArgs& args) {
    const Node g = args.output_gradient(0);
    std::vector<Node> result(3);
    for (const By by : {By::y, By::x, By::c})
      if (const auto i = static_cast<std::size_t>(by); args.wants(i)) result[i] = g * Score::of(args, by);
    return result;
  }
};

}  // namespace

Node beta_log_density(Operand y, Operand x, Operand c) { return elementwise<LogDensity>({y, x, c}); }

void register_beta_log_density() {
  register_elementwise<LogDensity, 3>();
  register_elementwise<Score, 3>();
}

}  // namespace loglik
