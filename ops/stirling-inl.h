// Stirling's remainder δ(x) = log Γ(x) − (x − ½)·log x + x − ½·log 2π and its derivative, of vectors of float64, for every target of
// Highway: for float32 results, to some 1e-12 of the value. For x in [1e-100, 1e100].
#if defined(LOGLIK_STIRLING_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef LOGLIK_STIRLING_INL_H
#undef LOGLIK_STIRLING_INL_H
#else
#define LOGLIK_STIRLING_INL_H
#endif

#include "framework/simd/double-inl.h"

HWY_BEFORE_NAMESPACE();
namespace loglik::simd::HWY_NAMESPACE {

// From 8 on the asymptotic series: its 8th term is below 1e-12 of the first. Below, from δ(x + 8): by
// Γ(x + 8) = x·(x + 1)⋯(x + 7)·Γ(x), with a = x + 8 and Π that product, δ(x) = δ(a) + (x − ½)·log(a/x) + log(a⁸/Π) − 8.
HWY_INLINE Double Stirling(Double x) {
  const Doubles d;
  const auto near = hn::Lt(x, Constant(8));
  const Double a = hn::Add(x, Constant(8)), at = hn::IfThenElse(near, a, x), inverse = hn::Div(Constant(1), at);
  const Double series = Poly(d, hn::Mul(inverse, inverse), 1.0 / 12, -1.0 / 360, 1.0 / 1260, -1.0 / 1680, 1.0 / 1188, -691.0 / 360360,
                             1.0 / 156);
  const Double far = hn::Mul(inverse, series);
  if (hn::AllFalse(d, near)) return far;
  const Double x_7 = hn::Add(x, Constant(7)), v = hn::Mul(x, x_7);  // pairs: (x + i)·(x + 7 − i) = v + i·(7 − i)
  const Double others = hn::Mul(hn::Mul(x_7, hn::Add(v, Constant(6))), hn::Mul(hn::Add(v, Constant(10)), hn::Add(v, Constant(12))));
  const Double one_over = hn::Div(Constant(1), hn::Mul(x, others)), a2 = hn::Mul(a, a), a4 = hn::Mul(a2, a2);
  const Double steps = Log(hn::Mul(hn::Mul(a4, a4), one_over)), ratio = Log(hn::Mul(a, hn::Mul(others, one_over)));
  const Double moved = hn::MulAdd(hn::Sub(x, Constant(0.5)), ratio, hn::Sub(steps, Constant(8)));
  return hn::IfThenElse(near, hn::Add(far, moved), far);
}

// δ′(x) = ψ(x) − log x + 1/(2x). Below 8: δ′(x) = δ′(a) + log(a/x) − (½/x + 1/(x + 1) + … + 1/(x + 7) + ½/a). With u = x·a that sum is
// (x + 4)·(1/u + 2/(u + 7) + 2/(u + 12) + 2/(u + 15) + 1/(u + 16)), of which all coefficients are positive.
HWY_INLINE Double StirlingSlope(Double x) {
  const Doubles d;
  const auto near = hn::Lt(x, Constant(8));
  const Double a = hn::Add(x, Constant(8)), at = hn::IfThenElse(near, a, x), inverse = hn::Div(Constant(1), at);
  const Double square = hn::Mul(inverse, inverse);
  const Double far = hn::Mul(square, Poly(d, square, -1.0 / 12, 1.0 / 120, -1.0 / 252, 1.0 / 240, -1.0 / 132, 691.0 / 32760, -1.0 / 12));
  if (hn::AllFalse(d, near)) return far;
  const Double u = hn::Mul(x, a);
  const Double top = Poly(d, u, 20160.0, 20232.0, 4196.0, 316.0, 8.0), bottom = Poly(d, u, 20160.0, 7164.0, 913.0, 50.0, 1.0);
  const Double one_over = hn::Div(Constant(1), hn::Mul(u, bottom));
  const Double ratio = Log(hn::Mul(hn::Mul(a, a), hn::Mul(bottom, one_over)));
  const Double moved = hn::NegMulAdd(hn::Mul(hn::Add(x, Constant(4)), top), one_over, ratio);
  return hn::IfThenElse(near, hn::Add(far, moved), far);
}

}  // namespace loglik::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
