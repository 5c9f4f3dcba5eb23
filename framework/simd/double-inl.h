// Elementary functions of vectors of float64, for every target of Highway: for kernels that compute float32 results in float64. Each is off
// by some 1e-15 of its value, of which float32 sees nothing; special values are left out, `ForEachInDouble` has others do them.
#if defined(LOGLIK_SIMD_DOUBLE_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef LOGLIK_SIMD_DOUBLE_INL_H
#undef LOGLIK_SIMD_DOUBLE_INL_H
#else
#define LOGLIK_SIMD_DOUBLE_INL_H
#endif

#include <hwy/highway.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "framework/simd/math-inl.h"

HWY_BEFORE_NAMESPACE();
namespace loglik::simd::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using Doubles = hn::ScalableTag<double>;
using Double = hn::Vec<Doubles>;
using DoubleMask = hn::Mask<Doubles>;

HWY_INLINE Double Constant(double x) { return hn::Set(Doubles(), x); }

// x = n·ln 2 + r with |r| ≤ ½·ln 2: eˣ = 2ⁿ·(1 + r + tail). x is held within ±700.
struct ExpParts {
  Double scale, r, tail;  // 2ⁿ; eʳ − 1 − r
};
HWY_INLINE ExpParts SplitExp(Double x) {
  const Doubles d;
  const hn::RebindToSigned<Doubles> dl;
  const Double held = hn::Min(hn::Max(x, Constant(-700)), Constant(700)), magic = Constant(0x1.8p52);
  const Double n = hn::Round(hn::Mul(held, Constant(1.4426950408889634)));
  const Double r = hn::NegMulAdd(n, Constant(0x1.a39ef35793c76p-33), hn::NegMulAdd(n, Constant(0x1.62e42feep-1), held));  // 32 bits: exact
  const auto bits = hn::Sub(hn::BitCast(dl, hn::Add(n, magic)), hn::BitCast(dl, magic));
  const Double scale = hn::BitCast(d, hn::ShiftLeft<52>(hn::Add(bits, hn::Set(dl, 1023))));
  const Double p = Poly(d, r, 1.0 / 2, 1.0 / 6, 1.0 / 24, 1.0 / 120, 1.0 / 720, 1.0 / 5040, 1.0 / 40320, 1.0 / 362880, 1.0 / 3628800,
                        1.0 / 39916800);
  return {scale, r, hn::Mul(hn::Mul(r, r), p)};
}
HWY_INLINE Double Exp(Double x) {
  const ExpParts e = SplitExp(x);
  return hn::MulAdd(e.scale, hn::Add(e.r, e.tail), e.scale);
}
HWY_INLINE Double Expm1(Double x) {
  const ExpParts e = SplitExp(x);
  return hn::MulAdd(e.scale, hn::Add(e.r, e.tail), hn::Sub(e.scale, Constant(1)));
}
// eˣ − 1 − x, to full relative precision also for x → 0, where it is ½x².
HWY_INLINE Double Expm1mx(Double x) {
  const ExpParts e = SplitExp(x);
  return hn::MulAdd(e.scale, e.tail, hn::Add(hn::MulSub(e.scale, e.r, x), hn::Sub(e.scale, Constant(1))));
}

// u = 2ᵉ·(1 + f) with √½ ≤ 1 + f < √2: log u = e·ln 2 + 2s + tail with s = f/(2 + f), as log(1 + f) = 2·atanh s.
struct LogOf {
  Double e, f, s, tail;
};
// Of u = 1 + t > 0, where both are known, so that t near 0 keeps its precision.
HWY_INLINE LogOf SplitLog(Double u, Double t) {
  const Doubles d;
  const hn::RebindToSigned<Doubles> dl;
  const Double one = Constant(1), magic = Constant(0x1.8p52);
  const auto bits = hn::BitCast(dl, u);
  const auto whole = hn::ShiftRight<52>(hn::Sub(bits, hn::Set(dl, 0x3fe6a09e667f3bcd)));  // of √½
  const Double m = hn::BitCast(d, hn::Sub(bits, hn::ShiftLeft<52>(whole)));
  const Double e = hn::Sub(hn::BitCast(d, hn::Add(whole, hn::BitCast(dl, magic))), magic);
  const Double f = hn::IfThenElse(hn::Eq(e, hn::Zero(d)), t, hn::Sub(m, one));
  const Double s = hn::Div(f, hn::Add(f, Constant(2))), square = hn::Mul(s, s);
  const Double p = Poly(d, square, 2.0 / 3, 2.0 / 5, 2.0 / 7, 2.0 / 9, 2.0 / 11, 2.0 / 13, 2.0 / 15, 2.0 / 17, 2.0 / 19);
  return {e, f, s, hn::Mul(hn::Mul(s, square), p)};
}
HWY_INLINE Double Sum(const LogOf& log) {
  return hn::MulAdd(log.e, Constant(0.69314718055994531), hn::MulAdd(Constant(2), log.s, log.tail));
}
HWY_INLINE Double Log(Double u) { return Sum(SplitLog(u, hn::Sub(u, Constant(1)))); }  // −709 at 0
HWY_INLINE Double Log(Double u, Double t) { return Sum(SplitLog(u, t)); }
HWY_INLINE Double Log1p(Double t) { return Log(hn::Add(Constant(1), t), t); }

