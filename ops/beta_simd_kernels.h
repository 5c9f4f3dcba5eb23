#pragma once
#include <cstddef>

// What ops/beta_log_density.h and the log probabilities of ops/binomial_functions.h evaluate, for arrays of float32, computed in float64 at
// the processor's full vector width, to 0.51 ulp of the larger of the value and 1. Elements of which an argument is out of range (|x|, |c|,
// |m| > 150, y outside (0, 1) or [0, 1e30]) `otherwise` computes. An element's bits do not depend on its place; `out` may be an input.
namespace loglik::simd {

using OfThreeFloats = float (*)(float, float, float);
using OfCount = float (*)(float y, float logit, double trials);

/// log p(y) of logit x and log precision c, and its derivatives by x and c.
void beta_log_density(const float* y, const float* x, const float* c, float* out, std::size_t count, OfThreeFloats otherwise);
void beta_score_by_x(const float* y, const float* x, const float* c, float* out, std::size_t count, OfThreeFloats otherwise);
void beta_score_by_c(const float* y, const float* x, const float* c, float* out, std::size_t count, OfThreeFloats otherwise);

/// log P(y) of log mean m and log size c, and its derivative by c.
void negative_binomial(const float* y, const float* m, const float* c, float* out, std::size_t count, OfThreeFloats otherwise);
void negative_binomial_by_size(const float* y, const float* m, const float* c, float* out, std::size_t count, OfThreeFloats otherwise);

/// log P(y) of a number of trials at a logit, |logit| ≤ 150, 0 ≤ y ≤ trials.
void binomial(const float* y, const float* logit, double trials, float* out, std::size_t count, OfCount otherwise);

}  // namespace loglik::simd
