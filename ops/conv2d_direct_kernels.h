#pragma once
#include <cstddef>

#include "ops/conv2d_kernels.h"

namespace loglik {

/// Convolutions of float32 with images that fit a core's cache, and kernels of up to 64 columns; 7, where filters are the target.
bool conv2d_can_be_direct(const Conv2dSizes& sizes, Conv2dTarget target);

std::size_t conv2d_direct_workspace(const Conv2dSizes& sizes, Conv2dTarget target);  ///< bytes

/// y = x ⋆ filters from a = x, b = filters; or x from a = y, b = filters; or the filters from a = x, b = y, as conv2d_output, conv2d_input and
/// conv2d_filters give them. Each output element is summed over channels, then the rows and columns of the kernel (of
/// a single filter, over its columns and rows); filters over images too.
void conv2d_direct(const KernelArgs& args, const Conv2dSizes& sizes, Conv2dTarget target, const float* a, const float* b, float* out);

}  // namespace loglik
