#pragma once
#include <cstdint>

namespace loglik::conv2d_simd {

inline constexpr std::int64_t block = 16;  ///< planes side by side: a vector of AVX-512, two of AVX2, four of SSE

/// block[i][k] = planes[k][i] for i < length, k < count ≤ 16, and 0 for the other k; `distance` floats lie from plane to plane.
void interleave(const float* planes, std::int64_t distance, std::int64_t count, std::int64_t length, float* block);
/// planes[k][i] = block[i][k] for i < length, k < count ≤ 16
void deinterleave(const float* block, std::int64_t length, float* planes, std::int64_t distance, std::int64_t count);

}  // namespace loglik::conv2d_simd
