#pragma once
#include <cstddef>

// What the density of ops/student_t_functions.h evaluates, for arrays of float32, computed in float64 at the processor's full vector width,
// to 0.51 ulp of the larger of the value and 1. What depends on ν alone is computed anew where ν changes.
// Elements of which an argument is out of range (|ℓ| > 200, ν not in [1e-30, 1e30], a distance that is not finite) `otherwise` computes. An
// element's bits do not depend on its place; `out` may be an input.
namespace loglik::simd {

using OfFourFloats = float (*)(float, float, float, float);

/// log p(y) of location, log scale ℓ and degrees of freedom ν, and its derivative by ν.
void student_t_log_density(const float* y, const float* loc, const float* log_scale, const float* degrees, float* out, std::size_t count,
                           OfFourFloats otherwise);
void student_t_by_degrees(const float* y, const float* loc, const float* log_scale, const float* degrees, float* out, std::size_t count,
                          OfFourFloats otherwise);

/// z²/(ν + z²)/dᵏ, d = y − location, z = d·e^−ℓ, for k = `power` from 0 to 2.
void student_t_share(int power, const float* y, const float* loc, const float* log_scale, const float* degrees, float* out,
                     std::size_t count, OfFourFloats otherwise);

}  // namespace loglik::simd
