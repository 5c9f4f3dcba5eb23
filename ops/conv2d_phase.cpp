#include "ops/conv2d_phase.h"

#include <algorithm>

namespace loglik {

// Pixel p = phase + o·stride is seen by output (p + before − tap·dilation) / stride through the taps for which that is whole.
AxisPhase axis_phase(const WindowAxis& axis, Conv2dTarget target, std::int64_t phase) {
  if (target != Conv2dTarget::input) return {axis, 0, 1, 0, 1};
  std::int64_t count = 0, last = 0, step = 1;
  for (std::int64_t tap = 0; tap < axis.kernel; ++tap) {
    if ((phase + axis.before - tap * axis.dilation) % axis.stride != 0) continue;
    if (count++ > 0) step = tap - last;
    last = tap;
  }
  WindowAxis turned{.input = axis.output, .output = 0, .kernel = count, .stride = 1};
  if (count > 0 && phase < axis.input) {
    turned.output = (axis.input - phase + axis.stride - 1) / axis.stride;
    turned.dilation = step * axis.dilation / axis.stride;
    turned.before = (last * axis.dilation - phase - axis.before) / axis.stride;
    if (count == 1) turned.dilation = 1;
  }
  return {turned, last, -step, phase, axis.stride};
}

void clear_input(const KernelArgs& args, const Conv2dSizes& s, float* x) {
  args.parallel_for(s.images * s.channels * s.window.pixels(), 65536,
                    [&](std::int64_t begin, std::int64_t end) { std::fill(x + begin, x + end, 0.0f); });
}

void finish_input(const KernelArgs& args, const Conv2dSizes& s, Conv2dTarget target) {
  if (target != Conv2dTarget::input || (s.window.rows.stride == 1 && s.window.columns.stride == 1)) return;
  args.parallel_for(s.images * s.channels * s.window.pixels(), 16384, [&](std::int64_t begin, std::int64_t end) { args.finished(begin, end); });
}

}  // namespace loglik
