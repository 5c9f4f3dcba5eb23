#include "ops/conv2d_framed_rows.h"

#include <algorithm>
#include <cstring>

namespace loglik {
namespace {

bool is_inside(const WindowAxis& axis) {
  return axis.before <= 0 && axis.position(axis.output - 1, axis.kernel - 1) < axis.input;
}

// Rows of small images are a few vectors long, when blocks of fixed size, the last one overlapping, beat a call of memcpy.
void copy(float* to, const float* from, std::int64_t count) {
  constexpr std::int64_t block = 8;
  if (count < block || count > 8 * block) {
    std::memcpy(to, from, static_cast<std::size_t>(count) * sizeof(float));
    return;
  }
  for (std::int64_t i = 0; i + block < count; i += block) std::memcpy(to + i, from + i, block * sizeof(float));
  std::memcpy(to + count - block, from + count - block, block * sizeof(float));
}

}  // namespace

FramedRows::FramedRows(const WindowAxis& down, const WindowAxis& over, std::int64_t count) : rows(down), columns(over), channels(count) {
  in_place = columns.stride == 1 && is_inside(rows) && is_inside(columns);
  const std::int64_t seen = (columns.output - 1) * columns.stride + (columns.kernel - 1) * columns.dilation + 1;
  phase = (seen + columns.stride - 1) / columns.stride;
  for (std::int64_t j = 0; j < std::min(columns.kernel, most_kernel_columns); ++j) {
    const std::int64_t column = j * columns.dilation;
    across[j] = column % columns.stride * phase + column / columns.stride;
  }
  cut(rows.output);
}

void FramedRows::cut(std::int64_t count) {
  band = count;
  height = (band - 1) * rows.stride + (rows.kernel - 1) * rows.dilation + 1;
}

const float* FramedRows::put(const float* image, std::int64_t first, std::int64_t count, float* frame) const {
  const std::int64_t top = rows.position(first, 0), left = columns.before;
  if (in_place) return image + top * columns.input - left;
  const std::int64_t seen = (count - 1) * rows.stride + (rows.kernel - 1) * rows.dilation + 1;
  const std::int64_t begin = std::clamp<std::int64_t>(-top, 0, seen), end = std::clamp(rows.input - top, begin, seen);
  const std::int64_t from = std::max<std::int64_t>(left, 0), to = std::min(columns.stride * phase, columns.input + left);
  const auto clear = [&](float* row, std::int64_t lines) {
    std::memset(row, 0, static_cast<std::size_t>(lines * width()) * sizeof(float));
  };
  for (std::int64_t c = 0; c < channels; ++c) {
    float* const framed = frame + c * plane();
    clear(framed, begin);
    clear(framed + end * width(), seen - end);
    for (std::int64_t r = begin; r < end && from < to; ++r) {
      const float* const line = image + (c * rows.input + top + r) * columns.input - left;
      float* const row = framed + r * width();
      if (columns.stride == 1)
        copy(row + from, line + from, to - from);
      else
        for (std::int64_t p = 0; p < columns.stride; ++p)
          for (std::int64_t q = from > p ? (from - p + columns.stride - 1) / columns.stride : 0; q * columns.stride + p < to; ++q)
            row[p * phase + q] = line[q * columns.stride + p];
    }
  }
  return frame;
}

}  // namespace loglik
