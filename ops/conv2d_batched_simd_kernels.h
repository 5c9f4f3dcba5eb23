#pragma once
#include <cstdint>

#include "ops/conv2d_interleave_kernels.h"

namespace loglik::conv2d_simd {

inline constexpr std::int64_t most_planes = 8;  ///< planes of outputs that are computed at a time, at most
inline constexpr std::int64_t most_pixels = 3;  ///< neighbouring outputs, at most

/// The taps that one output sees along an axis: `count` of them, from `first` on, `step` apart; tap t looks at `at` + t·`at_step`.
struct TapRun {
  std::int64_t count, first, step;
  std::int64_t at, at_step;
};

/// For 16 images side by side, and outputs that are neighbours and see the same taps of pixels `pixel_step` apart:
/// out[k][p] = Σ over channels, then taps a of the row and b of the column of weights[channel][a][b][k] · in[channel][at a][at b + p·pixel_step]
struct BatchedPixels {
  const float* in;  ///< {channels, rows, columns, 16}, aligned to 64 bytes
  std::int64_t channels, plane, row;  ///< floats from channel to channel, from row to row
  TapRun rows, columns;
  std::int64_t kernel_rows, kernel_columns;
  const float* weights;  ///< {channels, kernel rows, kernel columns, planes}
  std::int64_t planes;   ///< at most most_planes
  float* out;            ///< {planes, …, 16}, likewise
  std::int64_t out_plane;
  std::int64_t pixels, pixel_step;  ///< at most most_pixels; in pixels
};
void correlate_pixels(const BatchedPixels& p);

/// sum[f][channel][i][j][k] += Σ over rows r and columns q of y[f][r][q][k] · x[channel][r·row_step + i·row_dilation][q·step + j·dilation][k]
struct BatchedFilterSum {
  const float* x;  ///< {channels, …, width, 16}, framed by zeros, aligned to 64 bytes like all
  std::int64_t channels, plane, width;  ///< floats from channel to channel; pixels of a row
  std::int64_t row_step, row_dilation, step, dilation;
  const float* y;  ///< {filters, rows, columns, 16}
  std::int64_t filters, y_plane, rows, columns;
  std::int64_t kernel_rows, kernel_columns;
  float* sum;  ///< {filters, channels, kernel rows, kernel columns, 16}
};
void sum_filters_batched(const BatchedFilterSum& s);

}  // namespace loglik::conv2d_simd
