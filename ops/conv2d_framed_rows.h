#pragma once
#include <cstdint>

#include "ops/conv2d_image_rows.h"
#include "ops/window_axis.h"

namespace loglik {

/// Planes of images in frames of zeros, cut into bands of output rows: what a band sees, with columns that lie a stride apart moved side by
/// side, so that neighbouring outputs see neighbouring floats through each tap.
///
/// Where there is no padding and no stride the image itself will do: then nothing is copied.
struct FramedRows {
  static constexpr std::int64_t most_kernel_columns = 64;

  WindowAxis rows, columns;
  std::int64_t channels;
  std::int64_t band;   ///< output rows, at most
  std::int64_t height; ///< of a frame
  std::int64_t seen;   ///< columns
  std::int64_t phase;  ///< columns of a frame that lie a stride apart
  bool in_place;
  std::uint64_t rows_seen, columns_seen;  ///< bit p: what lies p past a multiple of the stride is looked at
  std::int64_t across[most_kernel_columns];  ///< where tap j of a kernel row looks, from where its first output does

  /// With zeros to the right, so that the columns can be read in vectors of `vector`; then the image itself never does.
  FramedRows(const WindowAxis& rows, const WindowAxis& columns, std::int64_t channels, std::int64_t vector = 1);
  void cut(std::int64_t band);  ///< sets the height of a band

  std::int64_t width() const { return in_place ? columns.input : columns.stride * phase; }
  std::int64_t plane() const { return in_place ? rows.input * columns.input : height * width(); }
  std::int64_t row() const { return rows.stride * width(); }             ///< floats from output row to output row
  std::int64_t kernel_row() const { return rows.dilation * width(); }    ///< and from kernel row to kernel row
  std::int64_t size() const { return in_place ? 0 : (channels * plane() + 15) / 16 * 16; }
  bool columns_follow() const { return columns.stride == 1 && columns.dilation == 1; }

  /// Where the band of output rows from `first` on finds the planes of `image`: there, or put into `frame`, which was all zeros or used for
  /// other bands before.
  const float* put(const float* image, std::int64_t first, std::int64_t count, float* frame) const;

  conv2d_simd::ImageRows look(const float* data) const { return {data, channels, plane(), row(), rows.kernel, kernel_row(), columns.kernel, across}; }
};

}  // namespace loglik
