#pragma once
#include <cstddef>

#include "ops/conv2d_kernels.h"

namespace loglik {

/// Any convolution of float32 with kernels of up to 64 columns, unless a single row is too large for a core's cache.
bool conv2d_can_be_blocked(const Conv2dSizes& sizes, Conv2dTarget target);

std::size_t conv2d_blocked_workspace(const Conv2dSizes& sizes, Conv2dTarget target);  ///< bytes

/// As conv2d_direct. The filters' gradient is summed over a band of rows, then over bands and images in their order within a slot, of which
/// there are at most 16, then over these.
void conv2d_blocked(const KernelArgs& args, const Conv2dSizes& sizes, Conv2dTarget target, const float* a, const float* b, float* out);

}  // namespace loglik
