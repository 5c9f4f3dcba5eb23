#include "ops/poisson_quantile.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "framework/register_elementwise.h"
#include "ops/incomplete_gamma_kernels.h"
#include "ops/integer_search.h"
#include "ops/special_kernels.h"

namespace loglik {
namespace {

struct PoissonQuantile {
  static constexpr std::string_view name = "poisson_quantile";
  template <class T>
  T operator()(T p, T log_rate) const {
    if (!(p >= 0 && p <= 1) || std::isnan(log_rate)) return std::numeric_limits<T>::quiet_NaN();
    const double rate = std::exp(static_cast<double>(log_rate));
    if (p == 0 || rate == 0) return p == 1 ? std::numeric_limits<T>::infinity() : 0;
    if (p == 1 || std::isinf(rate)) return std::numeric_limits<T>::infinity();
    const double z = special::normal_quantile(static_cast<double>(p));
    const double guess = std::max(0.0, std::floor(rate + std::sqrt(rate) * z + (z * z - 1) / 6));
    if (rate > 1e15) return static_cast<T>(guess);
    const auto reaches = [=](long double n) {
      return special::rounded<T>(special::gamma_tail(true, static_cast<double>(n) + 1, rate)) >= p;
    };
    return static_cast<T>(special::smallest_integer(guess, 0x1p62L, reaches));
  }
  static std::vector<Node> gradient(const GradientArgs&) { return std::vector<Node>(2); }  // integers do not move
};

}  // namespace

Node poisson_quantile(Operand p, Operand log_rate) { return elementwise<PoissonQuantile>({p, log_rate}); }

void register_poisson_quantile() { register_elementwise<PoissonQuantile, 2>(); }

}  // namespace loglik
