#pragma once
#include <cstdint>

namespace loglik::conv2d_simd {

inline constexpr std::int64_t most_lanes = 16;         ///< float32 of the widest vector
inline constexpr std::int64_t block_columns = 32;      ///< outputs of a row that are computed at a time, at most
inline constexpr std::int64_t block_filters = 8;       ///< filters that are computed at a time, at most
inline constexpr int largest_kernel = 7;               ///< columns

/// Planes of rows, each `width` floats wide: zero where there is padding, and readable to the end of the last block of columns.
struct Planes {
  const float* data;
  std::int64_t width;
  std::int64_t plane;  ///< floats from plane to plane
};

/// out[f][r][c] = Σ over channels, then kernel rows and columns of weights[channel][i][j][f] · image[channel][r + i][c + j]
struct Correlation {
  Planes image;
  std::int64_t channels, kernel_rows, kernel_columns;
  const float* weights;   ///< {channels, kernel rows, kernel columns, filters}
  std::int64_t filters;   ///< at most block_filters
  float* out;             ///< rows without gaps
  std::int64_t rows, columns, out_plane;
};
void correlate(const Correlation& c);

/// sum[f][channel][i][j] += Σ over images, rows r and columns c of y[f][r][c] · x[channel][r + i][c + j], for all of them
struct FilterSum {
  Planes x, y;              ///< y as it is: rows without gaps, of which no more is read
  std::int64_t images, x_image, y_image;  ///< floats from image to image
  std::int64_t channels, filters, kernel_rows, kernel_columns, rows, columns;
  float* sum;  ///< {filters, channels, kernel rows, kernel columns}
};
void sum_filters(const FilterSum& s);

}  // namespace loglik::conv2d_simd
