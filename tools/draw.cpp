#include "tools/draw.h"

#include <fmt/format.h>

#include <algorithm>

#include "framework/error.h"

namespace loglik::tools {
namespace {

constexpr std::size_t gap = 2;  // columns between images

struct Image {
  const std::uint8_t* pixels;
  std::size_t height, width;
  int at(std::size_t row, std::size_t column) const { return row < height ? pixels[row * width + column] : 0; }
};

// Two rows of pixels in one line of characters.
void draw_line(const Image& image, std::size_t row, bool colour, std::string& out) {
  static constexpr std::string_view ramp = " .:-=+*#%@";
  for (std::size_t column = 0; column < image.width; ++column) {
    const int upper = image.at(row, column), lower = image.at(row + 1, column);
    if (colour) out += fmt::format("\x1b[38;2;{0};{0};{0};48;2;{1};{1};{1}m▀", upper, lower);
    else out += ramp[static_cast<std::size_t>(upper + lower) * ramp.size() / 511];
  }
  if (colour) out += "\x1b[0m";
}

}  // namespace

std::string draw_images(const Tensor& images, const std::vector<std::string>& captions, const Canvas& canvas) {
  if (images.rank() != 4 || images.size(1) != 1 || images.size(0) != static_cast<std::int64_t>(captions.size()))
    throw ShapeError(fmt::format("draw_images: {} captions for images of sizes {}, needs {{n, 1, height, width}}", captions.size(), to_string(std::span(images.extents()))));
  const auto height = static_cast<std::size_t>(images.size(2)), width = static_cast<std::size_t>(images.size(3));
  const std::size_t a_line = std::max<std::size_t>(1, (canvas.columns + gap) / (width + gap));
  std::string out;
  for (std::size_t first = 0; first < captions.size(); first += a_line) {
    const std::size_t last = std::min(first + a_line, captions.size());
    for (std::size_t row = 0; row < height; row += 2) {
      for (std::size_t i = first; i < last; ++i) {
        if (i > first) out.append(gap, ' ');
        draw_line({images.values<std::uint8_t>().data() + i * height * width, height, width}, row, canvas.colour, out);
      }
      out += '\n';
    }
    for (std::size_t i = first; i < last; ++i) out += fmt::format("{}{:<{}.{}}", i > first ? std::string(gap, ' ') : "", captions[i], width, width);
    out += "\n\n";
  }
  return out;
}

}  // namespace loglik::tools
