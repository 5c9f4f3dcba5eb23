#pragma once
#include <cstddef>
#include <cstdint>

namespace loglik::simd {

/// values[2i] = √(−2 log u)·cos 2πv and values[2i + 1] = √(−2 log u)·sin 2πv in float32, of u = (⌊h₀/2¹¹⌋ + 1)/2⁵³ and v = ⌊h₁/2¹¹⌋/2⁵³ for
/// the halves h₀ and h₁ of block i, 64 bits each. Computed in float64 to an error of 2⁻⁴⁷·√(−2 log u); where it could change how a value is
/// rounded, some block in two hundred thousand, exact(block, values) computes them instead: the bits are those of `exact` everywhere.
void box_muller(const std::uint32_t* blocks, std::size_t count, float* values, void (*exact)(const std::uint32_t* block, float* values));

}  // namespace loglik::simd
