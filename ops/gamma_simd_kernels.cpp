// Compiled once for each instruction set.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "ops/gamma_simd_kernels.cpp"
#include <hwy/foreach_target.h>

#include "ops/gamma_simd_kernels.h"
#include "ops/stirling-inl.h"

HWY_BEFORE_NAMESPACE();
namespace loglik::simd::HWY_NAMESPACE {
namespace {

HWY_INLINE DoubleMask IsModerate(Double x) { return hn::And(hn::Ge(x, Constant(1e-30)), hn::Le(x, Constant(1e30))); }

struct Remainder {
  HWY_INLINE Checked operator()(Double x) const { return {Stirling(x), IsModerate(x)}; }
};
struct Slope {
  HWY_INLINE Checked operator()(Double x) const { return {StirlingSlope(x), IsModerate(x)}; }
};
struct LogGamma {  // (x − ½)·log x − x + ½·log 2π + δ(x); exactly 0 at 1 and 2
  HWY_INLINE Checked operator()(Double x) const {
    const Double y = hn::MulAdd(hn::Sub(x, Constant(0.5)), Log(x), hn::Sub(hn::Add(Stirling(x), Constant(0.91893853320467274)), x));
    const auto is_root = hn::Or(hn::Eq(x, Constant(1)), hn::Eq(x, Constant(2)));
    return {hn::IfThenElse(is_root, hn::Zero(Doubles()), y), IsModerate(x)};
  }
};
struct Digamma {  // log x − 1/(2x) + δ′(x)
  HWY_INLINE Checked operator()(Double x) const {
    return {hn::Add(hn::Sub(Log(x), hn::Div(Constant(0.5), x)), StirlingSlope(x)), IsModerate(x)};
  }
};

void StirlingRemainderOf(const float* x, float* y, size_t count, OfFloat otherwise) {
  ForEachInDouble(Remainder(), otherwise, count, y, x);
}
void StirlingSlopeOf(const float* x, float* y, size_t count, OfFloat otherwise) { ForEachInDouble(Slope(), otherwise, count, y, x); }
void LogGammaOf(const float* x, float* y, size_t count, OfFloat otherwise) { ForEachInDouble(LogGamma(), otherwise, count, y, x); }
void DigammaOf(const float* x, float* y, size_t count, OfFloat otherwise) { ForEachInDouble(Digamma(), otherwise, count, y, x); }

}  // namespace
}  // namespace loglik::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace loglik::simd {

HWY_EXPORT(StirlingRemainderOf);
HWY_EXPORT(StirlingSlopeOf);
HWY_EXPORT(LogGammaOf);
HWY_EXPORT(DigammaOf);

void stirling_remainder(const float* x, float* y, std::size_t count, OfFloat otherwise) {
  HWY_DYNAMIC_DISPATCH(StirlingRemainderOf)(x, y, count, otherwise);
}
void stirling_slope(const float* x, float* y, std::size_t count, OfFloat otherwise) {
  HWY_DYNAMIC_DISPATCH(StirlingSlopeOf)(x, y, count, otherwise);
}
void lgamma(const float* x, float* y, std::size_t count, OfFloat otherwise) { HWY_DYNAMIC_DISPATCH(LogGammaOf)(x, y, count, otherwise); }
void digamma(const float* x, float* y, std::size_t count, OfFloat otherwise) { HWY_DYNAMIC_DISPATCH(DigammaOf)(x, y, count, otherwise); }

}  // namespace loglik::simd
#endif
