#pragma once
#include <cstdint>

#include "ops/conv2d_kernels.h"

namespace loglik {

/// A correlation along one axis that gives every `step`-th of its outputs.
///
/// The output itself is one, of step 1. In the gradient in the input, pixels that lie a stride apart see the same taps: for each of the strides it
/// is a correlation of y with every stride-th tap, turned about, without a stride.
struct AxisPhase {
  WindowAxis axis;         ///< input: where it looks; output: how many it gives, 0 if it sees no tap
  std::int64_t first_tap;  ///< of the filters, which tap 0 of `axis` is
  std::int64_t tap_step;   ///< and how far the next one is
  std::int64_t first;      ///< output 0 of `axis`, among all
  std::int64_t step;
};

AxisPhase axis_phase(const WindowAxis& axis, Conv2dTarget target, std::int64_t phase);

/// Calls body(rows, columns) for each pair of phases that see taps; returns whether these give all outputs, others being 0.
template <class Body>
bool for_each_phase(const Conv2dSizes& s, Conv2dTarget target, const Body& body) {
  const bool gradient = target == Conv2dTarget::input;
  bool all = true;
  for (std::int64_t r = 0; r < (gradient ? s.window.rows.stride : 1); ++r)
    for (std::int64_t c = 0; c < (gradient ? s.window.columns.stride : 1); ++c) {
      const AxisPhase rows = axis_phase(s.window.rows, target, r), columns = axis_phase(s.window.columns, target, c);
      if (rows.axis.output > 0 && columns.axis.output > 0)
        body(rows, columns);
      else
        all = false;
    }
  return all;
}

/// Zeros all of the input, for phases that see no tap.
void clear_input(const KernelArgs& args, const Conv2dSizes& s, float* x);

/// Finishes the input where its images are of several phases, each of which can't finish them: to be called after all phases.
void finish_input(const KernelArgs& args, const Conv2dSizes& s, Conv2dTarget target);

/// to[r·row_distance + q·step] = from[r·columns + q]
inline void spread(const float* from, std::int64_t rows, std::int64_t columns, float* to, std::int64_t row_distance, std::int64_t step) {
  for (std::int64_t r = 0; r < rows; ++r, from += columns, to += row_distance)
    for (std::int64_t q = 0; q < columns; ++q) to[q * step] = from[q];
}

}  // namespace loglik
