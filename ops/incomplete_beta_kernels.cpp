#include "ops/incomplete_beta_kernels.h"

#include <algorithm>
#include <boost/math/quadrature/gauss.hpp>
#include <cmath>
#include <limits>

#include "ops/special_kernels.h"

// All comes from one tail. With R = ∫₀ᵗ u^(a−1)·(1 − u)^(b−1) du / (t^a·(1 − t)^b), I = K·R, and
//
//     ∂log I/∂a = log t − ψ(a) + ψ(a + b) + ∂log R/∂a,    ∂log I/∂b = log(1 − t) − ψ(b) + ψ(a + b) + ∂log R/∂b.
//
// R is evaluated for t up to about the mean, where the continued fraction converges; above, all is that of 1 − t, with a and b exchanged,
// and I = 1 − I_(1−t)(b, a). ∂I/∂a is negative everywhere and has no cancellation on either side: log T − E log T, of which it is the
// integral over the smaller tail, changes sign near the mean.
namespace loglik::special {
namespace {

constexpr long double infinite = std::numeric_limits<long double>::infinity();
constexpr long double nan = std::numeric_limits<long double>::quiet_NaN();
constexpr long double epsilon = std::numeric_limits<long double>::epsilon();

// 1/R and what it changes by with a and with b.
struct Tail {
  long double inverse_ratio, by_a, by_b;
  long double log_ratio_by_a() const { return -by_a / inverse_ratio; }
  long double log_ratio_by_b() const { return -by_b / inverse_ratio; }
};

// 1/R = β₀ + α₁/(β₁ + α₂/(β₂ + …)). Source: Didonato & Morris 1992, "Algorithm 708", doi:10.1145/131766.131776, equations 9 and 10.
struct Fraction {
  long double a, b, t, rest;

  Tail alpha(long double m) const {
    const long double s = a + 2 * m - 1, p = a + m - 1, q = a + b + m - 1, w = b - m, c = m * (t / s) * (t / s);
    const long double value = c * p * q * w;
    return {value, c * w * (p + q) - 2 * value / s, c * p * (q + w)};
  }
  Tail beta(long double m) const {
    const long double s = a + 2 * m - 1, e = s + 2, u = a * rest - b * t + 1 + m * (1 + rest);
    const long double n = a + m, first = m == 0 ? 0 : m * t / s, middle = first * (b - m);
    return {m + middle + n * u / e, (m == 0 ? 0 : -middle / s) + (u + n * rest - n * u / e) / e, first - n * t / e};
  }

  // By the method of Lentz, as Thompson & Barnett 1986 modified it; `terms` says how many it took. A fraction that ends, as for a whole
  // b, does not for b's neighbours, whose number of terms its derivatives need: `whole` goes on past it.
  long double value(int& terms, bool whole) const {
    constexpr long double tiny = 1e-4000L;
    long double f = beta(0).inverse_ratio, c = f, d = 0;
    for (terms = 1; terms < 20000; ++terms) {
      long double numerator = alpha(terms).inverse_ratio;
      if (numerator == 0 && !whole) break;
      if (numerator == 0) numerator = Fraction{a, b + 0.5L, t, rest}.alpha(terms).inverse_ratio;
      const long double denominator = beta(terms).inverse_ratio;
      d = denominator + numerator * d;
      c = denominator + numerator / c;
      if (d == 0) d = tiny;
      if (c == 0) c = tiny;
      d = 1 / d;
      f *= c * d;
      if (std::abs(c * d - 1) < 2 * epsilon) break;
    }
    return f;
  }

