#pragma once
#include <cstddef>
#include <string>
#include <vector>

#include "framework/tensor.h"

namespace loglik::tools {

/// How pictures are drawn.
struct Canvas {
  bool colour = false;       ///< 24-bit greys and half blocks, two pixels a character; else a ramp of characters
  std::size_t columns = 80;  ///< width of the terminal
};

/// Single-channel images uint8 {n, 1, height, width} side by side, each with its caption below, as many in a line as fit.
/// Throws ShapeError for other images or another number of captions.
std::string draw_images(const Tensor& images, const std::vector<std::string>& captions, const Canvas& canvas);

}  // namespace loglik::tools
