// Elementary functions of vectors of float32, for every target of Highway: included by what is compiled once a target, see math.cpp.
//
// Polynomials are minimax fits made for these intervals (Remez's algorithm in 40 digits, coefficients rounded to float32). How far each
// function is off, over all float32 inputs, is said in math.h and checked by tests/framework/simd_math_test.cpp and tests/slow.
#if defined(LOGLIK_SIMD_MATH_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef LOGLIK_SIMD_MATH_INL_H
#undef LOGLIK_SIMD_MATH_INL_H
#else
#define LOGLIK_SIMD_MATH_INL_H
#endif

#include <hwy/highway.h>

#include <cmath>
#include <limits>

HWY_BEFORE_NAMESPACE();
namespace loglik::simd::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// c₀ + c₁·x + c₂·x² + …, by Horner's rule.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V Polynomial(D, V, V last) {
  return last;
}
template <class D, class V = hn::Vec<D>, class... Rest>
HWY_INLINE V Polynomial(D d, V x, V first, Rest... rest) {
  return hn::MulAdd(Polynomial(d, x, rest...), x, first);
}
template <class D, class V = hn::Vec<D>, class... Coefficients>
HWY_INLINE V Poly(D d, V x, Coefficients... coefficients) {
  return Polynomial(d, x, hn::Set(d, static_cast<hn::TFromD<D>>(coefficients))...);
}

// x·2ⁿ for −252 ≤ n ≤ 254, right also where the result, but not both steps to it, is denormal or overflows.
template <class D, class V = hn::Vec<D>, class VI>
HWY_INLINE V Scale(D d, V x, VI n) {
  const hn::RebindToSigned<D> di;
  const auto half = hn::ShiftRight<1>(n);
  const auto power = [&](auto k) HWY_ATTR { return hn::BitCast(d, hn::ShiftLeft<23>(hn::Add(k, hn::Set(di, 127)))); };
  return hn::Mul(hn::Mul(x, power(half)), power(hn::Sub(n, half)));
}

// x = n·ln 2 + r with |r| ≤ ½ ln 2: eˣ = 2ⁿ·(1 + r + r²·P(r)).
template <class D, class V = hn::Vec<D>>
struct Reduced {
  hn::Vec<hn::RebindToSigned<D>> n;
  V whole, tail;  // n as a float; r + r²·P(r) = eʳ − 1
};
template <class D, class V = hn::Vec<D>>
HWY_INLINE Reduced<D> ReduceExp(D d, V x) {
  const hn::RebindToSigned<D> di;
  const V whole = hn::Round(hn::Mul(x, hn::Set(d, 1.44269504f)));
  const V r = hn::NegMulAdd(whole, hn::Set(d, 1.428606765e-6f), hn::NegMulAdd(whole, hn::Set(d, 0.693145752f), x));
  const V p = Poly(d, r, 0.5f, 0.16666667f, 0.041666348f, 0.0083332723f, 0.0013941521f, 0.0001991489f);
  return {hn::ConvertTo(di, whole), whole, hn::MulAdd(hn::Mul(r, r), p, r)};
}

template <class D, class V = hn::Vec<D>>
HWY_INLINE V Exp(D d, V x) {
  const V bounded = hn::Min(hn::Max(x, hn::Set(d, -110.0f)), hn::Set(d, 90.0f));  // 0 and ∞ from there on
  const Reduced<D> reduced = ReduceExp(d, bounded);
  const V y = Scale(d, hn::Add(hn::Set(d, 1.0f), reduced.tail), reduced.n);
  return hn::IfThenElse(hn::IsNaN(x), x, y);
}

