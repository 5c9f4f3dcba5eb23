// Compiled once for each instruction set that Highway knows of; the best that the processor has is chosen at the first call.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "framework/simd/math.cpp"
#include <hwy/foreach_target.h>

#include "framework/simd/math-inl.h"
#include "framework/simd/math.h"

HWY_BEFORE_NAMESPACE();
namespace loglik::simd::HWY_NAMESPACE {

// Whole vectors, then what is left in one more that is filled up: no element is computed by other code.
#define LOGLIK_SIMD_FUNCTION(name, Function)                                      \
  void name(const float* x, float* y, size_t count) {                             \
    const hn::ScalableTag<float> d;                                               \
    const size_t lanes = hn::Lanes(d);                                            \
    size_t k = 0;                                                                 \
    for (; k + lanes <= count; k += lanes)                                        \
      hn::StoreU(Function(d, hn::LoadU(d, x + k)), d, y + k);                     \
    if (k == count) return;                                                       \
    HWY_ALIGN float rest[hn::MaxLanes(d)] = {};                                   \
    for (size_t i = k; i < count; ++i) rest[i - k] = x[i];                        \
    hn::Store(Function(d, hn::Load(d, rest)), d, rest);                           \
    for (size_t i = k; i < count; ++i) y[i] = rest[i - k];                        \
  }
LOGLIK_SIMD_FUNCTION(ExpOf, Exp)
LOGLIK_SIMD_FUNCTION(Expm1Of, Expm1)
LOGLIK_SIMD_FUNCTION(LogOf, Log)
LOGLIK_SIMD_FUNCTION(Log1pOf, Log1p)
LOGLIK_SIMD_FUNCTION(TanhOf, Tanh)
LOGLIK_SIMD_FUNCTION(SigmoidOf, Sigmoid)
LOGLIK_SIMD_FUNCTION(SoftplusOf, Softplus)
LOGLIK_SIMD_FUNCTION(ErfOf, Erf)
LOGLIK_SIMD_FUNCTION(SinOf, Sin)
LOGLIK_SIMD_FUNCTION(CosOf, Cos)
LOGLIK_SIMD_FUNCTION(RsqrtOf, Rsqrt)
#undef LOGLIK_SIMD_FUNCTION

#define LOGLIK_SIMD_FUNCTION_OF_TWO(name, Function)                                                  \
  void name(const float* x, const float* y, float* z, size_t count) {                                \
    const hn::ScalableTag<float> d;                                                                  \
    const size_t lanes = hn::Lanes(d);                                                               \
    size_t k = 0;                                                                                    \
    for (; k + lanes <= count; k += lanes)                                                           \
      hn::StoreU(Function(d, hn::LoadU(d, x + k), hn::LoadU(d, y + k)), d, z + k);                   \
    if (k == count) return;                                                                          \
    HWY_ALIGN float rest_x[hn::MaxLanes(d)] = {}, rest_y[hn::MaxLanes(d)] = {};                      \
    for (size_t i = k; i < count; ++i) rest_x[i - k] = x[i], rest_y[i - k] = y[i];                   \
    hn::Store(Function(d, hn::Load(d, rest_x), hn::Load(d, rest_y)), d, rest_x);                     \
    for (size_t i = k; i < count; ++i) z[i] = rest_x[i - k];                                         \
  }
LOGLIK_SIMD_FUNCTION_OF_TWO(PowOf, Pow)
LOGLIK_SIMD_FUNCTION_OF_TWO(MulExpOf, MulExp)
LOGLIK_SIMD_FUNCTION_OF_TWO(LogAddExpOf, LogAddExp)
#undef LOGLIK_SIMD_FUNCTION_OF_TWO

const char* TargetName() { return hwy::TargetName(HWY_TARGET); }

}  // namespace loglik::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace loglik::simd {

#define LOGLIK_SIMD_DISPATCH(name, Function) \
  HWY_EXPORT(Function);                      \
  void name(const float* x, float* y, std::size_t count) { HWY_DYNAMIC_DISPATCH(Function)(x, y, count); }
LOGLIK_SIMD_DISPATCH(exp, ExpOf)
LOGLIK_SIMD_DISPATCH(expm1, Expm1Of)
LOGLIK_SIMD_DISPATCH(log, LogOf)
LOGLIK_SIMD_DISPATCH(log1p, Log1pOf)
LOGLIK_SIMD_DISPATCH(tanh, TanhOf)
LOGLIK_SIMD_DISPATCH(sigmoid, SigmoidOf)
LOGLIK_SIMD_DISPATCH(softplus, SoftplusOf)
LOGLIK_SIMD_DISPATCH(erf, ErfOf)
LOGLIK_SIMD_DISPATCH(sin, SinOf)
LOGLIK_SIMD_DISPATCH(cos, CosOf)
LOGLIK_SIMD_DISPATCH(rsqrt, RsqrtOf)
#undef LOGLIK_SIMD_DISPATCH

#define LOGLIK_SIMD_DISPATCH_OF_TWO(name, Function) \
  HWY_EXPORT(Function);                             \
  void name(const float* x, const float* y, float* z, std::size_t count) { HWY_DYNAMIC_DISPATCH(Function)(x, y, z, count); }
LOGLIK_SIMD_DISPATCH_OF_TWO(pow, PowOf)
LOGLIK_SIMD_DISPATCH_OF_TWO(mul_exp, MulExpOf)
LOGLIK_SIMD_DISPATCH_OF_TWO(logaddexp, LogAddExpOf)
#undef LOGLIK_SIMD_DISPATCH_OF_TWO

HWY_EXPORT(TargetName);
const char* target() { return HWY_DYNAMIC_DISPATCH(TargetName)(); }

}  // namespace loglik::simd
#endif
