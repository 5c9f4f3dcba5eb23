// For one image and group, with the image in a frame of zeros as wide as its padding:
//
//     y[f]    = Σ over channels c of x[c] ⋆ w[f][c]                  a correlation
//     x[c]    = Σ over filters f of y[f] ⋆ w[f][c] turned about      another one, of y, with padding kernel − 1 − padding
//     w[f][c] = Σ over images of y[f] ⋆ x[c]
//
// A framed image is small enough for a core's cache, and no pixel is copied more than once. A slot is what one thread works through in order,
// with scratch memory of its own.
#include "ops/conv2d_direct_kernels.h"

#include <algorithm>
#include <cstring>

#include "framework/simd/full_width.h"
#include "ops/conv2d_simd_kernels.h"

namespace loglik {
namespace {

using namespace conv2d_simd;

constexpr std::int64_t most_slots = 32;
constexpr std::int64_t most_frame = 256 * 1024;      // floats of a framed image: 1 MB
constexpr std::int64_t most_partial = 4 << 20;       // floats of partial filter gradients of all slots
constexpr std::int64_t worth_a_sum = 2048;           // vectors to go into sums in registers before these are added up

std::int64_t round_up(std::int64_t a, std::int64_t b) { return (a + b - 1) / b * b; }
std::int64_t divide_up(std::int64_t a, std::int64_t b) { return (a + b - 1) / b; }

// Images of `channels` planes {height, width}, each in its frame.
struct Frame {
  std::int64_t channels, height, width;           // of what is framed
  std::int64_t rows, columns, above, left;        // of the frame, and where in it the image begins
  std::int64_t plane() const { return rows * columns; }
  std::int64_t size() const { return round_up(channels * plane(), 16); }
  void put(const float* image, float* frame) const {
    for (std::int64_t c = 0; c < channels; ++c)
      for (std::int64_t r = 0; r < height; ++r)
        std::memcpy(frame + c * plane() + (above + r) * columns + left, image + (c * height + r) * width, static_cast<std::size_t>(width) * sizeof(float));
  }
};

// Which planes are correlated with what to give which.
struct Work {
  std::int64_t images, groups, outputs;  // outputs: planes of a group
  Frame frame;
  std::int64_t rows, columns;            // of an output plane
  std::int64_t kernel_rows, kernel_columns;
  std::int64_t block;                    // filters at a time; fewer in the last block
  std::int64_t slots;

  Work(const Conv2dSizes& s, Conv2dTarget target) {
    const WindowAxis &down = s.window.rows, &across = s.window.columns;
    images = s.images, groups = s.groups;
    kernel_rows = down.kernel, kernel_columns = across.kernel;
    if (target == Conv2dTarget::input) {
      outputs = s.group_channels(), rows = down.input, columns = across.input;
      frame = {s.group_filters(), down.output, across.output, 0, 0, down.kernel - 1 - down.before, across.kernel - 1 - across.before};
    } else {
      outputs = s.group_filters(), rows = down.output, columns = across.output;
      frame = {s.group_channels(), down.input, across.input, 0, 0, down.before, across.before};
    }
    frame.rows = std::max(rows + kernel_rows - 1, frame.above + frame.height);
    frame.columns = std::max(round_up(columns, block_columns) + kernel_columns - 1, frame.left + frame.width);
    block = std::max<std::int64_t>(divide_up(outputs, divide_up(outputs, block_filters)), 1);
    slots = std::clamp<std::int64_t>(images, 1, most_slots);
  }
  std::int64_t weights_a_filter() const { return frame.channels * kernel_rows * kernel_columns; }
  std::int64_t weights() const { return round_up(groups * outputs * weights_a_filter(), 16); }
  std::int64_t workspace() const { return weights() + slots * frame.size(); }
  Range images_of(std::int64_t slot) const { return {slot * images / slots, (slot + 1) * images / slots}; }
};

// The weights in the order in which `correlate` reads them: block by block.
void pack(const Conv2dSizes& s, Conv2dTarget target, const Work& work, const float* filters, float* packed) {
  const std::int64_t kernel = work.kernel_rows * work.kernel_columns;
  const bool turned = target == Conv2dTarget::input;
  for (std::int64_t group = 0; group < s.groups; ++group)
    for (std::int64_t first = 0; first < work.outputs; first += work.block)
      for (std::int64_t in = 0; in < work.frame.channels; ++in)
        for (std::int64_t tap = 0; tap < kernel; ++tap)
          for (std::int64_t out = first; out < std::min(first + work.block, work.outputs); ++out) {
            const std::int64_t filter = group * s.group_filters() + (turned ? in : out), channel = turned ? out : in;
            *packed++ = filters[(filter * s.group_channels() + channel) * kernel + (turned ? kernel - 1 - tap : tap)];
          }
}

void correlate_all(const KernelArgs& args, const Conv2dSizes& s, Conv2dTarget target, const float* in, const float* filters, float* out) {
  const Work work(s, target);
  float* packed = args.workspace<float>();
  pack(s, target, work, filters, packed);
  const std::int64_t in_group = work.frame.channels * work.frame.height * work.frame.width, out_plane = work.rows * work.columns;
  args.parallel_for(work.slots, [&](std::int64_t slot) {
    float* frame = packed + work.weights() + slot * work.frame.size();
    std::fill_n(frame, work.frame.size(), 0.0f);
    const Range mine = work.images_of(slot);
    for (std::int64_t image = mine.begin; image < mine.end; ++image)
      for (std::int64_t group = 0; group < work.groups; ++group) {
        work.frame.put(in + (image * work.groups + group) * in_group, frame);
        const std::int64_t plane = (image * work.groups + group) * work.outputs;
        for (std::int64_t first = 0; first < work.outputs; first += work.block)
          correlate({.image = {frame, work.frame.columns, work.frame.plane()},
                     .channels = work.frame.channels,
                     .kernel_rows = work.kernel_rows,
                     .kernel_columns = work.kernel_columns,
                     .weights = packed + (group * work.outputs + first) * work.weights_a_filter(),
                     .filters = std::min(work.block, work.outputs - first),
                     .out = out + (plane + first) * out_plane,
                     .rows = work.rows,
                     .columns = work.columns,
                     .out_plane = out_plane});
      }
  });
}

// The sums of some images at a time, as many as keep registers busy before these are added up.
struct FilterWork {
  Work work;
  std::int64_t together;  // images
  std::int64_t count;     // of all filters' weights
  std::int64_t slots;

