#pragma once
#include <cstddef>

#include "ops/conv2d_kernels.h"

namespace loglik {

/// Is this convolution computed with 16 filters side by side (channels, where the input is the target)? float32, with so many of them that
/// fewer lanes idle than in another way; no strides where the input is the target. Says the same on every machine and for any number of images.
bool conv2d_is_blocked(const Conv2dSizes& sizes, Conv2dTarget target, DType dtype);

std::size_t conv2d_blocked_workspace(const Conv2dSizes& sizes, Conv2dTarget target);  ///< bytes

/// As conv2d_direct. The filters' gradient is summed over a band of rows, then over bands and images in their order within a slot, of which
/// there are at most 16, then over these.
void conv2d_blocked(const KernelArgs& args, const Conv2dSizes& sizes, Conv2dTarget target, const float* a, const float* b, float* out);

}  // namespace loglik