template <class D, class V = hn::Vec<D>>
HWY_INLINE V Expm1(D d, V x) {
  const hn::RebindToSigned<D> di;
  const V bounded = hn::Min(hn::Max(x, hn::Set(d, -18.0f)), hn::Set(d, 89.0f));  // −1 and ∞ from there on
  const Reduced<D> reduced = ReduceExp(d, bounded);
  // 2ⁿ·(e^r − 1 + 1 − 2⁻ⁿ), half of it first as 2ⁿ may overflow where the result does not.
  const auto power = [&](auto k) HWY_ATTR { return hn::BitCast(d, hn::ShiftLeft<23>(hn::Add(k, hn::Set(di, 127)))); };
  const V inverse = power(hn::Max(hn::Neg(reduced.n), hn::Set(di, -126)));
  const V sum = hn::Add(reduced.tail, hn::Sub(hn::Set(d, 1.0f), inverse));
  const V y = hn::Mul(hn::Mul(sum, power(hn::Sub(reduced.n, hn::Set(di, 1)))), hn::Set(d, 2.0f));
  return hn::IfThenElse(hn::Or(hn::IsNaN(x), hn::Lt(hn::Abs(x), hn::Set(d, 0x1p-25f))), x, y);  // half of it may be too small to hold
}

// 2ᵉ·(1 + f) with √½ ≤ 1 + f < √2, from a positive normal number.
template <class D, class V = hn::Vec<D>>
struct Parts {
  V exponent, fraction;  // e, f
};
template <class D, class V = hn::Vec<D>>
HWY_INLINE Parts<D> Split(D d, V x) {
  const hn::RebindToSigned<D> di;
  const auto bits = hn::BitCast(di, x);
  const auto shifted = hn::Sub(bits, hn::Set(di, 0x3f3504f3));  // of √½
  const auto e = hn::ShiftRight<23>(shifted);
  const V m = hn::BitCast(d, hn::Sub(bits, hn::ShiftLeft<23>(e)));
  return {hn::ConvertTo(d, e), hn::Sub(m, hn::Set(d, 1.0f))};
}

// log(2ᵉ·(1 + f + low)) for a low that is tiny beside f: e·ln 2 + f − f²/2 + f³·P(f) + low.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V LogOfParts(D d, V e, V f, V low) {
  const V p = Poly(d, f, 0.3333331f, -0.24999987f, 0.20002227f, -0.16669253f, 0.14218664f, -0.12384335f, 0.11872924f, -0.11789866f, 0.06915546f);
  const V square = hn::Mul(f, f);
  V small = hn::MulAdd(hn::Mul(square, f), p, hn::MulAdd(e, hn::Set(d, 1.428606765e-6f), low));
  small = hn::NegMulAdd(hn::Set(d, 0.5f), square, small);
  return hn::MulAdd(e, hn::Set(d, 0.693145752f), hn::Add(f, small));
}

template <class D, class V = hn::Vec<D>>
HWY_INLINE V Log(D d, V x) {
  const V zero = hn::Zero(d), infinity = hn::Set(d, std::numeric_limits<float>::infinity());
  const auto tiny = hn::Lt(x, hn::Set(d, 0x1p-126f));
  const Parts<D> parts = Split(d, hn::IfThenElse(tiny, hn::Mul(x, hn::Set(d, 0x1p24f)), x));
  const V e = hn::Sub(parts.exponent, hn::IfThenElseZero(tiny, hn::Set(d, 24.0f)));
  V y = LogOfParts(d, e, parts.fraction, zero);
  y = hn::IfThenElse(hn::Lt(x, zero), hn::NaN(d), y);
  y = hn::IfThenElse(hn::Eq(x, zero), hn::Neg(infinity), y);
  return hn::IfThenElse(hn::Or(hn::IsNaN(x), hn::Eq(x, infinity)), x, y);
}

template <class D, class V = hn::Vec<D>>
HWY_INLINE V Log1p(D d, V x) {
  const hn::RebindToSigned<D> di;
  const V one = hn::Set(d, 1.0f), infinity = hn::Set(d, std::numeric_limits<float>::infinity());
  const V u = hn::Add(one, x);
  const auto large = hn::Gt(x, one);
  const V lost = hn::Sub(hn::IfThenElse(large, one, x), hn::Sub(u, hn::IfThenElse(large, x, one)));  // 1 + x − u, exactly
  const Parts<D> parts = Split(d, u);
  // What was lost, in units of 2ᵉ and beside 1 + f: divided by it, as log(1 + f + low) = log(1 + f) + low/(1 + f) + ….
  const auto e = hn::ConvertTo(di, parts.exponent);
  const V scale = hn::BitCast(d, hn::ShiftLeft<23>(hn::Sub(hn::Set(di, 127), hn::Min(e, hn::Set(di, 126)))));
  const V low = hn::Div(hn::Mul(lost, scale), hn::Add(one, parts.fraction));
  V y = LogOfParts(d, parts.exponent, parts.fraction, low);
  y = hn::IfThenElse(hn::Lt(x, hn::Neg(one)), hn::NaN(d), y);
  y = hn::IfThenElse(hn::Eq(x, hn::Neg(one)), hn::Neg(infinity), y);
  const auto itself = hn::Or(hn::Or(hn::IsNaN(x), hn::Eq(x, infinity)), hn::Lt(hn::Abs(x), hn::Set(d, 0x1p-25f)));
  return hn::IfThenElse(itself, x, y);
}

