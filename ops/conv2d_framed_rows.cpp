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

// Is what lies `phase` past a multiple of the stride looked at, through any tap?
bool is_seen(const WindowAxis& axis, std::int64_t phase) {
  for (std::int64_t tap = 0; tap < axis.kernel; ++tap)
    if (tap * axis.dilation % axis.stride == phase) return true;
  return false;
}

// to[i] = from[i·stride]
template <std::int64_t known_stride>
void copy_apart(float* to, const float* from, std::int64_t count, std::int64_t stride) {
  const std::int64_t apart = known_stride > 0 ? known_stride : stride;
  for (std::int64_t i = 0; i < count; ++i) to[i] = from[i * apart];
}

}  // namespace

FramedRows::FramedRows(const WindowAxis& down, const WindowAxis& over, std::int64_t count, std::int64_t vector)
    : rows(down), columns(over), channels(count) {
  in_place = vector == 1 && columns.stride == 1 && is_inside(rows) && is_inside(columns);
  const auto columns_seen = [&](std::int64_t outputs) {
    return (outputs - 1) * columns.stride + (columns.kernel - 1) * columns.dilation + 1;
  };
  seen = columns_seen(columns.output);
  phase = (columns_seen((columns.output + vector - 1) / vector * vector) + columns.stride - 1) / columns.stride;
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
  const std::int64_t lines = (count - 1) * rows.stride + (rows.kernel - 1) * rows.dilation + 1;
  const std::int64_t begin = std::clamp<std::int64_t>(-top, 0, lines), end = std::clamp(rows.input - top, begin, lines);
  const std::int64_t from = std::max<std::int64_t>(left, 0), to = std::min(seen, columns.input + left);
  const auto clear = [&](float* row, std::int64_t of_rows) {
    std::memset(row, 0, static_cast<std::size_t>(of_rows * width()) * sizeof(float));
  };
  for (std::int64_t c = 0; c < channels; ++c) {
    float* const framed = frame + c * plane();
    clear(framed, begin);
    clear(framed + end * width(), lines - end);
    for (std::int64_t r = begin; r < end && from < to; ++r) {
      if (rows.stride > 1 && !is_seen(rows, r % rows.stride)) continue;
      const float* const line = image + (c * rows.input + top + r) * columns.input - left;
      float* const row = framed + r * width();
      if (columns.stride == 1) {
        copy(row + from, line + from, to - from);
        continue;
      }
      for (std::int64_t p = 0; p < columns.stride; ++p) {
        if (!is_seen(columns, p)) continue;
        const std::int64_t begun = from > p ? (from - p + columns.stride - 1) / columns.stride : 0;
        const std::int64_t past = (to - p + columns.stride - 1) / columns.stride;
        if (columns.stride == 2)
          copy_apart<2>(row + p * phase + begun, line + 2 * begun + p, past - begun, 2);
        else
          copy_apart<0>(row + p * phase + begun, line + columns.stride * begun + p, past - begun, columns.stride);
      }
    }
  }
  return frame;
}

}  // namespace loglik
