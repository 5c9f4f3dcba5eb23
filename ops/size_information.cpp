#include "ops/size_information.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "framework/primitives.h"
#include "framework/register_elementwise.h"
#include "ops/special_kernels.h"

namespace loglik {
namespace {

constexpr double negligible = 1e-19;

// With g(y) = ∂ log p(y)/∂c: g(0) = −r·(log(1 − u) + u), u = μ/(r + μ), and g(y + 1) = g(y) + r·(y − μ)/((r + y)·(r + μ)).
double by_sum(double mu, double r) {
  const double u = mu / (r + mu);
  double p = std::exp(-r * std::log1p(mu / r)), g = -r * static_cast<double>(special::log1pmx(-u)), sum = 0, last = 0;
  for (double y = 0;; ++y) {
    const double term = p * g * g;
    sum += term;
    if (y > mu + 2 && term <= last && term <= negligible * sum) return sum;  // past the upper of its two maxima
    last = term;
    p *= (r + y) / (y + 1) * u;
    g += r * (y - mu) / ((r + y) * (r + mu));
  }
}

// With t = e^τ, from far out, where e^(−rt) leaves nothing, down to where the integrand falls as t.
double by_integral(double mu, double r) {
  constexpr double step = 0.25, end = 60;
  const double small = -std::log(std::max({mu, r, 1.0}));
  double sum = 0;
  for (double tau = std::log(end / r);; tau -= step) {
    const double t = std::exp(tau), q = -std::expm1(-t);
    const double term = t * t * std::exp(-r * t) / q * -std::expm1(-r * std::log1p(q * mu / r));
    sum += term;
    if (tau < small && term <= negligible * sum) return r * r * sum * step - r * mu / (r + mu);
  }
}

// Of v = r/(r + μ), from Stirling's series of ψ′ and the central moments up to the twelfth; what is left out is of 1/r⁶.
double by_expansion(double mu, double r) {
  const double v = r / (r + mu), u = mu / (r + mu), x = 1 / r;
  const double terms[] = {1,
                          (1 - 4 * v) / 3,
                          v * (3 * v - 2),
                          -(1 + v * (32 + v * (144 * v - 162))) / 15,
                          -v * (2 + v * (v * (64 - 40 * v) - 27)),
                          (1 + v * (v * (1242 + v * (v * (9000 - 4320 * v) - 5904)) - 40)) / 21};
  double sum = 0;
  for (int k = 5; k >= 0; --k) sum = terms[k] + x * sum;
  return 0.5 * u * u * sum;
}

struct SizeInformation {
  static constexpr std::string_view name = "negative_binomial_size_information";
  template <class T>
  T operator()(T log_mean, T log_size) const {
    constexpr double most = 80, large = 128;
    if (std::isnan(log_mean) || std::isnan(log_size)) return std::numeric_limits<T>::quiet_NaN();
    const double mu = std::exp(std::clamp(static_cast<double>(log_mean), -most, most));
    const double r = std::exp(std::clamp(static_cast<double>(log_size), -most, most));
    return static_cast<T>(r >= large ? by_expansion(mu, r) : mu < r ? by_sum(mu, r) : by_integral(mu, r));
  }
  static std::vector<Node> gradient(const GradientArgs& args) {
    not_differentiable(args, "it is what gradients are divided by; how that itself changes is not worked out");
  }
};

}  // namespace

Node negative_binomial_size_information(Operand log_mean, Operand log_size) { return elementwise<SizeInformation>({log_mean, log_size}); }

void register_size_information() { register_elementwise<SizeInformation, 2>(); }

}  // namespace loglik
