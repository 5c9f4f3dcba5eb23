#include "ops/incomplete_gamma_kernels.h"

#include <algorithm>
#include <array>
#include <boost/math/special_functions/digamma.hpp>
#include <boost/math/special_functions/gamma.hpp>
#include <cmath>
#include <limits>
#include <numbers>

#include "ops/special_kernels.h"
#include "ops/tail_root.h"

namespace loglik::special {
namespace {

using std::numbers::ln2_v;
using std::numbers::pi_v;

constexpr long double infinite = std::numeric_limits<long double>::infinity();
constexpr long double nan = std::numeric_limits<long double>::quiet_NaN();

long double log_gamma_1p(long double a) {  // log Γ(1 + a), relatively precise for a → 0
  return a < 1 ? std::log1p(boost::math::tgamma1pm1(a, Quiet())) : boost::math::lgamma(a + 1, Quiet());
}

// log D. From a = 16 on by Stirling's formula: −a·(λ − 1 − log λ) − ½·log 2πa − δ(a) with λ = x/a, where a·log x − x − log Γ(a + 1) would
// cancel.
long double log_factor(long double a, long double x) {
  if (a < 16) return a * std::log(x) - x - log_gamma_1p(a);
  const long double apart = (x - a) / a, deviance = std::abs(apart) < 0.5L ? -log1pmx(apart) : apart - std::log(x / a);
  return -a * deviance - 0.5L * std::log(2 * pi_v<long double> * a) - stirling(0, a);
}

// P/D = Σ tₙ, tₙ = xⁿ/((a+1)…(a+n)), and ∂Q/∂a over D = Σ tₙ·(ψ(a+n+1) − log x). For x < max(2, a + 1) the sum of the latter cancels by
// less than a factor of 100. Source: NIST Handbook, 8.7.1.
GammaTails by_series(long double a, long double x, bool with_slope) {
  long double term = 1, sum = 1, harmonic = 0, slopes = 0;
  for (int n = 1; term > 1e-21L * sum; ++n) {
    term *= x / (a + n);
    sum += term;
    if (with_slope) {
      harmonic += 1 / (a + n);
      slopes += term * harmonic;
    }
  }
  if (with_slope) slopes += (boost::math::digamma(a + 1, Quiet()) - std::log(x)) * sum;
  return {log_factor(a, x), sum, false, slopes};
}

// Q for a < 1 and small x, where P is near 1: with M = log(x^a/Γ(a+1)) and T = Σ −(−x)ⁿ/(n!·(a+n)) it is 1 − e^M·(1 − a·T). The two parts
// cancel by less than a factor of 30 for x < 2. Source: NIST Handbook, 8.7.3.
long double upper_near_zero(long double a, long double x) {
  long double power = 1, sum = 0;
  for (int n = 1; n < 40; ++n) {
    power *= -x / n;
    sum -= power / (a + n);
  }
  const long double log_power = a * std::log(x) - log_gamma_1p(a);
  return a * sum * std::exp(log_power) - std::expm1(log_power);
}

// Q/D = a·U, ∂Q/∂a over D = (log x − ψ(a))·a·U + a·∂U/∂a with U = U(1, 1+a, x), of which the continued fraction
//     1/U = f₀,  fₙ = x + 2n + 1 − a + (n+1)(a−n−1)/fₙ₊₁
// is evaluated from its far end, with its derivative. The number of steps was found by trying; it leaves 1e-18 at most for x ≥ max(2, a +
// 1) and, for a ≥ 100, x ≥ 1.3a. Source: NIST Handbook, 8.9.2.
GammaTails by_continued_fraction(long double a, long double x, bool with_slope) {
  const long double near = a / x;
  const int steps = 14 + static_cast<int>(130 / x + 0.35L * std::min(a, 100.0L) * near * near);
  long double f = x + (2 * steps + 1) - a, slope = -1;
  for (int n = steps - 1; n >= 0; --n) {
    const long double c = (n + 1) * (a - (n + 1)) / f;
    if (with_slope) slope = ((n + 1) - c * slope) / f - 1;
    f = x + (2 * n + 1) - a + c;
  }
  const long double u = 1 / f;
  if (with_slope) slope = a * u * (std::log(x) - boost::math::digamma(a + 1, Quiet())) + u - a * slope * u * u;
  return {log_factor(a, x), a * u, true, slope};
}

// Temme's uniform expansion for a → ∞. With λ = x/a, ½η² = λ − 1 − log λ and η of the sign of λ − 1,
//     Q = ½·erfc(η·√(a/2)) + S·e^(−½aη²)/√(2πa),   S = Σ cₖ(η)·a^−k,
// P the same with −η and −S; c₀ = 1/(λ−1) − 1/η, cₖ = cₖ₋₁′(η)/η + (−1)ᵏ·gₖ/(λ−1), gₖ from Γ(a) ~ √(2π/a)·(a/e)ᵃ·Σ gₖ·a^−k.
// Source: NIST Handbook, 8.12.
struct Temme {
  static constexpr int orders = 8, terms = 19;                     // leave 1e-20 of the value for a ≥ 100 and |η| ≤ 0.34
  static constexpr long double smallest_a = 100, farthest = 0.3L;  // |λ − 1| ≤ 0.3: η within −0.337 and 0.275
  std::array<std::array<long double, terms>, orders> c{};