  explicit FilterWork(const Conv2dSizes& s) : work(s, Conv2dTarget::filters) {
    const std::int64_t vectors = work.rows * divide_up(work.columns, most_lanes) * 8;
    together = std::clamp<std::int64_t>(worth_a_sum / std::max<std::int64_t>(vectors, 1), 1, 8);
    count = s.filters * work.weights_a_filter();
    slots = std::clamp<std::int64_t>(std::min(divide_up(s.images, together), most_partial / std::max<std::int64_t>(count, 1)), 1, most_slots);
  }
  std::int64_t slot_size() const { return together * work.frame.size() + round_up(count, 16); }
  std::int64_t workspace() const { return slots * slot_size(); }
};

void sum_all_filters(const KernelArgs& args, const Conv2dSizes& s, const float* x, const float* y, float* filters) {
  const FilterWork w(s);
  const Work& work = w.work;
  float* scratch = args.workspace<float>();
  const std::int64_t x_group = s.group_channels() * s.window.pixels(), y_group = s.group_filters() * s.window.positions();
  const std::int64_t group_count = w.count / std::max<std::int64_t>(s.groups, 1);
  const auto partial = [&](std::int64_t slot) { return scratch + slot * w.slot_size() + w.together * work.frame.size(); };
  args.parallel_for(w.slots, [&](std::int64_t slot) {
    float* frames = scratch + slot * w.slot_size();
    std::fill_n(frames, w.slot_size(), 0.0f);
    const Range mine{slot * s.images / w.slots, (slot + 1) * s.images / w.slots};
    for (std::int64_t image = mine.begin; image < mine.end; image += w.together) {
      const std::int64_t images = std::min(w.together, mine.end - image);
      for (std::int64_t group = 0; group < s.groups; ++group) {
        for (std::int64_t i = 0; i < images; ++i)
          work.frame.put(x + ((image + i) * s.groups + group) * x_group, frames + i * work.frame.size());
        sum_filters({.x = {frames, work.frame.columns, work.frame.plane()},
                     .y = {y + (image * s.groups + group) * y_group, work.columns, s.window.positions()},
                     .images = images,
                     .x_image = work.frame.size(),
                     .y_image = s.groups * y_group,
                     .channels = s.group_channels(),
                     .filters = s.group_filters(),
                     .kernel_rows = work.kernel_rows,
                     .kernel_columns = work.kernel_columns,
                     .rows = work.rows,
                     .columns = work.columns,
                     .sum = partial(slot) + group * group_count});
      }
    }
  });
  args.parallel_for(w.count, 16384, [&](std::int64_t begin, std::int64_t end) {
    std::copy(partial(0) + begin, partial(0) + end, filters + begin);
    for (std::int64_t slot = 1; slot < w.slots; ++slot) {  // in this order, whichever thread had them
      const float* part = partial(slot);
      simd::at_full_width([=] {
        for (std::int64_t i = begin; i < end; ++i) filters[i] += part[i];
      });
    }
  });
}

}  // namespace

bool conv2d_can_be_direct(const Conv2dSizes& s, Conv2dTarget target) {
  const auto fits = [](const WindowAxis& axis) {
    return axis.stride == 1 && axis.dilation == 1 && axis.kernel <= largest_kernel && axis.before < axis.kernel;
  };
  if (!fits(s.window.rows) || !fits(s.window.columns)) return false;
  return Work(s, target).frame.size() <= most_frame;
}

std::size_t conv2d_direct_workspace(const Conv2dSizes& sizes, Conv2dTarget target) {
  const std::int64_t floats = target == Conv2dTarget::filters ? FilterWork(sizes).workspace() : Work(sizes, target).workspace();
  return static_cast<std::size_t>(floats) * sizeof(float);
}

void conv2d_direct(const KernelArgs& args, const Conv2dSizes& sizes, Conv2dTarget target, const float* a, const float* b, float* out) {
  if (target == Conv2dTarget::filters)
    sum_all_filters(args, sizes, a, b, out);
  else
    correlate_all(args, sizes, target, a, b, out);
}

}  // namespace loglik
