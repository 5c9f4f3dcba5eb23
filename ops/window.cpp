#include "ops/window.h"

#include <fmt/format.h>

#include <algorithm>

#include "framework/error.h"
#include "ops/window_axis.h"

namespace loglik {
namespace {

std::int64_t ceil_divide(std::int64_t a, std::int64_t b) { return a >= 0 ? (a + b - 1) / b : -(-a / b); }

std::string text(Size2d size) { return fmt::format("{{{}, {}}}", size.height, size.width); }

void require_at_least(std::string_view what, Size2d size, std::int64_t least) {
  if (std::min(size.height, size.width) < least) throw ArgumentError(fmt::format("{} is {}, must be at least {}", what, text(size), least));
}

WindowAxis slide(std::int64_t input, std::int64_t kernel, std::int64_t stride, std::int64_t padding, bool same, std::int64_t dilation) {
  WindowAxis axis{.input = input, .kernel = kernel, .stride = stride, .dilation = dilation};
  const std::int64_t span = dilation * (kernel - 1) + 1;
  std::int64_t total = 2 * padding;
  if (same) total = std::max<std::int64_t>((ceil_divide(input, stride) - 1) * stride + span - input, 0);
  axis.before = total / 2;
  if (input + total >= span) axis.output = (input + total - span) / stride + 1;
  return axis;
}

}  // namespace

Range WindowAxis::outputs_inside(std::int64_t tap) const {
  const std::int64_t shift = before - tap * dilation;
  const std::int64_t begin = std::clamp<std::int64_t>(ceil_divide(shift, stride), 0, output);
  return {begin, std::clamp(ceil_divide(input + shift, stride), begin, output)};
}

Range WindowAxis::taps_inside(std::int64_t o) const {
  const std::int64_t first = position(o, 0);
  const std::int64_t begin = std::clamp<std::int64_t>(ceil_divide(-first, dilation), 0, kernel);
  return {begin, std::clamp(ceil_divide(input - first, dilation), begin, kernel)};
}

Window2d slide_window(Size2d input, Size2d kernel, Size2d stride, Padding padding, Size2d dilation, const char* what) {
  require_at_least(what, kernel, 1);
  require_at_least("stride", stride, 1);
  require_at_least("dilation", dilation, 1);
  require_at_least("padding", padding.size(), 0);
  const Window2d window{slide(input.height, kernel.height, stride.height, padding.size().height, padding.is_same(), dilation.height),
                        slide(input.width, kernel.width, stride.width, padding.size().width, padding.is_same(), dilation.width)};
  if (input.height < 1 || input.width < 1) throw ShapeError(fmt::format("the images are {}, without pixels", text(input)));
  if (window.rows.output < 1 || window.columns.output < 1) {
    const Size2d span(dilation.height * (kernel.height - 1) + 1, dilation.width * (kernel.width - 1) + 1);
    const Size2d padded(input.height + 2 * padding.size().height, input.width + 2 * padding.size().width);
    throw ShapeError(fmt::format("the {} {}{} is larger than the padded input {}", what, text(kernel),
                                 dilation == Size2d(1) ? "" : fmt::format(", dilated to {},", text(span)), text(padded)));
  }
  return window;
}

Size2d image_size(const char* what, const Shape& shape) {
  if (shape.rank() != 4)
    throw ShapeError(
        fmt::format("{} is {}, needs 4 axes {{batch, channels, height, width}}, has {}", what, to_string(shape), shape.rank()));
  for (std::size_t axis = 1; axis < 4; ++axis)
    if (!shape[axis].is_constant())
      throw ShapeError(
          fmt::format("{} is {}: channels, height and width must be numbers, {} is a symbol; only the number of samples may vary", what,
                      to_string(shape), to_string(shape[axis])));
  return {shape[2].factor(), shape[3].factor()};
}

std::vector<std::int64_t> to_attribute(Size2d size) { return {size.height, size.width}; }

AttributeValue to_attribute(Padding padding) {
  if (padding.is_same()) return std::string("same");
  return to_attribute(padding.size());
}

Size2d size_attribute(const Attributes& attributes, std::string_view name) {
  const auto& sizes = attributes.get<std::vector<std::int64_t>>(name);
  if (sizes.size() != 2)
    throw ArgumentError(fmt::format("the attribute \"{}\" has {} numbers, needs 2: height and width", name, sizes.size()));
  return {sizes[0], sizes[1]};
}

Padding padding_attribute(const Attributes& attributes, std::string_view name) {
  for (const auto& [key, value] : attributes)
    if (key == name && std::holds_alternative<std::string>(value)) {
      if (std::get<std::string>(value) == "same") return Padding::same;
      throw ArgumentError(
          fmt::format("the attribute \"{}\" is \"{}\", must be two numbers or \"same\"", name, std::get<std::string>(value)));
    }
  const Size2d size = size_attribute(attributes, name);
  return {size.height, size.width};
}

}  // namespace loglik
