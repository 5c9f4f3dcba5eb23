#pragma once
#include <cstddef>

#include "ops/conv2d_kernels.h"

namespace loglik {

/// The output or the input of any convolution, of float32, unless a single row is too large for a core's cache.
bool conv2d_can_be_batched(const Conv2dSizes& sizes, Conv2dTarget target);

std::size_t conv2d_batched_workspace(const Conv2dSizes& sizes, Conv2dTarget target);  ///< bytes

/// As conv2d_direct, but for `filters`. Pixels that lie outside the image are left out rather than added as zeros.
void conv2d_batched(const KernelArgs& args, const Conv2dSizes& sizes, Conv2dTarget target, const float* in, const float* filters, float* out);

}  // namespace loglik