  Tail tail(bool derivatives) const {
    int terms = 0;
    Tail result{value(terms, derivatives), 0, 0};
    if (!derivatives) return result;
    terms += terms / 4 + 8;  // the derivatives converge later
    result = beta(terms);
    for (int m = terms; m > 0; --m) {
      const Tail numerator = alpha(m), before = beta(m - 1);
      const long double quotient = numerator.inverse_ratio / result.inverse_ratio;
      result = {before.inverse_ratio + quotient, before.by_a + (numerator.by_a - quotient * result.by_a) / result.inverse_ratio,
                before.by_b + (numerator.by_b - quotient * result.by_b) / result.inverse_ratio};
    }
    return result;
  }
};

// For a and b both large, where the fraction needs √a terms: R as the integral of e^(−a·v + (a + b)·λ(v)), λ = −log(1 − t + t·e^−v), over
// v > 0, how far u's logit is below t's; λ and λ − v are what log(1 − u) and log u change by, of which the smaller is known best: for t > ½
// λ − v = −log(1 + (1 − t)·(e^v − 1)). The integrand is smooth and single-humped:
// e^−60 at the end of what is integrated, by Gauss and Legendre's rule of 30 points on each half.
Tail integrated_tail(long double a, long double b, const UnitPoint& at) {
  const long double slope = a * at.rest - b * at.t, curvature = (a + b) * at.t * at.rest;
  const long double end = 120 / (slope + std::sqrt(slope * slope + 120 * curvature));
  using Rule = boost::math::quadrature::gauss<long double, 30>;
  long double sum = 0, sum_a = 0, sum_b = 0;
  const auto add = [&](long double v, long double weight) {
    const bool low = at.t <= 0.5L;
    const long double smaller = -std::log1p(low ? at.t * std::expm1(-v) : at.rest * std::expm1(v));
    const long double lambda = low ? smaller : smaller + v, of_u = low ? smaller - v : smaller;
    const long double density = weight * std::exp(low ? (a + b) * lambda - a * v : (a + b) * of_u + b * v);
    sum += density;
    sum_a += density * of_u;
    sum_b += density * lambda;
  };
  const long double quarter = end / 4;
  for (const long double centre : {quarter, 3 * quarter})
    for (std::size_t i = 0; i < Rule::abscissa().size(); ++i) {
      add(centre - quarter * Rule::abscissa()[i], quarter * Rule::weights()[i]);
      add(centre + quarter * Rule::abscissa()[i], quarter * Rule::weights()[i]);
    }
  const long double inverse = 1 / sum;
  return {inverse, -inverse * (sum_a / sum), -inverse * (sum_b / sum)};
}

Tail tail(long double a, long double b, const UnitPoint& at, bool derivatives) {
  if (std::min(a, b) > 1000) return integrated_tail(a, b, at);
  return Fraction{a, b, at.t, at.rest}.tail(derivatives);
}

// Is t low enough for its own tail to be evaluated? Else 1 − t is.
bool is_low(long double a, long double b, const UnitPoint& at) { return at.t * (b + 1) <= at.rest * (a + 1); }

// What no formula is for: I is 0 or 1, or NaN.
bool is_end(long double a, long double b, const UnitPoint& at) {
  return !(a > 0 && b > 0 && std::isfinite(a) && std::isfinite(b)) || !(at.log_t > -infinite && at.log_rest > -infinite);
}
long double at_end(long double a, long double b, const UnitPoint& at) {
  if (!(a >= 0 && b >= 0) || std::isnan(at.t) || (a == 0 && b == 0) || (std::isinf(a) && std::isinf(b))) return nan;
  if (at.log_rest == -infinite) return 1;
  if (a == 0 || std::isinf(b)) return 1;
  return 0;
}

// u − log(1 + u), of log(1 + u) where it is known better than u near −1.
long double excess(long double u, long double log_one_plus) {
  return std::abs(u) < 0.5L ? -log1pmx(u) : u - log_one_plus;
}

long double log_tail(long double a, long double b, const UnitPoint& at) {
  return log_beta_kernel(a, b, at) - std::log(tail(a, b, at, false).inverse_ratio);
}

long double low_by_a(long double a, long double b, const UnitPoint& at, const Tail& tail) {
  return at.log_t + polygamma_increment(0, a, b) + tail.log_ratio_by_a();
}
long double low_by_b(long double a, long double b, const UnitPoint& at, const Tail& tail) {
  return at.log_rest + polygamma_increment(0, b, a) + tail.log_ratio_by_b();
}

}  // namespace

UnitPoint at_odds(long double x, long double y) {
  if (!(x >= 0 && y >= 0) || (x == 0 && y == 0) || (std::isinf(x) && std::isinf(y))) return {nan, nan, nan, nan};
  if (std::isinf(x)) return {1, 0, 0, -infinite};
  if (std::isinf(y)) return {0, 1, -infinite, 0};
  return {x / (x + y), y / (x + y), -std::log1p(y / x), -std::log1p(x / y)};
}

UnitPoint at_logit(long double logit) {
  const long double small = std::exp(-std::abs(logit)), log_large = -std::log1p(small), log_small = log_large - std::abs(logit);
  const UnitPoint low{small / (1 + small), 1 / (1 + small), log_small, log_large};
  return logit <= 0 ? low : std::isnan(logit) ? UnitPoint{nan, nan, nan, nan} : low.mirrored();
}

long double beta_deviance(long double a, long double b, const UnitPoint& at) {
  const long double above = b * at.t - a * at.rest;
  const long double log_mean = -std::log1p(b / a), log_mean_rest = -std::log1p(a / b);
  return a * excess(above / a, at.log_t - log_mean) + b * excess(-above / b, at.log_rest - log_mean_rest);
}

// So that a·log t and b·log(1 − t) do not cancel log B for large a and b:
// log K = ½·log(ab/(2π(a + b))) + δ(a + b) − δ(a) − δ(b) − deviance
long double log_beta_kernel(long double a, long double b, const UnitPoint& at) {
  const long double larger = std::max(a, b), smaller = std::min(a, b);
  const long double scale = 0.5L * (std::log(smaller) - std::log1p(smaller / larger)) - half_log_2pi;
  return scale + stirling(0, a + b) - stirling(0, a) - stirling(0, b) - beta_deviance(a, b, at);
}

long double incomplete_beta(long double a, long double b, const UnitPoint& at) {
  if (is_end(a, b, at)) return at_end(a, b, at);
  return is_low(a, b, at) ? std::exp(log_tail(a, b, at)) : 1 - std::exp(log_tail(b, a, at.mirrored()));
}

long double log_incomplete_beta(long double a, long double b, const UnitPoint& at) {
  if (is_end(a, b, at)) return std::log(at_end(a, b, at));
  return is_low(a, b, at) ? log_tail(a, b, at) : std::log1p(-std::exp(log_tail(b, a, at.mirrored())));
}

long double incomplete_beta_ratio(long double a, long double b, const UnitPoint& at) {
  if (is_end(a, b, at)) {
    const long double value = at_end(a, b, at);
    return std::isnan(value) ? value : value == 0 ? 1 / a : infinite;
  }
  if (is_low(a, b, at)) return 1 / tail(a, b, at, false).inverse_ratio;
  return std::exp(log_incomplete_beta(a, b, at) - log_beta_kernel(a, b, at));
}

long double incomplete_beta_slope(long double a, long double b, long double x, long double y) {
  const UnitPoint at = at_odds(x, y);
  if (x == 0 && y > 0 && a > 0 && b > 0) return a > 1 ? 0 : a < 1 ? infinite : b / y;
  if (is_end(a, b, at)) return 0 * at_end(a, b, at);
  return std::exp(log_beta_kernel(a, b, at) - std::log(x));
}

long double log_incomplete_beta_slope(long double a, long double b, long double x, long double y) {
  const UnitPoint at = at_odds(x, y);
  if (is_end(a, b, at)) return at_end(a, b, at) == 0 ? infinite : 0 * at_end(a, b, at);
  if (is_low(a, b, at)) return tail(a, b, at, false).inverse_ratio / x;
  return incomplete_beta_slope(a, b, x, y) / incomplete_beta(a, b, at);
}

long double log_incomplete_beta_slope_of_y(long double a, long double b, long double x, long double y) {
  const UnitPoint at = at_odds(x, y);
  if (x == 0 && y > 0) return a / y;
  if (!is_end(a, b, at) && is_low(a, b, at)) return tail(a, b, at, false).inverse_ratio / y;
  return incomplete_beta_slope(b, a, y, x) / incomplete_beta(a, b, at);
}

long double incomplete_beta_by_a(long double a, long double b, const UnitPoint& at) {
  if (is_end(a, b, at)) return 0 * at_end(a, b, at);
  const long double log_kernel = log_beta_kernel(a, b, at);
  if (is_low(a, b, at)) {
    const Tail low = tail(a, b, at, true);
    return std::exp(log_kernel) / low.inverse_ratio * low_by_a(a, b, at, low);
  }
  const Tail high = tail(b, a, at.mirrored(), true);
  return -std::exp(log_kernel) / high.inverse_ratio * low_by_b(b, a, at.mirrored(), high);
}

long double log_incomplete_beta_by_a(long double a, long double b, const UnitPoint& at) {
  if (is_end(a, b, at)) return at_end(a, b, at) == 0 ? -infinite : 0 * at_end(a, b, at);
  if (!is_low(a, b, at)) return incomplete_beta_by_a(a, b, at) / incomplete_beta(a, b, at);
  return low_by_a(a, b, at, tail(a, b, at, true));
}

long double log_incomplete_beta_by_b(long double a, long double b, const UnitPoint& at) {
  if (is_end(a, b, at)) return at_end(a, b, at) == 0 ? polygamma_increment(0, b, a) : 0 * at_end(a, b, at);
  if (!is_low(a, b, at)) return -incomplete_beta_by_a(b, a, at.mirrored()) / incomplete_beta(a, b, at);
  return low_by_b(a, b, at, tail(a, b, at, true));
}

long double incomplete_beta_inverse_by_a(long double a, long double b, const UnitPoint& at) {
  if (is_end(a, b, at)) return 0 * at_end(a, b, at);
  if (is_low(a, b, at)) {
    const Tail low = tail(a, b, at, true);
    return -low_by_a(a, b, at, low) / low.inverse_ratio;
  }
  const Tail high = tail(b, a, at.mirrored(), true);
  return low_by_b(b, a, at.mirrored(), high) / high.inverse_ratio;
}

namespace {

struct ValueAndRatio {
  long double log_value, ratio;  // log I, I/K
};

// Both from one tail, as log_incomplete_beta and incomplete_beta_ratio are.
ValueAndRatio value_and_ratio(long double a, long double b, const UnitPoint& at) {
  if (is_end(a, b, at)) return {log_incomplete_beta(a, b, at), incomplete_beta_ratio(a, b, at)};
  const long double log_kernel = log_beta_kernel(a, b, at);
  if (is_low(a, b, at)) {
    const long double inverse = tail(a, b, at, false).inverse_ratio;
    return {log_kernel - std::log(inverse), 1 / inverse};
  }
  const long double rest = std::exp(log_kernel) / tail(b, a, at.mirrored(), false).inverse_ratio, log_value = std::log1p(-rest);
  return {log_value, std::exp(log_value - log_kernel)};
}

}  // namespace

// log I is concave in the logit of t, as every integral of a log-concave function is: Newton's method comes to the solution from below,
// whatever it starts from. Below, I is t^a/(a·B); where that is far, the normal distribution is a better start.
long double incomplete_beta_inverse(long double a, long double b, long double p, long double q) {
  if (!(a > 0 && b > 0 && std::isfinite(a) && std::isfinite(b) && p >= 0 && q >= 0 && p + q > 0 && std::isfinite(p + q))) return nan;
  if (p > q) return -incomplete_beta_inverse(b, a, q, p);
  if (p == 0) return -infinite;
  const long double log_level = -std::log1p(q / p);
  long double logit = (log_level + log_beta(a, b) + std::log(a)) / a;
  if (std::min(a, b) > 1) logit = std::max(logit, std::log(a / b) - std::sqrt(-2 * log_level * (1 / a + 1 / b)));
  for (int i = 0; i < 200; ++i) {
    const UnitPoint at = at_logit(logit);
    const ValueAndRatio now = value_and_ratio(a, b, at);
    const long double step = (log_level - now.log_value) * now.ratio;
    logit += step;
    if (!(std::abs(step) > 1e-10L * std::min(1.0L, std::abs(logit)))) break;  // it was off by the square of that
  }
  return logit;
}

}  // namespace loglik::special
