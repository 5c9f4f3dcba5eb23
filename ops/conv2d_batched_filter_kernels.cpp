// The filters' gradient with 16 images side by side as the lanes of vectors. A unit of work is a band of output rows of 16 images.
#include "ops/conv2d_batched_filter_kernels.h"

#include <algorithm>

#include "ops/conv2d_batched_simd_kernels.h"

namespace loglik {
namespace {

using namespace conv2d_simd;

constexpr std::int64_t most_slots = 16;
constexpr std::int64_t band_floats = 24 * 1024;      // of a band's outputs, about
constexpr std::int64_t most_partial = 16 * 1024;     // weights, each of 16 sums
constexpr std::int64_t most_seen = 128 * 1024;       // floats of what a band sees

std::int64_t divide_up(std::int64_t a, std::int64_t b) { return (a + b - 1) / b; }

struct Work {
  WindowAxis down, over;
  std::int64_t channels, filters;  // of a group
  std::int64_t width, sees;        // columns and rows of the frame
  std::int64_t band, bands, units, slots;
  std::int64_t count;  // weights of all groups

  explicit Work(const Conv2dSizes& s)
      : down(s.window.rows), over(s.window.columns), channels(s.group_channels()), filters(s.group_filters()), count(s.filters * s.patch()) {
    width = (over.output - 1) * over.stride + over.dilation * (over.kernel - 1) + 1;
    const std::int64_t about = band_floats / std::max<std::int64_t>(filters * over.output * block, 1);
    bands = divide_up(down.output, std::clamp<std::int64_t>(about, 1, down.output));
    band = divide_up(down.output, bands);
    bands = divide_up(down.output, band);
    sees = (band - 1) * down.stride + down.dilation * (down.kernel - 1) + 1;
    units = divide_up(s.images, block) * bands;
    slots = std::clamp<std::int64_t>(units, 1, most_slots);
  }
  std::int64_t x_plane() const { return sees * width * block; }
  std::int64_t y_plane() const { return band * over.output * block; }
  std::int64_t slot_size() const { return channels * x_plane() + filters * y_plane() + count * block; }

  // The rows and columns that the band from row `first` on sees of 16 images, framed by zeros.
  void frame(const float* x, std::int64_t distance, std::int64_t images, std::int64_t first, float* to) const {
    const std::int64_t top = down.position(first, 0), left = over.before;
    const std::int64_t begin = std::max<std::int64_t>(-left, 0), end = std::min(over.input, width - left);
    for (std::int64_t c = 0; c < channels; ++c)
      for (std::int64_t r = 0; r < sees; ++r) {
        float* const row = to + c * x_plane() + r * width * block;
        if (top + r < 0 || top + r >= down.input)
          std::fill_n(row, width * block, 0.0f);
        else if (begin < end)
          interleave(x + (c * down.input + top + r) * over.input + begin, distance, images, end - begin, row + (begin + left) * block);
      }
  }
};

}  // namespace

void conv2d_batched_filters(const KernelArgs& args, const Conv2dSizes& s, const float* x, const float* y, float* filters) {
  const Work w(s);
  float* const scratch = args.workspace<float>();
  const std::int64_t pixels = s.window.pixels(), positions = s.window.positions();
  const auto partial = [&](std::int64_t slot) { return scratch + (slot + 1) * w.slot_size() - w.count * block; };
  args.parallel_for(w.slots, [&](std::int64_t slot) {
    float* const xs = scratch + slot * w.slot_size();
    float* const ys = xs + w.channels * w.x_plane();
    float* const sum = partial(slot);
    std::fill_n(xs, w.channels * w.x_plane(), 0.0f);
    std::fill_n(sum, w.count * block, 0.0f);
    for (std::int64_t unit = slot * w.units / w.slots; unit < (slot + 1) * w.units / w.slots; ++unit) {
      const std::int64_t image = unit / w.bands * block, images = std::min(block, s.images - image);
      const std::int64_t first = unit % w.bands * w.band, rows = std::min(w.band, w.down.output - first);
      for (std::int64_t group = 0; group < s.groups; ++group) {
        w.frame(x + (image * s.channels + group * w.channels) * pixels, s.channels * pixels, images, first, xs);
        for (std::int64_t f = 0; f < w.filters; ++f)
          interleave(y + (image * s.filters + group * w.filters + f) * positions + first * w.over.output, s.filters * positions, images,
                     rows * w.over.output, ys + f * w.y_plane());
        sum_filters_batched({.x = xs,
                             .channels = w.channels,
                             .plane = w.x_plane(),
                             .width = w.width,
                             .row_step = w.down.stride,
                             .row_dilation = w.down.dilation,
                             .step = w.over.stride,
                             .dilation = w.over.dilation,
                             .y = ys,
                             .filters = w.filters,
                             .y_plane = w.y_plane(),
                             .rows = rows,
                             .columns = w.over.output,
                             .kernel_rows = w.down.kernel,
                             .kernel_columns = w.over.kernel,
                             .sum = sum + group * w.filters * s.patch() * block});
      }
    }
    for (std::int64_t i = 0; i < w.count; ++i) {  // in place: what is written was read before
      float lanes[block];
      std::copy_n(sum + i * block, block, lanes);
      for (std::int64_t half = block / 2; half > 0; half /= 2)
        for (std::int64_t k = 0; k < half; ++k) lanes[k] += lanes[k + half];
      sum[i] = lanes[0];
    }
  });
  std::copy_n(partial(0), w.count, filters);
  for (std::int64_t slot = 1; slot < w.slots; ++slot)  // in this order, whichever thread had them
    for (std::int64_t i = 0; i < w.count; ++i) filters[i] += partial(slot)[i];
}

bool conv2d_filters_can_be_batched(const Conv2dSizes& s) {
  const Work w(s);
  return w.count <= most_partial && w.channels * w.x_plane() <= most_seen;
}

std::size_t conv2d_batched_filters_workspace(const Conv2dSizes& s) {
  const Work w(s);
  return static_cast<std::size_t>(w.slots * w.slot_size()) * sizeof(float);
}

}  // namespace loglik
