#pragma once
#include <cstdint>

#include "ops/conv2d_image_rows.h"
#include "ops/conv2d_interleave_kernels.h"

namespace loglik::conv2d_simd {

/// out[b][r][q][k] = Σ over channels, then kernel rows and columns of weights[b][channel][i][j][k] · what (r, q) sees there
struct BlockedCorrelation {
  ImageRows image;
  const float* weights;  ///< {blocks, channels, kernel rows, kernel columns, 16}, aligned to 64 bytes
  float* out;            ///< {blocks, rows, columns, 16}, likewise
  std::int64_t blocks, rows, columns;
};
void correlate_blocked(const BlockedCorrelation& c);

/// sum[b][channel][i][j][k] += Σ over images, rows r and columns q of y[b][image][r][q][k] · what (r, q) sees there
struct BlockedFilterSum {
  ImageRows x;
  std::int64_t images, x_image;  ///< floats from image to image
  const float* y;                ///< {blocks, images, rows, columns, 16}, aligned to 64 bytes
  std::int64_t blocks, y_block;  ///< floats from block to block
  std::int64_t rows, columns;
  float* sum;              ///< {blocks, channels, kernel rows, kernel columns, 16}, likewise
  bool columns_follow;     ///< across[j] = j
};
void sum_filters_blocked(const BlockedFilterSum& s);

}  // namespace loglik::conv2d_simd
