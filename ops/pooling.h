#pragma once
#include "framework/node.h"
#include "ops/window.h"

namespace loglik {

// Pooling: each channel of x {batch, channels, height, width} summed up window by window, → {batch, channels, oh, ow} with
// oh = ⌊(height + 2·padding − window) / stride⌋ + 1. For the mean over all pixels, reduce_mean(x, {2, 3}). float32, float64.
//
// All throw ShapeError if x has not 4 axes, a size is a symbol, or the window is larger than the padded image; ArgumentError for a
// window or stride below 1, or a padding not smaller than the window; DtypeError unless x is a float.

struct MaxPoolOptions {
  Size2d window = 2;
  Size2d stride = 0;    ///< 0: as the window, so that windows tile the image
  Padding padding = 0;  ///< counts as −∞
};

/// The largest value of each window; NaN if there is one.
///
/// Output 1, `.output(1)`, says where it was: row · width + column in the image, int32; the first of equal ones (of NaNs, if any).
/// The gradient goes to that pixel.
Node max_pool2d(Operand x, const MaxPoolOptions& options = {});

/// Zeros {batch, channels, size}, with y's elements added at their `positions` (int32, as max_pool2d gives them, of y's shape).
/// Run throws IndexError for a position outside the image.
Node max_pool2d_gradient(Operand y, Operand positions, Size2d size);

/// The elements of x at `positions`: the adjoint of max_pool2d_gradient. Run throws IndexError for a position outside the image.
Node max_pool2d_select(Operand x, Operand positions);

struct AveragePoolOptions {
  Size2d window = 2;
  Size2d stride = 0;              ///< 0: as the window
  Padding padding = 0;            ///< counts as 0
  bool count_include_pad = true;  ///< divide by the window's area; else by the number of its pixels inside the image
};

/// The mean of each window.
Node average_pool2d(Operand x, const AveragePoolOptions& options = {});

/// The adjoint of average_pool2d: each element of y spread over its window in an image of `size`.
Node average_pool2d_gradient(Operand y, Size2d size, const AveragePoolOptions& options = {});

void register_pooling_ops();  ///< called by register_builtin_ops

}  // namespace loglik
