#include "ops/binomial_functions.h"

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
#include "ops/integer_search.h"
#include "ops/special_kernels.h"

namespace loglik {
namespace {

using special::rounded;

constexpr long double infinite = std::numeric_limits<long double>::infinity();
constexpr long double nan = std::numeric_limits<long double>::quiet_NaN();

// With K = t^a·(1 − t)^b/B(a, b): (n choose y)·π^y·(1 − π)^(n−y) = n/(y·(n − y))·K(y, n − y) at π.
long double binomial(long double y, long double logit, long double n) {
  if (!(y >= 0 && y <= n)) return nan;
  const special::UnitPoint at = special::at_logit(logit);
  if (y == 0) return n * at.log_rest;
  if (y == n) return n * at.log_t;
  return special::log_beta_kernel(y, n - y, at) + std::log(n / (y * (n - y)));
}

// r, held within long double: at the highest it is far above μ, and Poisson's limit reached; below the lowest P(y) ∝ r for y > 0.
long double held_log_size(long double log_mean, long double log_size) {
  return std::clamp(log_size, -11000.0L, std::max(log_mean, 0.0L) + 5000);
}

// Γ(r + y)/(Γ(r)·y!)·t^r·(1 − t)^y = K(r, y)/y at t = r/(r + μ).
long double negative_binomial(long double y, long double log_mean, long double log_size) {
  if (!(y >= 0) || std::isnan(log_mean) || std::isnan(log_size)) return nan;
  const long double held = held_log_size(log_mean, log_size);
  if (held > 11000) return -infinite;  // r and μ both: every y is at e^−r or less
  const special::UnitPoint at = special::at_logit(held - log_mean);
  const long double size = std::exp(held);
  if (y == 0) return size * at.log_t;
  return special::log_beta_kernel(size, y, at) - std::log(y) + std::min(log_size - held, 0.0L);
}

// −r·(log(1 + μ/r) − ψ(r + y) + ψ(r)) − (y·t − r·(1 − t)).
long double by_log_size(long double y, long double log_mean, long double log_size) {
  if (!(y >= 0) || std::isnan(log_mean) || std::isnan(log_size)) return nan;
  const long double held = held_log_size(log_mean, log_size);
  if (held > 11000) return 0;
  const special::UnitPoint at = special::at_logit(held - log_mean);
  const long double size = std::exp(held);
  return size * (at.log_t + special::polygamma_increment(0, size, y) + at.rest) - y * at.t;
}

// ψ(r + y) − ψ(y + 1) + log(μ/(r + μ)), of which the first and the last are large for large r: both of long double.
long double negative_binomial_by_y(long double y, long double log_mean, long double log_size) {
  if (!(y >= 0) || std::isnan(log_mean) || std::isnan(log_size)) return nan;
  const long double held = held_log_size(log_mean, log_size);
  const long double size = std::exp(std::min(held, 11000.0L));
  const long double increment =
      size >= 1 ? special::polygamma_increment(0, y + 1, size - 1) : -special::polygamma_increment(0, size + y, 1 - size);
  return increment + (std::max(held - 11000, 0.0L) + special::at_logit(held - log_mean).log_rest);
}

constexpr const char* positive_trials = "trials is {}, must be at least 1";

struct BinomialLogProb {  // ∂ℓ = y·S(−ℓ) − (n − y)·S(ℓ),  ∂y = ℓ − ψ(y + 1) + ψ(n − y + 1)
  static constexpr std::string_view name = "binomial_log_prob";
  std::int64_t trials = 1;
  template <class T>
  T operator()(T y, T logit) const {
    return rounded<T>(binomial(y, logit, static_cast<long double>(trials)));
  }
  void vectorized(const float* y, const float* logit, float* out, std::size_t count) const {
    simd::binomial(y, logit, static_cast<double>(trials), out, count,
                   [](float at, float x, double n) { return rounded<float>(binomial(at, x, static_cast<long double>(n))); });
  }
  void check() const {
    if (trials < 1) throw ArgumentError(fmt::format(positive_trials, trials));
  }
  Attributes attributes() const { return {{"trials", trials}}; }
  static BinomialLogProb read(const Attributes& attributes) { return {attributes.get<std::int64_t>("trials")}; }
  std::vector<Node> gradient(const GradientArgs& args) const {
    const Node g = args.output_gradient(0), y = args.input(0), logit = args.input(1);
    const Node rest = static_cast<double>(trials) - y;
    return {args.wants(0) ? g * (logit - digamma(y + 1.0) + digamma(rest + 1.0)) : Node(),
            args.wants(1) ? g * (y * sigmoid(-logit) - rest * sigmoid(logit)) : Node()};
  }
};

// With t = S(c − m), u = 1 − t and L the value:  ∂m = u·(y·t − r·u),  ∂c = L + r·u² + y·t² + r²·(ψ′(r + y) − ψ′(r)),  ∂y = r·ψ′(r + y) − t
struct NegativeBinomialBySize {
  static constexpr std::string_view name = "negative_binomial_by_log_size";
  template <class T>
  T operator()(T y, T log_mean, T log_size) const {
    return rounded<T>(by_log_size(y, log_mean, log_size));
  }
  static void vectorized(const float* y, const float* m, const float* c, float* out, std::size_t count) {
    simd::negative_binomial_by_size(y, m, c, out, count,
                                    [](float at, float mean, float size) { return NegativeBinomialBySize()(at, mean, size); });
  }
  static std::vector<Node> gradient(const GradientArgs& args) {
    const Node g = args.output_gradient(0), y = args.input(0), m = args.input(1), c = args.input(2);
    const Node t = sigmoid(c - m), u = sigmoid(m - c), size = exp(c), of_size = exp(-logaddexp(-c, -m));
    const Node curvature = square(size) * polygamma_increment(1, size, y);
    return {args.wants(0) ? g * (size * trigamma(size + y) - t) : Node(), g * u * (y * t - of_size),
            args.wants(2) ? g * (args.output(0) + of_size * u + y * square(t) + curvature) : Node()};
  }
};

struct NegativeBinomialByY {  // ∂y = ψ′(r + y) − ψ′(y + 1),  ∂m = t,  ∂c = r·ψ′(r + y) − t, which is 1 − t for large r
  static constexpr std::string_view name = "negative_binomial_by_y";
  template <class T>
  T operator()(T y, T log_mean, T log_size) const {
    return rounded<T>(negative_binomial_by_y(y, log_mean, log_size));
  }
  static std::vector<Node> gradient(const GradientArgs& args) {
    const Node g = args.output_gradient(0), y = args.input(0), m = args.input(1), c = args.input(2);
    const Node size = exp(minimum(c, 80.0)), t = sigmoid(c - m);
    return {args.wants(0) ? g * (trigamma(size + y) - trigamma(y + 1.0)) : Node(), g * t,
            args.wants(2) ? g * (where(greater(c, 80.0), 1.0, size * trigamma(size + y)) - t) : Node()};
  }
};

// With r·μ/(r + μ) = 1/(1/r + 1/μ):  ∂m = y·t − rμ/(r + μ),  ∂y = ψ(r + y) − ψ(y + 1) + log u
struct NegativeBinomialLogProb {
  static constexpr std::string_view name = "negative_binomial_log_prob";
  template <class T>
  T operator()(T y, T log_mean, T log_size) const {
    return rounded<T>(negative_binomial(y, log_mean, log_size));
  }
  static void vectorized(const float* y, const float* m, const float* c, float* out, std::size_t count) {
    simd::negative_binomial(y, m, c, out, count,
                            [](float at, float mean, float size) { return NegativeBinomialLogProb()(at, mean, size); });
  }
  static std::vector<Node> gradient(const GradientArgs& args) {
    const Node g = args.output_gradient(0), y = args.input(0), m = args.input(1), c = args.input(2);
    std::vector<Node> result(3);
    if (args.wants(0)) result[0] = g * elementwise<NegativeBinomialByY>({y, m, c});
    if (args.wants(1)) result[1] = g * (y * sigmoid(c - m) - exp(-logaddexp(-c, -m)));
    if (args.wants(2)) result[2] = g * elementwise<NegativeBinomialBySize>({y, m, c});
    return result;
  }
};

// Whole numbers do not move.
std::vector<Node> constant(const GradientArgs& args) { return std::vector<Node>(args.input_count()); }

struct BinomialQuantile {
  static constexpr std::string_view name = "binomial_quantile";
  std::int64_t trials = 1;
  template <class T>
  T operator()(T p, T x, T y) const {
    const auto n = static_cast<long double>(trials);
    const special::UnitPoint at = special::at_odds(x, y);
    if (!(p >= 0 && p <= 1) || std::isnan(at.t)) return std::numeric_limits<T>::quiet_NaN();
    const auto reaches = [&](long double k) { return k >= n || rounded<T>(special::incomplete_beta(n - k, k + 1, at)) >= p; };
    return static_cast<T>(special::smallest_integer(n * at.rest, n, reaches));
  }
  void check() const {
    if (trials < 1) throw ArgumentError(fmt::format(positive_trials, trials));
  }
  Attributes attributes() const { return {{"trials", trials}}; }
  static BinomialQuantile read(const Attributes& attributes) { return {attributes.get<std::int64_t>("trials")}; }
  static std::vector<Node> gradient(const GradientArgs& args) { return constant(args); }
};

struct NegativeBinomialQuantile {
  static constexpr std::string_view name = "negative_binomial_quantile";
  template <class T>
  T operator()(T p, T size, T x, T y) const {
    const special::UnitPoint at = special::at_odds(x, y);
    if (!(p >= 0 && p <= 1 && size >= 0) || std::isnan(at.t)) return std::numeric_limits<T>::quiet_NaN();
    if (p == 1) return std::numeric_limits<T>::infinity();
    const long double r = size, last = std::numeric_limits<T>::max();
    const auto reaches = [&](long double k) { return rounded<T>(special::incomplete_beta(r, k + 1, at)) >= p; };
    const long double k = special::smallest_integer(r * at.rest / at.t, last, reaches);
    return k == last ? std::numeric_limits<T>::infinity() : static_cast<T>(k);
  }
  static std::vector<Node> gradient(const GradientArgs& args) { return constant(args); }
};

}  // namespace

Node binomial_log_prob(Operand y, Operand logits, std::int64_t trials) {
  return elementwise<BinomialLogProb>({y, logits}, BinomialLogProb{trials});
}
Node negative_binomial_log_prob(Operand y, Operand log_mean, Operand log_size) {
  return elementwise<NegativeBinomialLogProb>({y, log_mean, log_size});
}
Node binomial_quantile(Operand p, Operand x, Operand y, std::int64_t trials) {
  return elementwise<BinomialQuantile>({p, x, y}, BinomialQuantile{trials});
}
Node negative_binomial_quantile(Operand p, Operand size, Operand x, Operand y) {
  return elementwise<NegativeBinomialQuantile>({p, size, x, y});
}

void register_binomial_functions() {
  register_elementwise<BinomialLogProb, 2>();
  register_elementwise<NegativeBinomialLogProb, 3>();
  register_elementwise<NegativeBinomialBySize, 3>();
  register_elementwise<NegativeBinomialByY, 3>();
  register_elementwise<BinomialQuantile, 3>();
  register_elementwise<NegativeBinomialQuantile, 4>();
}

}  // namespace loglik
