#pragma once
#include <boost/math/policies/policy.hpp>

namespace loglik::special {

// What the kernels of special functions share. Private: who uses Loglik needs no Boost.

/// Boost.Math as a kernel wants it: no exception, no errno; a domain error is NaN, a pole or overflow ±∞, an iteration that ends early its
/// last value. Evaluated in long double where that is wider, so that what is rounded to double is mostly within an ulp.
using Quiet = boost::math::policies::policy<boost::math::policies::domain_error<boost::math::policies::ignore_error>,
                                            boost::math::policies::pole_error<boost::math::policies::ignore_error>,
                                            boost::math::policies::overflow_error<boost::math::policies::ignore_error>,
                                            boost::math::policies::evaluation_error<boost::math::policies::ignore_error>,
                                            boost::math::policies::rounding_error<boost::math::policies::ignore_error>,
                                            boost::math::policies::indeterminate_result_error<boost::math::policies::ignore_error>>;

/// A result as the op's type, by way of double: what x87 stores itself is not flushed where it is subnormal, as all else in a kernel is.
template <class T>
T rounded(long double value) {
  return static_cast<T>(static_cast<double>(value));
}

constexpr long double half_log_2pi = 0.918938533204672741780329736405617640L;

// Of x > 0, else NaN; the limits at 0 and ∞.
double log_gamma(double x);                          ///< log Γ(x)
double digamma(double x);                            ///< ψ(x)
long double polygamma(int order, long double x);     ///< ψ⁽ⁿ⁾(x) for n > 0
long double stirling(int order, long double x);      ///< the derivative of that order of δ(x)
long double log_beta(long double a, long double b);  ///< log B(a, b)
/// log(1 + t) − t for t > −1, to full relative precision also for t → 0, where it is −½t².
long double log1pmx(long double t);
long double scaled_erfc(long double x);                            ///< e^(x²)·erfc x
long double scaled_erfc_difference(long double x, long double h);  ///< of x less that of x + h, x, h ≥ 0, without cancellation
double normal_quantile(double p);                                  ///< x with Φ(x) = p
double scaled_bessel_i0(double x);                                 ///< e^−|x|·I₀(x), of any x
/// ψ⁽ⁿ⁾(a + b) − ψ⁽ⁿ⁾(a), to full relative precision for any b, for n ≥ 0.
long double polygamma_increment(int order, long double a, long double b);

}  // namespace loglik::special
