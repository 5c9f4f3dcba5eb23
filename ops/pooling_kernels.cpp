// Tap by tap over all outputs, not window by window: the inner loop runs along a row, where the compiler makes vectors of it.
#include "ops/pooling_kernels.h"

#include <algorithm>
#include <limits>
#include <type_traits>

#include "framework/simd/full_width.h"
#include "ops/pooling_simd_kernels.h"

namespace loglik {
namespace {

// Calls body(output, pixel, count, stride) for each tap, in the window's row-major order, and each output row: `count` neighbouring
// outputs from `output` on see pixels from `pixel` on, `stride` apart. The usual strides are constants, which makes vectors possible.
template <class Body>
void for_each_run(const Window2d& window, const Body& body) {
  const WindowAxis &rows = window.rows, &columns = window.columns;
  const auto run = [&](auto stride) {
    for (std::int64_t ky = 0; ky < rows.kernel; ++ky) {
      const Range inside_rows = rows.outputs_inside(ky);
      for (std::int64_t kx = 0; kx < columns.kernel; ++kx) {
        const Range inside = columns.outputs_inside(kx);
        const std::int64_t column = columns.position(inside.begin, kx);
        for (std::int64_t row = inside_rows.begin; row < inside_rows.end; ++row)
          body(row * columns.output + inside.begin, rows.position(row, ky) * columns.input + column, inside.end - inside.begin, stride);
      }
    }
  };
  if (columns.stride == 1)
    run(std::integral_constant<std::int64_t, 1>());
  else if (columns.stride == 2)
    run(std::integral_constant<std::int64_t, 2>());
  else
    run(columns.stride);
}

// Calls body(output, rows, columns) for each output, with the pixels inside the image that it is the mean of.
template <class Body>
void for_each_window(const Window2d& window, const Body& body) {
  const auto pixels = [](const WindowAxis& axis, std::int64_t o) {
    const std::int64_t first = axis.position(o, 0);
    return Range{std::max<std::int64_t>(first, 0), std::min(first + axis.kernel, axis.input)};
  };
  for (std::int64_t row = 0; row < window.rows.output; ++row)
    for (std::int64_t column = 0; column < window.columns.output; ++column)
      body(row * window.columns.output + column, pixels(window.rows, row), pixels(window.columns, column));
}

std::int64_t count(Range rows, Range columns) { return (rows.end - rows.begin) * (columns.end - columns.begin); }

// Takes value where it is larger than best, or the first NaN.
template <class T>
void take_larger(T value, std::int32_t position, T& best, std::int32_t& where) {
  const bool better = !(value <= best) & (best == best);
  best = better ? value : best;
  where = better ? position : where;
}

template <class T>
void max_pool_plane(const Window2d& window, const T* x, T* y, std::int32_t* positions) {
  const std::int64_t width = window.columns.output;
  for (std::int64_t row = 0; row < window.rows.output; ++row) {
    const std::int64_t first = std::max<std::int64_t>(window.rows.position(row, 0), 0) * window.columns.input;
    for (std::int64_t column = 0; column < width; ++column) {
      y[row * width + column] = -std::numeric_limits<T>::infinity();
      positions[row * width + column] = static_cast<std::int32_t>(first + std::max<std::int64_t>(window.columns.position(column, 0), 0));
    }
  }
  for_each_run(window, [&](std::int64_t output, std::int64_t pixel, std::int64_t count, auto stride) {
    const T* __restrict from = x + pixel;
    T* __restrict best = y + output;
    std::int32_t* __restrict where = positions + output;
    simd::at_full_width([=] {
      for (std::int64_t i = 0; i < count; ++i) {
        T largest = best[i];
        std::int32_t position = where[i];
        take_larger(from[i * stride], static_cast<std::int32_t>(pixel + i * stride), largest, position);
        best[i] = largest;
        where[i] = position;
      }
    });
  });
}

}  // namespace

template <class T>
void max_pool_planes(const Window2d& window, std::int64_t planes, const T* x, T* y, std::int32_t* positions) {
  const WindowAxis &rows = window.rows, &columns = window.columns;
  if constexpr (std::is_same_v<T, float>) {
    const auto tiles = [](const WindowAxis& axis) {
      return axis.kernel == 2 && axis.stride == 2 && axis.before == 0 && 2 * axis.output <= axis.input;
    };
    if (tiles(rows) && tiles(columns)) return max_pool_tiles({planes, rows.input, columns.input, rows.output, columns.output}, x, y, positions);
  }
  for (std::int64_t plane = 0; plane < planes; ++plane)
    max_pool_plane(window, x + plane * window.pixels(), y + plane * window.positions(), positions + plane * window.positions());
}

template <class T>
void average_pool_plane(const Window2d& window, bool count_include_pad, const T* x, T* y) {
  std::fill_n(y, window.positions(), T(0));
  for_each_run(window, [&](std::int64_t output, std::int64_t pixel, std::int64_t length, auto stride) {
    const T* __restrict from = x + pixel;
    T* __restrict sum = y + output;
    simd::at_full_width([=] {
      for (std::int64_t i = 0; i < length; ++i) sum[i] += from[i * stride];
    });
  });
  const T area = static_cast<T>(window.rows.kernel * window.columns.kernel);
  if (count_include_pad)
    for (std::int64_t i = 0; i < window.positions(); ++i) y[i] /= area;
  else
    for_each_window(window, [&](std::int64_t output, Range rows, Range columns) { y[output] /= static_cast<T>(count(rows, columns)); });
}

template <class T>
void average_pool_gradient_plane(const Window2d& window, bool count_include_pad, const T* y, T* x) {
  std::fill_n(x, window.pixels(), T(0));
  if (!count_include_pad) {
    for_each_window(window, [&](std::int64_t output, Range rows, Range columns) {
      const T share = y[output] / static_cast<T>(count(rows, columns));
      for (std::int64_t row = rows.begin; row < rows.end; ++row)
        for (std::int64_t column = columns.begin; column < columns.end; ++column) x[row * window.columns.input + column] += share;
    });
    return;
  }
  for_each_run(window, [&](std::int64_t output, std::int64_t pixel, std::int64_t length, auto stride) {
    const T* __restrict from = y + output;
    T* __restrict sum = x + pixel;
    simd::at_full_width([=] {
      for (std::int64_t i = 0; i < length; ++i) sum[i * stride] += from[i];
    });
  });
  const T area = static_cast<T>(window.rows.kernel * window.columns.kernel);
  for (std::int64_t i = 0; i < window.pixels(); ++i) x[i] /= area;
}

template void max_pool_planes(const Window2d&, std::int64_t, const float*, float*, std::int32_t*);
template void max_pool_planes(const Window2d&, std::int64_t, const double*, double*, std::int32_t*);
template void average_pool_plane(const Window2d&, bool, const float*, float*);
template void average_pool_plane(const Window2d&, bool, const double*, double*);
template void average_pool_gradient_plane(const Window2d&, bool, const float*, float*);
template void average_pool_gradient_plane(const Window2d&, bool, const double*, double*);

}  // namespace loglik
