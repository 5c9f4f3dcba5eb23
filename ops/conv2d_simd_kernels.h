#pragma once
#include <cstdint>

#include "ops/conv2d_image_rows.h"

namespace loglik::conv2d_simd {

inline constexpr std::int64_t most_lanes = 16;         ///< float32 of the widest vector
inline constexpr std::int64_t block_columns = 32;      ///< outputs of a row that are computed at a time, at most
inline constexpr std::int64_t block_filters = 8;       ///< filters that are computed at a time, at most
inline constexpr int largest_kernel = 7;               ///< columns

/// out[f][r][q] = Σ over channels, then kernel rows and columns of weights[channel][i][j][f] · what (r, q) sees there
struct Correlation {
  ImageRows image;        ///< readable to the end of the last block of columns
  bool columns_follow;    ///< across[j] = j
  const float* weights;   ///< {channels, kernel rows, kernel columns, filters}
  std::int64_t filters;   ///< at most block_filters
  float* out;             ///< rows without gaps
  std::int64_t rows, columns, out_plane;
};
void correlate(const Correlation& c);

/// sum[f][channel][i][j] += Σ over images, rows r and columns q of y[f][r][q] · what (r, q) sees there
struct FilterSum {
  ImageRows x;              ///< at most largest_kernel columns; finite to the end of the last vector
  std::int64_t x_image;     ///< floats from image to image
  bool columns_follow;      ///< across[j] = j
  const float* y;           ///< rows without gaps, of which no more is read
  std::int64_t y_plane, y_image;  ///< floats from filter to filter, from image to image
  std::int64_t images, filters, rows, columns;
  float* sum;  ///< {filters, channels, kernel rows, kernel columns}
};
void sum_filters(const FilterSum& s);

}  // namespace loglik::conv2d_simd