  // The coefficients of ηⁿ, at compile time. λ − 1 = Σ mₙ·ηⁿ solves m·m′ = η·(1 + m).
  constexpr Temme() {
    constexpr int size = terms + 2 * orders + 2;
    std::array<long double, size + 2> m{};
    m[1] = 1;
    for (int n = 2; n < size + 2; ++n) {
      long double sum = m[n - 1];
      for (int i = 2; i < n; ++i) sum -= m[i] * (n - i + 1) * m[n - i + 1];
      m[n] = sum / (n + 1);
    }
    std::array<long double, size + 1> inverse{};  // of η/(λ − 1)
    inverse[0] = 1;
    for (int n = 1; n <= size; ++n)
      for (int i = 1; i <= n; ++i) inverse[n] -= m[i + 1] * inverse[n - i];
    constexpr std::array<long double, orders> stirling{0, 1.0L / 12, 0, -1.0L / 360, 0, 1.0L / 1260, 0, -1.0L / 1680};  // of log Γ
    std::array<long double, orders> g{1};
    for (int k = 1; k < orders; ++k) {
      for (int i = 1; i <= k; ++i) g[k] += i * stirling[i] * g[k - i];
      g[k] /= k;
    }
    std::array<long double, size> last{};
    for (int n = 0; n < size; ++n) last[n] = inverse[n + 1];
    for (int k = 0; k < orders; ++k) {
      if (k > 0)
        for (int n = 0; n + 2 < size; ++n) last[n] = (n + 2) * last[n + 2] + (k % 2 == 0 ? g[k] : -g[k]) * inverse[n + 1];
      for (int n = 0; n < terms; ++n) c[k][n] = last[n];
    }
  }

