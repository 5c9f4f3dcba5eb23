#pragma once
#include <cstddef>

// What ops/deviances.h evaluates, and log1pmx, for arrays of float32, computed in float64 at the processor's full vector width, to 0.51
// ulp. Elements of which an argument is out of range (|m|, |s|, |x| > 1e6, y not in [1e-37, 1e37], but for counts of 0; t not in (−1, 1e37])
// `otherwise` computes. An element's bits do not depend on its place; `out` may be an input.
namespace loglik::simd {

using OfFloat = float (*)(float);
using OfTwoFloats = float (*)(float, float);
using OfThreeFloats = float (*)(float, float, float);

/// e^s·(u − 1 − log u), u = y·e^−m
void gamma_deviance(const float* y, const float* m, const float* s, float* out, std::size_t count, OfThreeFloats otherwise);
/// e^s·(u − 1)
void gamma_deviance_slope(const float* y, const float* m, const float* s, float* out, std::size_t count, OfThreeFloats otherwise);
/// e^x − y + y·(log y − x)
void poisson_deviance(const float* y, const float* x, float* out, std::size_t count, OfTwoFloats otherwise);
/// e^s·(y − μ)²/(2·μ²·y), μ = e^m
void inverse_gaussian_deviance(const float* y, const float* m, const float* s, float* out, std::size_t count, OfThreeFloats otherwise);

/// log(1 + t) − t
void log1pmx(const float* t, float* out, std::size_t count, OfFloat otherwise);

}  // namespace loglik::simd
