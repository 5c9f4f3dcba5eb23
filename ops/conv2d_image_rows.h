#pragma once
#include <cstdint>

namespace loglik::conv2d_simd {

/// Rows of an image as inner loops read them: what output (r, q) sees of a channel through tap (i, j) of the kernel lies at
/// data[channel·plane + r·row + i·kernel_row + across[j] + q].
struct ImageRows {
  const float* data;
  std::int64_t channels, plane, row;
  std::int64_t kernel_rows, kernel_row, kernel_columns;
  const std::int64_t* across;
};

}  // namespace loglik::conv2d_simd