  struct Sum {
    long double value, by_a, by_eta;
  };
  Sum sum(long double a, long double eta) const {
    Sum s{};
    for (int k = orders - 1; k >= 0; --k) {
      long double value = 0, slope = 0;
      for (int n = terms - 1; n >= 0; --n) {
        slope = slope * eta + value;
        value = value * eta + c[k][n];
      }
      s.by_a = (s.by_a - s.value / a) / a;
      s.value = s.value / a + value;
      s.by_eta = s.by_eta / a + slope;
    }
    return s;
  }
};
constexpr Temme temme;

// Of the derivative by a the terms in erfc cancel each other exactly: what is left is
//     ∂Q/∂a = e^(−½aη²)/√(2πa)·((λ−1)/η − η/2 + (log λ − 1/(2a))·S + ∂S/∂a − ∂S/∂η·(λ−1)/(aη)).
GammaTails by_uniform_expansion(long double a, long double x, bool with_slope) {
  const long double apart = (x - a) / a, half_square = -log1pmx(apart);
  const long double eta = std::copysign(std::sqrt(2 * half_square), apart), remainder = stirling(0, a);
  const Temme::Sum s = temme.sum(a, eta);
  const bool upper = apart > 0;
  const long double normal = std::sqrt(pi_v<long double> * a / 2) * scaled_erfc(std::sqrt(a * half_square));
  const long double scale = std::exp(remainder);
  long double slope = 0;
  if (with_slope) {
    const long double stretch = eta == 0 ? 1 : apart / eta;
    slope = scale * (stretch - eta / 2 + (std::log1p(apart) - 0.5L / a) * s.value + s.by_a - s.by_eta * stretch / a);
  }
  return {-a * half_square - 0.5L * std::log(2 * pi_v<long double> * a) - remainder, scale * (normal + (upper ? s.value : -s.value)), upper,
          slope};
}

// P or Q where it is known without computing; else −1.
long double known_tail(bool upper, long double a, long double x) {
  if (!(a >= 0 && x >= 0) || (a == 0 && x == 0) || (std::isinf(a) && std::isinf(x))) return nan;
  if (a == 0 || std::isinf(x)) return upper ? 0 : 1;
  if (x == 0 || std::isinf(a)) return upper ? 1 : 0;
  return -1;
}

}  // namespace

GammaTails gamma_tails(long double a, long double x, bool with_slope) {
  if (a >= Temme::smallest_a && std::abs(x - a) <= Temme::farthest * a) return by_uniform_expansion(a, x, with_slope);
  if (x >= std::max(2.0L, a + 1)) return by_continued_fraction(a, x, with_slope);
  GammaTails tails = by_series(a, x, with_slope);
  if (a < 1 && tails.log_factor + std::log(tails.ratio) > -ln2_v<long double>) {
    tails.ratio = upper_near_zero(a, x) * std::exp(-tails.log_factor);
    tails.upper = true;
  }
  return tails;
}

namespace {

// Stands in for a shape of 0: whatever is finite in the limit a → 0 is reached, what is not overflows a double.
constexpr long double smallest_shape = 1e-400L;

// A tail over D: (1 − D·ratio)/D if it is not the one at hand.
long double over_factor(const GammaTails& tails, bool upper) {
  return tails.upper == upper ? tails.ratio : std::exp(-tails.log_factor) - tails.ratio;
}

}  // namespace

long double gamma_tail(bool upper, long double a, long double x) {
  if (const long double known = known_tail(upper, a, x); !(known < 0)) return known;
  const GammaTails tails = gamma_tails(a, x, false);
  const long double tail = std::exp(tails.log_factor) * tails.ratio;
  return tails.upper == upper ? tail : 1 - tail;
}

long double log_gamma_tail(bool upper, long double a, long double x) {
  if (const long double known = known_tail(upper, a, x); !(known < 0)) return std::log(known);
  const GammaTails tails = gamma_tails(a, x, false);
  const long double log_tail = tails.log_factor + std::log(tails.ratio);
  return tails.upper == upper ? log_tail : std::log1p(-std::exp(log_tail));
}

long double gamma_density(Over over, long double a, long double x) {
  if (!(a >= 0 && x >= 0) || (std::isinf(a) && std::isinf(x))) return nan;
  if (x == 0) return over == Over::lower || a < 1 ? infinite : (a == 1 ? 1 : 0);
  if (std::isinf(x)) return over == Over::upper ? 1 : 0;
  if (std::isinf(a)) return over == Over::lower ? infinite : 0;
  a = std::max(a, smallest_shape);
  if (over == Over::one) return std::exp(log_factor(a, x)) * (a / x);
  return a / x / over_factor(gamma_tails(a, x, false), over == Over::upper);
}

long double gamma_shape_slope(Over over, long double a, long double x) {
  if (!(a >= 0 && x >= 0) || (std::isinf(a) && std::isinf(x))) return nan;
  if (x == 0) return over == Over::lower ? infinite : 0;
  if (std::isinf(x)) return over == Over::upper || over == Over::density ? infinite : 0;
  if (std::isinf(a)) return over == Over::lower || over == Over::density ? infinite : 0;
  a = std::max(a, smallest_shape);
  const GammaTails tails = gamma_tails(a, x, true);
  if (over == Over::density) return tails.slope * (x / a);
  return tails.slope * (over == Over::one ? std::exp(tails.log_factor) : 1 / over_factor(tails, over == Over::upper));
}

// The density of log x is log-concave, with the slope a − x of its logarithm.
long double gamma_tail_inverse(bool upper, long double a, long double p) {
  if (!(a >= 0 && p >= 0 && p <= 1)) return nan;
  if (p == 0 || p == 1) return (p == 0) == upper ? infinite : 0;
  if (a == 0 || std::isinf(a)) return a;
  if (p > 0.5L) {
    p = 1 - p;
    upper = !upper;
  }
  const long double log_p = std::log(p), log_gamma = log_gamma_1p(a);
  // P = x^a/Γ(a+1)·(1 − x·a/(a+1) + …) for small x: from this on it is exact.
  const long double lowest = ((upper ? std::log1p(-p) : log_p) + log_gamma) / a;
  if (lowest < -50) return std::exp(lowest);
  const long double z = (upper ? -1 : 1) * normal_quantile(static_cast<double>(p));
  const long double cube_root = 1 - 1 / (9 * a) + z / (3 * std::sqrt(a));  // Wilson & Hilferty's, of x/a
  if (a > 1e20L) return a * cube_root * cube_root * cube_root;             // exact to 1e-20; and x near a would be too coarse to iterate
  const long double far = std::log(a) - log_gamma - log_p;                 // −log(p·Γ(a)): x, about, in the upper tail of a small shape
  long double w = cube_root > 0.1L ? std::log(a) + 3 * std::log(cube_root) : lowest;
  if (upper && a < 1) w = far > 1.5L ? std::log(far) : lowest;
  w = std::max(w, lowest);
  return std::exp(solve_log_tail(log_p, w, [=](long double at) -> LogTail {
    const long double x = std::exp(at);
    const GammaTails tails = gamma_tails(a, x, false);
    const long double ratio = over_factor(tails, upper), slope = (upper ? -a : a) / ratio;
    return {tails.log_factor + std::log(ratio), slope, a - x - slope};
  }));
}

}  // namespace loglik::special
