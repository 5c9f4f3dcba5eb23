#pragma once
#include <cstddef>
#include <cstdint>

#include "framework/kernel_args.h"
#include "ops/window_axis.h"

namespace loglik {

/// One 2-D convolution with all sizes known: x {images, channels, h, w}, filters {filters, channels/groups, kh, kw}, y {images, filters,
/// oh, ow}.
struct Conv2dSizes {
  std::int64_t images = 0;
  std::int64_t channels = 0;
  std::int64_t filters = 0;
  std::int64_t groups = 1;
  Window2d window;

  std::int64_t group_channels() const { return channels / groups; }
  std::int64_t group_filters() const { return filters / groups; }
  std::int64_t patch() const { return group_channels() * window.rows.kernel * window.columns.kernel; }  ///< what one output sees
  bool is_pointwise() const;  ///< patches are the pixels: nothing to gather
};

/// Which of the three tensors is computed from the other two.
enum class Conv2dTarget { output, input, filters };

/// Bytes of scratch memory; grows with the number of images.
std::size_t conv2d_workspace(const Conv2dSizes& sizes, Conv2dTarget target, DType dtype);

// y = x ⋆ filters and its two adjoints: for any u like y, ⟨u, x ⋆ f⟩ = ⟨conv2d_input(u, f), x⟩ = ⟨conv2d_filters(x, u), f⟩. The first two
// offer an epilogue.
template <class T>
void conv2d_output(const KernelArgs& args, const Conv2dSizes& sizes, const T* x, const T* filters, T* y);
template <class T>
void conv2d_input(const KernelArgs& args, const Conv2dSizes& sizes, const T* y, const T* filters, T* x);
template <class T>
void conv2d_filters(const KernelArgs& args, const Conv2dSizes& sizes, const T* x, const T* y, T* filters);

}  // namespace loglik
