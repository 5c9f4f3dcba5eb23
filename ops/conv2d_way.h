#pragma once
#include "ops/conv2d_kernels.h"

namespace loglik {

/// Ways to compute a convolution, which differ in what lies side by side in vectors.
enum class Conv2dWay {
  product,  ///< a matrix product with gathered patches, or with the pixels themselves
  direct,   ///< neighbouring outputs of a row
  blocked,  ///< 16 filters; channels, where the input is the target
  batched,  ///< 16 images
};

/// The way that is estimated to be fastest: the same on every machine, and for any number of images, save that these must fill the vectors for
/// `batched`. float64 knows only products.
Conv2dWay conv2d_way(const Conv2dSizes& sizes, Conv2dTarget target, DType dtype);

/// That for so many images that vectors are full, and that for one.
struct Conv2dWays {
  Conv2dWay many, one;
};
Conv2dWays conv2d_ways(const Conv2dSizes& sizes, Conv2dTarget target, DType dtype);

inline constexpr std::int64_t conv2d_least_batch = 12;  ///< images for which `batched` may be chosen

}  // namespace loglik
