#include "tests/conformance/kronrod.h"

#include <boost/math/quadrature/gauss.hpp>
#include <boost/math/quadrature/gauss_kronrod.hpp>

namespace loglik::conformance {

Kronrod::Kronrod() {
  const auto& x = boost::math::quadrature::gauss_kronrod<double, 15>::abscissa();
  const auto& w = boost::math::quadrature::gauss_kronrod<double, 15>::weights();
  const auto& g = boost::math::quadrature::gauss<double, 7>::weights();
  for (std::size_t i = 0; i < 8; ++i) {
    at[7 + i] = x[i];
    at[7 - i] = -x[i];
    weight[7 + i] = weight[7 - i] = w[i];
    gauss[7 + i] = gauss[7 - i] = i % 2 == 0 ? g[i / 2] : 0;
  }
  for (std::size_t i = 0; i < 15; ++i)
    for (std::size_t j = 0; j < 15; ++j)
      partial[i][j] = boost::math::quadrature::gauss<double, 15>::integrate(
          [&](double t) {
            double product = 1;
            for (std::size_t k = 0; k < 15; ++k)
              if (k != j) product *= (t - at[k]) / (at[j] - at[k]);
            return product;
          },
          -1.0, at[i]);
}

const Kronrod kronrod;

}  // namespace loglik::conformance