template <class D, class V = hn::Vec<D>>
HWY_INLINE V Tanh(D d, V x) {
  const V size = hn::Abs(x), square = hn::Mul(x, x), one = hn::Set(d, 1.0f);
  const V p = Poly(d, square, -0.33333331f, 0.1333321f, -0.053947322f, 0.021703647f, -0.0081844283f, 0.0021492054f);
  const V near = hn::MulAdd(hn::Mul(square, size), p, size);
  const V e = Exp(d, hn::Add(size, size));
  const V far = hn::Sub(one, hn::Div(hn::Set(d, 2.0f), hn::Add(e, one)));
  return hn::CopySign(hn::IfThenElse(hn::Lt(size, hn::Set(d, 0.62f)), near, far), x);  // also of −0
}

// e^−|x|/(1 + e^−|x|) below 0: to full relative precision.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V Sigmoid(D d, V x) {
  const V one = hn::Set(d, 1.0f), e = Exp(d, hn::Neg(hn::Abs(x)));
  return hn::Div(hn::IfThenElse(hn::Lt(x, hn::Zero(d)), e, one), hn::Add(one, e));
}

template <class D, class V = hn::Vec<D>>
HWY_INLINE V Softplus(D d, V x) {
  const V tail = Log1p(d, Exp(d, hn::Neg(hn::Abs(x))));
  const V y = hn::Add(hn::Max(x, hn::Zero(d)), tail);
  return hn::IfThenElse(hn::IsNaN(x), x, y);
}

// Half of eˢ at a time: where a half overflows, so does x·eˢ for every normal x, and a half held finite keeps 0 from becoming 0·∞.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V MulExp(D d, V x, V s) {
  const V half = hn::Mul(hn::Set(d, 0.5f), s), e = Exp(d, hn::IfThenElse(hn::Gt(half, hn::Set(d, 88.7f)), hn::Set(d, 88.7f), half));
  const V product = hn::Mul(hn::Mul(x, e), e);
  const auto keeps = hn::And(hn::Eq(e, hn::Zero(d)), hn::Eq(hn::Abs(x), hn::Set(d, std::numeric_limits<float>::infinity())));
  return hn::IfThenElse(keeps, x, product);  // infinite for every finite s
}

template <class D, class V = hn::Vec<D>>
HWY_INLINE V LogAddExp(D d, V a, V b) {
  const auto less = hn::Lt(a, b);
  const V high = hn::IfThenElse(less, b, a), low = hn::IfThenElse(less, a, b);
  const V apart = hn::IfThenElse(hn::Eq(a, b), hn::Zero(d), hn::Sub(low, high));  // ∞ − ∞ would be NaN
  return hn::Add(high, Log1p(d, Exp(d, apart)));
}

template <class D, class V = hn::Vec<D>>
HWY_INLINE V Erf(D d, V x) {
  const V size = hn::Min(hn::Abs(x), hn::Set(d, 4.0f)), square = hn::Mul(x, x);
  const V near_tail = Poly(d, square, 0.12837917f, -0.37612635f, 0.11283696f, -0.02685939f, 0.0052009425f, -0.0008141036f, 8.3607157e-05f);
  const V near = hn::MulAdd(near_tail, x, x);
  // log erfc, so that what is taken from 1 is small.
  const V log_erfc = Poly(d, size, 0.00017468321f, -1.1295149f, -0.63334695f, -0.10828008f, 0.025119416f, -0.0041710585f, 0.0004344617f, -2.1094966e-05f);
  const V far = hn::CopySign(hn::Sub(hn::Set(d, 1.0f), Exp(d, log_erfc)), x);
  const V y = hn::IfThenElse(hn::Lt(size, hn::Set(d, 0.92f)), near, far);
  return hn::IfThenElse(hn::IsNaN(x), x, y);
}

