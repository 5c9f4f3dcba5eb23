#include <cmath>
#include <numbers>

#include "ops/distributions/numerical/steps.h"

namespace loglik::numerical {

// The zeros of P₁₆ by Newton's method from cos(π(i + ¾)/(n + ½)); weights 2/((1 − x²)·P′(x)²), barycentric ones (−1)ⁱ·√((1 − x²)·weight).
// Sources: Olver et al., NIST Handbook of Mathematical Functions, 3.5(v); Wang & Xiang 2012, doi:10.1090/S0025-5718-2011-02549-4.
const GaussLegendre& gauss_legendre() {
  static const GaussLegendre rule = [] {
    constexpr int n = GaussLegendre::points;
    GaussLegendre r;
    for (int i = 0; i < n; ++i) {
      long double x = std::cos(std::numbers::pi_v<long double> * (n - 1 - i + 0.75L) / (n + 0.5L)), slope = 0;
      for (int round = 0; round < 8; ++round) {
        long double before = 1, p = x;  // P₀, P₁
        for (int k = 2; k <= n; ++k) {
          if (k >= n - 1) r.last[k - (n - 1)][i] = static_cast<double>(p);  // Pₖ₋₁
          const long double next = ((2 * k - 1) * x * p - (k - 1) * before) / k;
          before = p;
          p = next;
        }
        slope = n * (x * p - before) / (x * x - 1);
        x -= p / slope;
      }
      const long double weight = 2 / ((1 - x * x) * slope * slope);
      r.x[i] = static_cast<double>(x);
      r.weight[i] = static_cast<double>(weight);
      r.barycentric[i] = static_cast<double>((i % 2 == 0 ? 1 : -1) * std::sqrt((1 - x * x) * weight));
      r.last[0][i] *= static_cast<double>((n - 2 + 0.5L) * weight);
      r.last[1][i] *= static_cast<double>((n - 1 + 0.5L) * weight);
    }
    // Lagrange's polynomials integrated from −1 to xⱼ by the same rule.
    for (int j = 0; j < n; ++j)
      for (int k = 0; k < n; ++k) {
        long double sum = 0;
        for (int i = 0; i < n; ++i) {
          const long double x = -1 + 0.5L * (1 + r.x[i]) * (1 + r.x[j]);
          long double lagrange = 1;
          for (int m = 0; m < n; ++m)
            if (m != k) lagrange *= (x - r.x[m]) / (static_cast<long double>(r.x[k]) - r.x[m]);
          sum += r.weight[i] * lagrange;
        }
        r.up_to[j][k] = static_cast<double>(0.5L * (1 + r.x[j]) * sum / r.weight[k]);
      }
    return r;
  }();
  return rule;
}

}  // namespace loglik::numerical
