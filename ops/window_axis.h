#pragma once
#include <cstdint>
#include <string>

#include "framework/attributes.h"
#include "ops/window.h"

namespace loglik {

/// Positions [begin, end).
struct Range {
  std::int64_t begin;
  std::int64_t end;
};

/// How a window slides along one axis: output o reads input o·stride + tap·dilation − before for each tap of the kernel.
struct WindowAxis {
  std::int64_t input = 0;
  std::int64_t output = 0;  ///< ⌊(input + padding − dilation·(kernel − 1) − 1) / stride⌋ + 1
  std::int64_t kernel = 1;
  std::int64_t stride = 1;
  std::int64_t dilation = 1;
  std::int64_t before = 0;  ///< padding at the beginning

  std::int64_t position(std::int64_t o, std::int64_t tap) const { return o * stride + tap * dilation - before; }
  Range outputs_inside(std::int64_t tap) const;  ///< the outputs for which this tap lies inside the input
  Range taps_inside(std::int64_t o) const;       ///< the taps of output o that lie inside the input
};

/// A window that slides over images.
struct Window2d {
  WindowAxis rows;
  WindowAxis columns;
  std::int64_t positions() const { return rows.output * columns.output; }
  std::int64_t pixels() const { return rows.input * columns.input; }
};

/// For `infer` and `run` alike; allocates only to throw. `what` is the name of the kernel in messages.
/// Throws ArgumentError for a stride, dilation or kernel below 1 or a negative padding, ShapeError if the window does not fit.
Window2d slide_window(Size2d input, Size2d kernel, Size2d stride, Padding padding, Size2d dilation = 1, const char* what = "kernel");

/// Height and width, the last two of an image batch {n, c, h, w}. Throws ShapeError unless there are four axes and all but the first
/// are constant.
Size2d image_size(const char* what, const Shape& shape);

// Options as attributes of an op, and back.
std::vector<std::int64_t> to_attribute(Size2d size);
AttributeValue to_attribute(Padding padding);
Size2d size_attribute(const Attributes& attributes, std::string_view name);  ///< throws ArgumentError unless two numbers
Padding padding_attribute(const Attributes& attributes, std::string_view name);

}  // namespace loglik
