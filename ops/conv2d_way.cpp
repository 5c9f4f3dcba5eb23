#include "ops/conv2d_way.h"

#include <algorithm>
#include <cmath>

#include "ops/conv2d_batched_filter_kernels.h"
#include "ops/conv2d_batched_kernels.h"
#include "ops/conv2d_blocked_kernels.h"
#include "ops/conv2d_direct_kernels.h"

namespace loglik {
namespace {

constexpr double never = 1e30;

// The share of a vector's 16 lanes that is used where `count` things lie side by side.
double used(std::int64_t count) { return static_cast<double>(count) / static_cast<double>((count + 15) / 16 * 16); }

// Pairs of an output and a tap that lies inside the image.
double pairs(const WindowAxis& axis) {
  std::int64_t sum = 0;
  for (std::int64_t tap = 0; tap < axis.kernel; ++tap) {
    const Range outputs = axis.outputs_inside(tap);
    sum += outputs.end - outputs.begin;
  }
  return static_cast<double>(sum);
}

bool fills_vectors(std::int64_t images) { return images >= conv2d_least_batch && used(images) >= 0.75; }

}  // namespace

// In units of a multiplication of vectors, for each vector of 16 elements of what has the outputs' shape (the input's, where that is the target):
// multiplications, idle lanes, and about seven for moving 16 elements into or out of blocks. The other factors are measured, on a Zen 4.
Conv2dWays conv2d_ways(const Conv2dSizes& s, Conv2dTarget target, DType dtype) {
  if (dtype != DType::float32 || s.is_pointwise()) return {Conv2dWay::product, Conv2dWay::product};
  const bool gradient = target == Conv2dTarget::input, filters = target == Conv2dTarget::filters;
  const WindowAxis &down = s.window.rows, &over = s.window.columns;
  const double inputs = static_cast<double>(gradient ? s.group_filters() : s.group_channels());
  const double outputs = static_cast<double>(std::max<std::int64_t>(gradient ? s.group_channels() : s.group_filters(), 1));
  const double positions = static_cast<double>(s.window.positions()), pixels = static_cast<double>(s.window.pixels());
  const double here = gradient ? pixels : positions, there = gradient ? positions : pixels;

  const double taps = inputs * static_cast<double>(down.kernel * over.kernel);  // what is multiplied where padding counts as pixels
  const double inside = inputs * pairs(down) * pairs(over) / here;              // and where it does not
  const double looked_at = gradient ? taps / static_cast<double>(down.stride * over.stride) : taps;  // by an output, phase by phase
  const double product = taps * positions / here * (filters ? 1.1 + 9 / outputs : 1.3 + 16 / outputs);
  // Loads that cross a cache line bound the direct ways: of a filter's outputs and of each tap's pixels, where filters are the target.
  const double columns = static_cast<double>(over.kernel);
  const double planes = outputs / std::ceil(outputs / std::clamp(std::floor(24 / columns), 1.0, 8.0));
  const double loads = filters ? std::clamp(3.4 * (planes + columns) / (planes * columns), 1.25, 3.3) : 1.05;
  const std::int64_t side_by_side = gradient ? (over.input + over.stride - 1) / over.stride : over.output;
  const double framed = down.stride * over.stride > 1 ? 8 + 4 * there * inputs / (here * outputs) : 0;  // pixels apart are moved one by one
  const double direct = conv2d_can_be_direct(s, target) ? looked_at / used(side_by_side) * loads + framed : never;
  const double blocked = conv2d_can_be_blocked(s, target) ? (looked_at + 8) / used(static_cast<std::int64_t>(outputs)) : never;
  const double moved = 7 + (filters ? 20 : 10) * there * inputs / (here * outputs);
  double batched = never;
  if (filters ? conv2d_filters_can_be_batched(s) : conv2d_can_be_batched(s, target))
    batched = 1.2 * (filters ? taps + moved : inside * (1 + 1 / outputs) + moved);

  const double fastest = std::min({product, direct, blocked});
  const Conv2dWay one = fastest == product ? Conv2dWay::product : fastest == direct ? Conv2dWay::direct : Conv2dWay::blocked;
  return {batched < fastest ? Conv2dWay::batched : one, one};
}

Conv2dWay conv2d_way(const Conv2dSizes& sizes, Conv2dTarget target, DType dtype) {
  const Conv2dWays ways = conv2d_ways(sizes, target, dtype);
  return fills_vectors(sizes.images) ? ways.many : ways.one;
}

}  // namespace loglik
