// Compiled once for each instruction set.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "ops/deviance_simd_kernels.cpp"
#include <hwy/foreach_target.h>

#include "framework/simd/double-inl.h"
#include "ops/deviance_simd_kernels.h"

HWY_BEFORE_NAMESPACE();
namespace loglik::simd::HWY_NAMESPACE {
namespace {

HWY_INLINE DoubleMask IsPositive(Double y) { return hn::And(hn::Ge(y, Constant(1e-37)), hn::Le(y, Constant(1e37))); }
HWY_INLINE DoubleMask IsModerate(Double x) { return hn::Le(hn::Abs(x), Constant(1e6)); }

// All by r = log y − m, as precise as m is. e^(s+r) alone is left where e^r overflows.
HWY_INLINE Double Held(Double r) { return hn::Min(r, Constant(300)); }
HWY_INLINE Double Scale(Double r, Double s) { return Exp(hn::Add(s, hn::Sub(r, Held(r)))); }

struct OfGamma {
  HWY_INLINE Checked operator()(Double y, Double m, Double s) const {
    const Double r = hn::Sub(Log(y), m);
    return {hn::Mul(Expm1mx(Held(r)), Scale(r, s)), hn::And(IsPositive(y), hn::And(IsModerate(m), IsModerate(s)))};
  }
};
struct OfGammaSlope {
  HWY_INLINE Checked operator()(Double y, Double m, Double s) const {
    const Double r = hn::Sub(Log(y), m);
    return {hn::Mul(Expm1(Held(r)), Scale(r, s)), hn::And(IsPositive(y), hn::And(IsModerate(m), IsModerate(s)))};
  }
};
struct OfPoisson {  // with r = x − log y: y·(e^r − 1 − r); e^x at y = 0
  HWY_INLINE Checked operator()(Double y, Double x) const {
    const auto is_zero = hn::Eq(y, hn::Zero(Doubles()));
    const Double r = hn::Sub(x, hn::IfThenElse(is_zero, hn::Zero(Doubles()), Log(y)));
    const ExpParts e = SplitExp(r);
    const Double expm1 = hn::MulAdd(e.scale, e.r, hn::Sub(e.scale, Constant(1)));  // less 2ⁿ·tail
    const Double value = hn::Mul(y, hn::MulAdd(e.scale, e.tail, hn::Sub(expm1, r)));
    const Double at_zero = hn::MulAdd(e.scale, hn::Add(e.r, e.tail), e.scale);
    return {hn::IfThenElse(is_zero, at_zero, value), hn::And(hn::Or(is_zero, IsPositive(y)), IsModerate(x))};
  }
};
struct OfInverseGaussian {  // ½·e^(s − log y + 2·max(r, 0))·(1 − e^−|r|)²
  HWY_INLINE Checked operator()(Double y, Double m, Double s) const {
    const Double log_y = Log(y), r = hn::Sub(log_y, m), apart = Expm1(hn::Neg(hn::Abs(r)));
    const Double above = hn::Max(r, hn::Zero(Doubles())), scale = Exp(hn::Add(hn::Sub(s, log_y), hn::Add(above, above)));
    return {hn::Mul(hn::Mul(Constant(0.5), hn::Mul(apart, apart)), scale), hn::And(IsPositive(y), hn::And(IsModerate(m), IsModerate(s)))};
  }
};

struct OfRatio {
  HWY_INLINE Checked operator()(Double t) const {
    return {Log1pmx(hn::Add(Constant(1), t), t), hn::And(hn::Gt(t, Constant(-1)), hn::Le(t, Constant(1e37)))};
  }
};

void GammaDeviances(const float* y, const float* m, const float* s, float* out, size_t count, OfThreeFloats otherwise) {
  ForEachInDouble(OfGamma(), otherwise, count, out, y, m, s);
}
void GammaDevianceSlopes(const float* y, const float* m, const float* s, float* out, size_t count, OfThreeFloats otherwise) {
  ForEachInDouble(OfGammaSlope(), otherwise, count, out, y, m, s);
}
void PoissonDeviances(const float* y, const float* x, float* out, size_t count, OfTwoFloats otherwise) {
  ForEachInDouble(OfPoisson(), otherwise, count, out, y, x);
}
void InverseGaussianDeviances(const float* y, const float* m, const float* s, float* out, size_t count, OfThreeFloats otherwise) {
  ForEachInDouble(OfInverseGaussian(), otherwise, count, out, y, m, s);
}
void Log1pmxs(const float* t, float* out, size_t count, OfFloat otherwise) { ForEachInDouble(OfRatio(), otherwise, count, out, t); }

}  // namespace
}  // namespace loglik::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace loglik::simd {

HWY_EXPORT(GammaDeviances);
HWY_EXPORT(GammaDevianceSlopes);
HWY_EXPORT(PoissonDeviances);
HWY_EXPORT(InverseGaussianDeviances);
HWY_EXPORT(Log1pmxs);

void gamma_deviance(const float* y, const float* m, const float* s, float* out, std::size_t count, OfThreeFloats otherwise) {
  HWY_DYNAMIC_DISPATCH(GammaDeviances)(y, m, s, out, count, otherwise);
}
void gamma_deviance_slope(const float* y, const float* m, const float* s, float* out, std::size_t count, OfThreeFloats otherwise) {
  HWY_DYNAMIC_DISPATCH(GammaDevianceSlopes)(y, m, s, out, count, otherwise);
}
void poisson_deviance(const float* y, const float* x, float* out, std::size_t count, OfTwoFloats otherwise) {
  HWY_DYNAMIC_DISPATCH(PoissonDeviances)(y, x, out, count, otherwise);
}
void inverse_gaussian_deviance(const float* y, const float* m, const float* s, float* out, std::size_t count, OfThreeFloats otherwise) {
  HWY_DYNAMIC_DISPATCH(InverseGaussianDeviances)(y, m, s, out, count, otherwise);
}
void log1pmx(const float* t, float* out, std::size_t count, OfFloat otherwise) { HWY_DYNAMIC_DISPATCH(Log1pmxs)(t, out, count, otherwise); }

}  // namespace loglik::simd
#endif