template <class D, class V = hn::Vec<D>>
HWY_INLINE V Rsqrt(D d, V x) {
  return hn::Div(hn::Set(d, 1.0f), hn::Sqrt(x));
}

// x − n·π/2 for the nearest whole n, |x| ≤ 2²⁰: in float64, with π/2 in three parts, the first two of 33 bits, so that their products with n
// are exact. Half of the lanes of a vector of float32.
template <class D, class V = hn::Vec<D>>
struct Turned {
  V high, low;  // of the remainder, as two float32
  hn::Vec<hn::RebindToSigned<D>> n;
};
template <class DH, class VH = hn::Vec<DH>>
HWY_INLINE Turned<DH> TurnHalf(DH dh, VH x) {
  const hn::Rebind<double, DH> dd;
  const hn::RebindToSigned<DH> di;
  const auto wide = hn::PromoteTo(dd, x);
  const auto n = hn::Round(hn::Mul(wide, hn::Set(dd, 0.63661977236758134)));
  auto r = hn::NegMulAdd(n, hn::Set(dd, 0x1.921fb544p+0), wide);
  r = hn::NegMulAdd(n, hn::Set(dd, 0x1.0b4611a6p-34), r);
  r = hn::NegMulAdd(n, hn::Set(dd, 0x1.3198a2e037073p-69), r);
  const VH high = hn::DemoteTo(dh, r);
  return {high, hn::DemoteTo(dh, hn::Sub(r, hn::PromoteTo(dd, high))), hn::ConvertTo(di, hn::DemoteTo(dh, n))};
}
template <class D, class V = hn::Vec<D>>
HWY_INLINE Turned<D> Turn(D d, V x) {
#if HWY_TARGET == HWY_SCALAR  // vectors of one lane have no halves
  return TurnHalf(d, x);
#else
  const hn::Half<D> dh;
  const hn::RebindToSigned<D> di;
  const auto lower = TurnHalf(dh, hn::LowerHalf(dh, x)), upper = TurnHalf(dh, hn::UpperHalf(dh, x));
  return {hn::Combine(d, upper.high, lower.high), hn::Combine(d, upper.low, lower.low), hn::Combine(di, upper.n, lower.n)};
#endif
}

// sin(x + quarter·π/2). Beyond 2²⁰ libm does it, element by element, in float64.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V SinOfQuarter(D d, V x, int quarter) {
  const hn::RebindToSigned<D> di;
  const float bound = 0x1p20f;
  const auto within = hn::Le(hn::Abs(x), hn::Set(d, bound));
  const Turned<D> turned = Turn(d, hn::IfThenElseZero(within, x));
  const V r = turned.high, square = hn::Mul(r, r), one = hn::Set(d, 1.0f);
  const V sin_tail = Poly(d, square, -0.16666667f, 0.0083333291f, -0.00019839311f, 2.7180884e-06f);
  const V sine = hn::Add(r, hn::MulAdd(hn::Mul(square, r), sin_tail, turned.low));
  const V cos_tail = Poly(d, square, 0.041666668f, -0.0013888883f, 2.4799496e-05f, -2.7208165e-07f);
  const V half = hn::Mul(hn::Set(d, 0.5f), square), top = hn::Sub(one, half);
  const V lost = hn::NegMulAdd(r, turned.low, hn::Sub(hn::Sub(one, top), half));
  const V cosine = hn::Add(top, hn::MulAdd(hn::Mul(square, square), cos_tail, lost));
  const auto n = hn::Add(turned.n, hn::Set(di, quarter));
  const auto odd = hn::Eq(hn::And(n, hn::Set(di, 1)), hn::Set(di, 1));
  V y = hn::IfThenElse(hn::RebindMask(d, odd), cosine, sine);
  y = hn::BitCast(d, hn::Xor(hn::BitCast(di, y), hn::ShiftLeft<30>(hn::And(n, hn::Set(di, 2)))));  // the sign of the lower half
  if (quarter == 0) y = hn::IfThenElse(hn::Eq(x, hn::Zero(d)), x, y);                               // keeps the sign of zero
  if (HWY_LIKELY(hn::AllTrue(d, within))) return y;
  HWY_ALIGN float in[hn::MaxLanes(d)], out[hn::MaxLanes(d)];
  hn::Store(x, d, in);
  hn::Store(y, d, out);
  for (size_t lane = 0; lane < hn::Lanes(d); ++lane)
    if (!(std::abs(in[lane]) <= bound))
      out[lane] = static_cast<float>(quarter == 0 ? std::sin(static_cast<double>(in[lane])) : std::cos(static_cast<double>(in[lane])));
  return hn::Load(d, out);
}
template <class D, class V = hn::Vec<D>>
HWY_INLINE V Sin(D d, V x) {
  return SinOfQuarter(d, x, 0);
}
template <class D, class V = hn::Vec<D>>
HWY_INLINE V Cos(D d, V x) {
  return SinOfQuarter(d, x, 1);
}