// log u − t for u = 1 + t, to full relative precision also for t → 0, where it is −½t²: 2s − f = −s·f.
HWY_INLINE Double Excess(const LogOf& log, Double t) {
  const Double left = hn::MulSub(log.e, Constant(0.69314718055994531), hn::Sub(t, log.f));
  return hn::Add(left, hn::NegMulAdd(log.s, log.f, log.tail));
}
HWY_INLINE Double Log1pmx(Double u, Double t) { return Excess(SplitLog(u, t), t); }

// A result, and where it is one: elsewhere it is computed by other means.
struct Checked {
  Double value;
  DoubleMask known;
};

// One vector: reads and writes as many float32 as it has lanes, of which `count` matter.
template <class Body, class Otherwise, class... In>
HWY_INLINE void OneVectorInDouble(Body& body, Otherwise otherwise, size_t count, float* out, const In*... in) {
  const Doubles d;
  const hn::Rebind<float, Doubles> df;
  const Checked y = body(hn::PromoteTo(d, hn::LoadU(df, in))...);
  const auto narrow = Narrow(df, y.value);
  if (HWY_LIKELY(hn::AllTrue(d, y.known))) return hn::StoreU(narrow, df, out);
  HWY_ALIGN float values[hn::MaxLanes(d)];
  HWY_ALIGN double known[hn::MaxLanes(d)];
  hn::StoreU(narrow, df, values);
  hn::Store(hn::IfThenElseZero(y.known, Constant(1)), d, known);
  for (size_t lane = 0; lane < count; ++lane)
    if (known[lane] == 0) values[lane] = otherwise(in[lane]...);
  std::memcpy(out, values, count * sizeof(float));  // last: it may be where the inputs are
}

template <class Body, class Otherwise, size_t... i, class... In>
HWY_INLINE void RestInDouble(std::index_sequence<i...>, Body& body, Otherwise otherwise, size_t count, float* out, const In*... in) {
  HWY_ALIGN float inputs[sizeof...(In)][hn::MaxLanes(Doubles())];
  HWY_ALIGN float values[hn::MaxLanes(Doubles())];
  const auto fill = [count](float* to, const float* from) HWY_ATTR {
    for (size_t lane = 0; lane < hn::MaxLanes(Doubles()); ++lane) to[lane] = from[lane < count ? lane : 0];
  };
  (fill(inputs[i], in), ...);
  OneVectorInDouble(body, otherwise, count, values, inputs[i]...);
  std::memcpy(out, values, count * sizeof(float));
}

// out[k] = body(in[k]...) in float64 for k in [0, count), and where its result is not `known`, otherwise(in[k]...) of floats. `out` may be
// one of `in`. A body may keep what it computes of arguments that do not change, as long as that changes no bit.
template <class Body, class Otherwise, class... In>
HWY_INLINE void ForEachInDouble(Body body, Otherwise otherwise, size_t count, float* out, const In*... in) {
  const size_t lanes = hn::Lanes(Doubles());
  size_t k = 0;
  for (; k + lanes <= count; k += lanes) OneVectorInDouble(body, otherwise, lanes, out + k, (in + k)...);
  if (k < count) RestInDouble(std::make_index_sequence<sizeof...(In)>(), body, otherwise, count - k, out + k, (in + k)...);
}

}  // namespace loglik::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
