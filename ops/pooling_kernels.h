#pragma once
#include <cstdint>

#include "ops/window_axis.h"

namespace loglik {

// One image of one channel: x {rows.input, columns.input}, y and positions {rows.output, columns.output}. T is float or double.

/// Of `planes` images, one after another.
template <class T>
void max_pool_planes(const Window2d& window, std::int64_t planes, const T* x, T* y, std::int32_t* positions);

template <class T>
void average_pool_plane(const Window2d& window, bool count_include_pad, const T* x, T* y);

template <class T>
void average_pool_gradient_plane(const Window2d& window, bool count_include_pad, const T* y, T* x);

}  // namespace loglik
