#include "ops/conv2d_framed_rows.h"

#include <algorithm>
#include <cstring>

namespace loglik {
namespace {

bool is_inside(const WindowAxis& axis) {
  return axis.before <= 0 && axis.position(axis.output - 1, axis.kernel - 1) < axis.input;
}

// Bit p: what lies p past a multiple of the stride is looked at, through some tap. Long strides look at all.
std::uint64_t phases_seen(const WindowAxis& axis) {
  if (axis.stride > 64) return ~std::uint64_t{0};
  std::uint64_t phases = 0;
  for (std::int64_t tap = 0; tap < axis.kernel; ++tap) phases |= std::uint64_t{1} << tap * axis.dilation % axis.stride;
  return phases;
}
bool is_seen(std::uint64_t phases, std::int64_t phase) { return phases >> (phase & 63) & 1; }

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
  rows_seen = phases_seen(rows), columns_seen = phases_seen(columns);
  const auto width_seen = [&](std::int64_t outputs) {
    return (outputs - 1) * columns.stride + (columns.kernel - 1) * columns.dilation + 1;
  };
  seen = width_seen(columns.output);
  phase = (width_seen((columns.output + vector - 1) / vector * vector) + columns.stride - 1) / columns.stride;
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
    if (of_rows == 0 || band == rows.output) return;  // the same rows of every band: zeros from the beginning
    std::memset(row, 0, static_cast<std::size_t>(of_rows * width()) * sizeof(float));
  };
  for (std::int64_t c = 0; c < channels; ++c) {
    float* const framed = frame + c * plane();
    clear(framed, begin);
    clear(framed + end * width(), lines - end);
    for (std::int64_t r = begin; r < end && from < to; ++r) {
      if (rows.stride > 1 && !is_seen(rows_seen, r % rows.stride)) continue;
      const float* const line = image + (c * rows.input + top + r) * columns.input - left;
      float* const row = framed + r * width();
      if (columns.stride == 1) {
        std::memcpy(row + from, line + from, static_cast<std::size_t>(to - from) * sizeof(float));
        continue;
      }
      for (std::int64_t p = 0; p < columns.stride; ++p) {
        if (!is_seen(columns_seen, p)) continue;
        if (columns.stride == 2) {
          const std::int64_t begun = (from - p + 1) / 2, past = (to - p + 1) / 2;
          copy_apart<2>(row + p * phase + begun, line + 2 * begun + p, past - begun, 2);
          continue;
        }
        const std::int64_t begun = from > p ? (from - p + columns.stride - 1) / columns.stride : 0;
        const std::int64_t past = (to - p + columns.stride - 1) / columns.stride;
        copy_apart<0>(row + p * phase + begun, line + columns.stride * begun + p, past - begun, columns.stride);
      }
    }
  }
  return frame;
}

}  // namespace loglik
