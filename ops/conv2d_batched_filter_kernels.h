#pragma once
#include <cstddef>

#include "ops/conv2d_kernels.h"

namespace loglik {

/// The filters' gradient with 16 images side by side, of float32: filters so few and small that 16 partial sums of each weight stay in a core's
/// cache.
bool conv2d_filters_can_be_batched(const Conv2dSizes& sizes);

std::size_t conv2d_batched_filters_workspace(const Conv2dSizes& sizes);  ///< bytes

/// As conv2d_filters. Each image sums in a lane of its own over those that a slot, of which there are at most 16, has of it; then lanes are added,
/// then slots.
void conv2d_batched_filters(const KernelArgs& args, const Conv2dSizes& sizes, const float* x, const float* y, float* filters);

}  // namespace loglik
