#pragma once
#include <cstdint>

namespace loglik {

/// Images of one channel, one after another, cut into tiles of 2 × 2 pixels.
struct Tiles {
  std::int64_t images, image_rows, image_columns;
  std::int64_t rows, columns;  ///< of tiles: at most half of the image's
};

/// The largest pixel of each tile, and where in its image it was. NaN if there is one; the first of equal ones.
/// x {images, image_rows, image_columns}, y and positions {images, rows, columns}.
void max_pool_tiles(const Tiles& tiles, const float* x, float* y, std::int32_t* positions);

}  // namespace loglik
