#pragma once

namespace loglik::special {

// What ops/incomplete_beta.h evaluates, in long double. Private.

/// A point of [0, 1] by all that is known of it: t, 1 − t and the logs of both, none of them by subtraction from 1.
struct UnitPoint {
  long double t, rest;          ///< t, 1 − t
  long double log_t, log_rest;  ///< their logs, finite also where they underflow
  UnitPoint mirrored() const { return {rest, t, log_rest, log_t}; }
};
UnitPoint at_odds(long double x, long double y);  ///< x/(x + y) for x, y ≥ 0; NaN where that is none
UnitPoint at_logit(long double logit);            ///< 1/(1 + e^−logit)

// I = I_t(a, b), K = t^a·(1 − t)^b/B(a, b), which is ∂I/∂logit t. Of a, b > 0; NaN for what is out of range.
long double incomplete_beta(long double a, long double b, const UnitPoint& at);        ///< I
long double log_incomplete_beta(long double a, long double b, const UnitPoint& at);    ///< log I, also where I underflows
long double log_beta_kernel(long double a, long double b, const UnitPoint& at);        ///< log K
/// a·h(t/m) + b·h((1 − t)/(1 − m)) from the mean m = a/(a + b), h(u) = u − 1 − log u ≥ 0: what log K falls by away from it.
long double beta_deviance(long double a, long double b, const UnitPoint& at);
long double incomplete_beta_ratio(long double a, long double b, const UnitPoint& at);  ///< I/K, also where both underflow

// Of the odds x : y. At an end, where K is 0, the limits.
long double incomplete_beta_slope(long double a, long double b, long double x, long double y);           ///< ∂I/∂x = K/x
long double log_incomplete_beta_slope(long double a, long double b, long double x, long double y);       ///< ∂log I/∂x = K/(x·I)
long double log_incomplete_beta_slope_of_y(long double a, long double b, long double x, long double y);  ///< −∂log I/∂y = K/(y·I)

long double incomplete_beta_by_a(long double a, long double b, const UnitPoint& at);      ///< ∂I/∂a
long double log_incomplete_beta_by_a(long double a, long double b, const UnitPoint& at);  ///< ∂log I/∂a
long double log_incomplete_beta_by_b(long double a, long double b, const UnitPoint& at);  ///< ∂log I/∂b
/// −(∂I/∂a)/K: how the logit of t moves with a where I is held; 0 at the ends.
long double incomplete_beta_inverse_by_a(long double a, long double b, const UnitPoint& at);

/// The logit of the t with I = p/(p + q), for p, q ≥ 0: ∓∞ at p = 0, q = 0.
long double incomplete_beta_inverse(long double a, long double b, long double p, long double q);

}  // namespace loglik::special