// float64 to float32, ±∞ where it overflows, which Highway holds finite in vectors that it emulates: one lane by g++, more by clang.
template <class D, class W, class V = hn::Vec<D>>
HWY_INLINE V Narrow(D d, W wide) {
#if HWY_TARGET == HWY_SCALAR || HWY_TARGET == HWY_EMU128
  const hn::Rebind<double, D> dd;
  HWY_ALIGN double from[hn::MaxLanes(dd)];
  HWY_ALIGN float to[hn::MaxLanes(dd)];
  hn::Store(wide, dd, from);
  for (size_t lane = 0; lane < hn::MaxLanes(dd); ++lane) to[lane] = static_cast<float>(from[lane]);
  return hn::Load(d, to);
#else
  return hn::DemoteTo(d, wide);
#endif
}

// |x|ʸ in float64: 2^(y·log₂|x|), for half of the lanes of a vector of float32; |x| and y finite, x not 0.
// log₂ by atanh(s) = ½·log((1 + s)/(1 − s)), to 2⁻⁴³ of its value; 2ʳ to 2⁻³⁴.
template <class DH, class VH = hn::Vec<DH>>
HWY_INLINE VH PowHalf(DH dh, VH x, VH y) {
  const hn::Rebind<double, DH> dd;
  const hn::RebindToSigned<decltype(dd)> dl;
  const auto one = hn::Set(dd, 1.0);
  const auto bits = hn::BitCast(dl, hn::PromoteTo(dd, x));
  // Exponent and fraction with √½ ≤ m < √2. The exponent becomes a double by way of the bits of 2⁵² + 2⁵¹ + e.
  const auto shifted = hn::Sub(bits, hn::Set(dl, 0x3fe6a09e667f3bcd));
  const auto whole = hn::ShiftRight<52>(shifted);
  const auto m = hn::BitCast(dd, hn::Sub(bits, hn::ShiftLeft<52>(whole)));
  const auto magic = hn::Set(dd, 0x1.8p52);
  const auto e = hn::Sub(hn::BitCast(dd, hn::Add(whole, hn::BitCast(dl, magic))), magic);
  const auto s = hn::Div(hn::Sub(m, one), hn::Add(m, one));
  const auto p = Poly(dd, hn::Mul(s, s), 0x1.71547652b8250p+1, 0x1.ec709dc53e0cbp-1, 0x1.2776c29175cc5p-1, 0x1.a61a30240a419p-2,
                      0x1.479520a77dd60p-2, 0x1.21b3d0609096dp-2);
  const auto power = hn::Mul(hn::PromoteTo(dd, y), hn::MulAdd(s, p, e));
  const auto bounded = hn::Min(hn::Max(power, hn::Set(dd, -300.0)), hn::Set(dd, 300.0));
  const auto n = hn::Round(bounded);
  const auto r = hn::Sub(bounded, n);
  const auto fraction = Poly(dd, r, 1.0, 0x1.62e42ff0e212ap-1, 0x1.ebfbe077add94p-3, 0x1.c6b08abf9c19ap-5, 0x1.3b29f375a05a7p-7,
                             0x1.5d8a867fa0059p-10, 0x1.445ca68f66408p-13, 0x1.fde5d08526239p-17);
  const auto n_bits = hn::Sub(hn::BitCast(dl, hn::Add(n, magic)), hn::BitCast(dl, magic));
  const auto scale = hn::BitCast(dd, hn::ShiftLeft<52>(hn::Add(n_bits, hn::Set(dl, 1023))));
  return Narrow(dh, hn::Mul(fraction, scale));
}

