#pragma once
#include <cstdint>

namespace loglik {

/// The largest of each tile of 2 × 2 pixels, and where it was, for `count` tiles of two neighbouring rows. NaN if there is one; the first of
/// equal ones. `first`: the number of pixel upper[0]; `width`: of lower[0], less that.
void max_pool_tiles_simd(const float* upper, const float* lower, std::int32_t first, std::int32_t width, std::int64_t count, float* out,
                                 std::int32_t* positions);

}  // namespace loglik
