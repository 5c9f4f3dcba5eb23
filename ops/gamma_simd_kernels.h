#pragma once
#include <cstddef>

// The gamma function's kin for arrays of float32, computed in float64 at the processor's full vector width: y[k] = f(x[k]), to 0.51 ulp.
// What is not in [1e-30, 1e30] `otherwise` computes. An element's bits do not depend on its place; y may be x.
namespace loglik::simd {

using OfFloat = float (*)(float);

void stirling_remainder(const float* x, float* y, std::size_t count, OfFloat otherwise);  ///< δ(x)
void stirling_slope(const float* x, float* y, std::size_t count, OfFloat otherwise);      ///< δ′(x)
void lgamma(const float* x, float* y, std::size_t count, OfFloat otherwise);              ///< log Γ(x)
void digamma(const float* x, float* y, std::size_t count, OfFloat otherwise);             ///< ψ(x)

}  // namespace loglik::simd