template <class D, class V = hn::Vec<D>>
HWY_INLINE V PowOfFinite(D d, V x, V y) {
#if HWY_TARGET == HWY_SCALAR
  return PowHalf(d, x, y);
#else
  const hn::Half<D> dh;
  return hn::Combine(d, PowHalf(dh, hn::UpperHalf(dh, x), hn::UpperHalf(dh, y)), PowHalf(dh, hn::LowerHalf(dh, x), hn::LowerHalf(dh, y)));
#endif
}

template <class D, class V = hn::Vec<D>>
HWY_INLINE V Pow(D d, V x, V y) {
  const V one = hn::Set(d, 1.0f), zero = hn::Zero(d), infinity = hn::Set(d, std::numeric_limits<float>::infinity());
  const V size = hn::Abs(x), size_y = hn::Abs(y);
  const auto x_is_zero = hn::Eq(x, zero), x_is_infinite = hn::Eq(size, infinity), y_is_infinite = hn::Eq(size_y, infinity);
  const auto ordinary = hn::Not(hn::Or(hn::Or(x_is_zero, x_is_infinite), hn::Or(hn::IsNaN(x), hn::IsNaN(y))));
  const V safe_x = hn::IfThenElse(ordinary, size, one), safe_y = hn::IfThenElse(y_is_infinite, zero, hn::IfThenElse(ordinary, y, zero));
  V z = PowOfFinite(d, safe_x, safe_y);
  // Whole numbers of 2²⁴ and more are even, and as many as there are.
  const auto y_is_whole = hn::Eq(hn::Round(y), y), y_is_huge = hn::Ge(size_y, hn::Set(d, 0x1p24f));
  const V half = hn::Mul(y, hn::Set(d, 0.5f));
  const auto y_is_odd = hn::AndNot(y_is_huge, hn::And(y_is_whole, hn::Ne(hn::Round(half), half)));
  const auto y_is_negative = hn::Lt(y, zero);
  // 0 or ∞ to the power of y; finite numbers to the power of ±∞.
  const auto vanishes = hn::Or(hn::And(x_is_zero, hn::Not(y_is_negative)), hn::And(x_is_infinite, y_is_negative));
  const auto explodes = hn::Or(hn::And(x_is_zero, y_is_negative), hn::And(x_is_infinite, hn::Not(y_is_negative)));
  z = hn::IfThenElse(vanishes, zero, hn::IfThenElse(explodes, infinity, z));
  const V to_infinity = hn::IfThenElse(hn::Eq(size, one), one, hn::IfThenElse(hn::Xor(hn::Gt(size, one), y_is_negative), infinity, zero));
  z = hn::IfThenElse(y_is_infinite, to_infinity, z);
  const auto negative = hn::Or(hn::Lt(x, zero), hn::And(x_is_zero, hn::Lt(hn::CopySign(one, x), zero)));
  z = hn::IfThenElse(hn::And(negative, y_is_odd), hn::Neg(z), z);
  const auto finite_negative = hn::And(hn::Lt(x, zero), hn::Not(hn::Or(x_is_infinite, y_is_infinite)));
  z = hn::IfThenElse(hn::AndNot(y_is_whole, finite_negative), hn::NaN(d), z);
  z = hn::IfThenElse(hn::Or(hn::IsNaN(x), hn::IsNaN(y)), hn::Add(x, y), z);
  return hn::IfThenElse(hn::Or(hn::Eq(y, zero), hn::Eq(x, one)), one, z);
}

}  // namespace loglik::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
