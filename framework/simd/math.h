#pragma once
#include <cstddef>

/// Elementary functions of arrays of float32 at the processor's full vector width, chosen at run time from what one binary holds.
///
/// Each writes y[k] = f(x[k]) for k in [0, count); y may be x. An element's bits do not depend on where it lies, on `count` or on its
/// neighbours, and are the same on all processors of a class (with or without fused multiply-add). Largest error over all float32 inputs
/// against the exact value, in ulps of it, in parentheses. NaN stays NaN; results below 2⁻¹²⁶ are rounded as the processor's mode
/// says: in a step of a program they are 0.
namespace loglik::simd {

void exp(const float* x, float* y, std::size_t count);      ///< eˣ (1.1)
void expm1(const float* x, float* y, std::size_t count);    ///< eˣ − 1 (1.6)
void log(const float* x, float* y, std::size_t count);      ///< log x; −∞ at 0, NaN below (1)
void log1p(const float* x, float* y, std::size_t count);    ///< log(1 + x); −∞ at −1, NaN below (1)
void tanh(const float* x, float* y, std::size_t count);     ///< (1.5)
void sigmoid(const float* x, float* y, std::size_t count);  ///< 1/(1 + e⁻ˣ) (2.5)
void softplus(const float* x, float* y, std::size_t count); ///< log(1 + eˣ) (2.5)
void erf(const float* x, float* y, std::size_t count);      ///< 2/√π·∫₀ˣ e^−t² dt (1.5)
void sin(const float* x, float* y, std::size_t count);      ///< (1)
void cos(const float* x, float* y, std::size_t count);      ///< (1)
void rsqrt(const float* x, float* y, std::size_t count);    ///< 1/√x; ±∞ at ±0, NaN below (1.5)

/// xʸ as std::pow defines it, also for negative x and integral y (1).
void pow(const float* x, const float* y, float* z, std::size_t count);

/// x·eʸ also where eʸ alone is out of range, ±∞ for infinite x; of normal x (4).
void mul_exp(const float* x, const float* y, float* z, std::size_t count);
/// log(eˣ + eʸ), by the larger of the two: to 2.5 ulp of the largest of x, y and 1. −∞ is log 0.
void logaddexp(const float* x, const float* y, float* z, std::size_t count);

/// The instruction set in use: "AVX3", "AVX2", "SSE4", …
const char* target();

}  // namespace loglik::simd
