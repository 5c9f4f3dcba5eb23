#pragma once

namespace loglik::special {

// The incomplete gamma function for kernels, in long double. Private, as special_kernels.h.

/// The two tails of the gamma distribution of shape a and scale 1, and what they are differentiated to, without underflow: whatever is
/// small is kept over the factor D = x^a·e^−x/Γ(a + 1), which is kept by its logarithm.
struct GammaTails {
  long double log_factor;  ///< log D
  long double ratio;       ///< one of the tails over D
  bool upper;              ///< is it Q, else P; it is the smaller of the two, or below 0.9
  long double slope;       ///< ∂Q/∂a over D, > 0; 0 unless asked for
};

/// Of finite a > 0 and x > 0.
GammaTails gamma_tails(long double a, long double x, bool with_slope);

// Of any a and x: the limits at 0 and ∞, NaN below 0.
long double gamma_tail(bool upper, long double a, long double x);      ///< P(a, x) or Q(a, x)
long double log_gamma_tail(bool upper, long double a, long double x);  ///< its logarithm

/// What a derivative is divided by, so that it is one of a logarithm, or of the inverse.
enum class Over { one, lower, upper, density };

long double gamma_density(Over over, long double a, long double x);      ///< f = ∂P/∂x, f/P or f/Q; not over itself
long double gamma_shape_slope(Over over, long double a, long double x);  ///< s = ∂Q/∂a, s/P, s/Q or s/f: all > 0

/// x with P(a, x) = p or Q(a, x) = p: 0 or ∞ at 0 and 1, NaN outside.
long double gamma_tail_inverse(bool upper, long double a, long double p);

}  // namespace loglik::special
