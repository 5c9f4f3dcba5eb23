// Convolutions with neighbouring outputs of a row as the lanes of vectors. An image in its frame is small enough for a core's cache. A slot is
// what one thread works through in order, with scratch memory of its own.
//
// The gradient in the input is a correlation of y with the filters turned about, phase by phase where there are strides.
#include "ops/conv2d_direct_kernels.h"

#include <algorithm>

#include "framework/simd/full_width.h"
#include "ops/conv2d_framed_rows.h"
#include "ops/conv2d_phase.h"
#include "ops/conv2d_simd_kernels.h"

namespace loglik {
namespace {

using namespace conv2d_simd;

constexpr std::int64_t most_slots = 32;
constexpr std::int64_t most_frame = 256 * 1024;  // floats of a framed image: 1 MB
constexpr std::int64_t most_partial = 2 << 20;   // floats of partial filter gradients of all slots
constexpr std::int64_t worth_a_sum = 2048;       // vectors to go into sums in registers before these are added up

std::int64_t round_up(std::int64_t a, std::int64_t b) { return (a + b - 1) / b * b; }
std::int64_t divide_up(std::int64_t a, std::int64_t b) { return (a + b - 1) / b; }

// One phase of the outputs, as conv2d_phase.h has them.
struct Work {
  AxisPhase down, over;
  std::int64_t outputs;  // planes of a group
  FramedRows frame;
  std::int64_t patch;
  std::int64_t at_a_time;  // planes; fewer in the last block
  std::int64_t slots;

  Work(const Conv2dSizes& s, Conv2dTarget target, const AxisPhase& rows, const AxisPhase& columns)
      : down(rows),
        over(columns),
        outputs(target == Conv2dTarget::input ? s.group_channels() : s.group_filters()),
        frame(rows.axis, columns.axis, target == Conv2dTarget::input ? s.group_filters() : s.group_channels(), block_columns),
        patch(frame.channels * frame.rows.kernel * frame.columns.kernel),
        at_a_time(std::max<std::int64_t>(divide_up(outputs, divide_up(outputs, block_filters)), 1)),
        slots(std::clamp<std::int64_t>(s.images, 1, most_slots)) {}
  bool is_whole() const { return down.step == 1 && over.step == 1; }
  std::int64_t plane() const { return frame.rows.output * frame.columns.output; }
  std::int64_t weights(const Conv2dSizes& s) const { return round_up(s.groups * outputs * patch, 16); }
  std::int64_t slot_size() const { return frame.size() + (is_whole() ? 0 : round_up(at_a_time * plane(), 16)); }
  std::int64_t workspace(const Conv2dSizes& s) const { return weights(s) + slots * slot_size(); }
};

// The weights in the order in which `correlate` reads them: block by block.
void pack(const Conv2dSizes& s, Conv2dTarget target, const Work& w, const float* filters, float* packed) {
  const std::int64_t kernel_columns = s.window.columns.kernel, kernel = s.window.rows.kernel * kernel_columns;
  const bool gradient = target == Conv2dTarget::input;
  for (std::int64_t group = 0; group < s.groups; ++group)
    for (std::int64_t first = 0; first < w.outputs; first += w.at_a_time)
      for (std::int64_t in = 0; in < w.frame.channels; ++in)
        for (std::int64_t i = 0; i < w.down.axis.kernel; ++i)
          for (std::int64_t j = 0; j < w.over.axis.kernel; ++j) {
            const std::int64_t tap = (w.down.first_tap + i * w.down.tap_step) * kernel_columns + w.over.first_tap + j * w.over.tap_step;
            for (std::int64_t out = first; out < std::min(first + w.at_a_time, w.outputs); ++out) {
              const std::int64_t filter = group * s.group_filters() + (gradient ? in : out), channel = gradient ? out : in;
              *packed++ = filters[(filter * s.group_channels() + channel) * kernel + tap];
            }
          }
}

void correlate_phase(const KernelArgs& args, const Conv2dSizes& s, Conv2dTarget target, const Work& w, const float* in, const float* filters,
                     float* out) {
  float* const packed = args.workspace<float>();
  pack(s, target, w, filters, packed);
  const FramedRows& frame = w.frame;
  const std::int64_t in_group = frame.channels * frame.rows.input * frame.columns.input, rows = frame.rows.output, columns = frame.columns.output;
  const std::int64_t out_width = target == Conv2dTarget::input ? s.window.columns.input : s.window.columns.output;
  const std::int64_t out_plane = target == Conv2dTarget::input ? s.window.pixels() : s.window.positions();
  args.parallel_for(w.slots, [&](std::int64_t slot) {
    float* const framed = packed + w.weights(s) + slot * w.slot_size();
    float* const found = framed + frame.size();
    std::fill_n(framed, frame.size(), 0.0f);
    for (std::int64_t image = slot * s.images / w.slots; image < (slot + 1) * s.images / w.slots; ++image)
      for (std::int64_t group = 0; group < s.groups; ++group) {
        const float* const seen = frame.put(in + (image * s.groups + group) * in_group, 0, rows, framed);
        for (std::int64_t plane = 0; plane < w.outputs; plane += w.at_a_time) {
          const std::int64_t at = ((image * s.groups + group) * w.outputs + plane) * out_plane + w.down.first * out_width + w.over.first;
          float* const to = out + at;
          const std::int64_t count = std::min(w.at_a_time, w.outputs - plane);
          correlate({.image = frame.look(seen),
                     .columns_follow = frame.columns_follow(),
                     .weights = packed + (group * w.outputs + plane) * w.patch,
                     .filters = count,
                     .out = w.is_whole() ? to : found,
                     .rows = rows,
                     .columns = columns,
                     .out_plane = w.is_whole() ? out_plane : w.plane()});
          for (std::int64_t k = 0; k < count && !w.is_whole(); ++k)
            spread(found + k * w.plane(), rows, columns, to + k * out_plane, w.down.step * out_width, w.over.step);
          if (w.is_whole()) args.finished(at, at + count * out_plane);
        }
      }
  });
}

// The sums of some images at a time, as many as keep registers busy before these are added up.
struct FilterWork {
  FramedRows frame;
  std::int64_t together;  // images
  std::int64_t count;     // of all filters' weights
  std::int64_t slots;

  explicit FilterWork(const Conv2dSizes& s)
      : frame(s.window.rows, s.window.columns, s.group_channels(), most_lanes), count(s.filters * s.patch()) {
    const std::int64_t vectors = frame.rows.output * divide_up(frame.columns.output, most_lanes) * 8;
    together = std::clamp<std::int64_t>(worth_a_sum / std::max<std::int64_t>(vectors, 1), 1, 8);
    slots = std::clamp<std::int64_t>(std::min(divide_up(s.images, together), most_partial / std::max<std::int64_t>(count, 1)), 1, most_slots);
  }
  std::int64_t slot_size() const { return together * frame.size() + round_up(count, 16); }
  std::int64_t workspace() const { return slots * slot_size(); }
};

void sum_all_filters(const KernelArgs& args, const Conv2dSizes& s, const float* x, const float* y, float* filters) {
  const FilterWork w(s);
  const FramedRows& frame = w.frame;
  float* const scratch = args.workspace<float>();
  const std::int64_t x_group = s.group_channels() * s.window.pixels(), y_group = s.group_filters() * s.window.positions();
  const std::int64_t group_count = w.count / std::max<std::int64_t>(s.groups, 1);
  const auto partial = [&](std::int64_t slot) { return scratch + slot * w.slot_size() + w.together * frame.size(); };
  args.parallel_for(w.slots, [&](std::int64_t slot) {
    float* const frames = scratch + slot * w.slot_size();
    std::fill_n(frames, w.slot_size(), 0.0f);
    const Range mine{slot * s.images / w.slots, (slot + 1) * s.images / w.slots};
    for (std::int64_t image = mine.begin; image < mine.end; image += w.together) {
      const std::int64_t images = std::min(w.together, mine.end - image);
      for (std::int64_t group = 0; group < s.groups; ++group) {
        for (std::int64_t i = 0; i < images; ++i)
          frame.put(x + ((image + i) * s.groups + group) * x_group, 0, frame.rows.output, frames + i * frame.size());
        sum_filters({.x = frame.look(frames),
                     .x_image = frame.size(),
                     .columns_follow = frame.columns_follow(),
                     .y = y + (image * s.groups + group) * y_group,
                     .y_plane = s.window.positions(),
                     .y_image = s.groups * y_group,
                     .images = images,
                     .filters = s.group_filters(),
                     .rows = frame.rows.output,
                     .columns = frame.columns.output,
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
  if (target == Conv2dTarget::filters) return s.window.columns.kernel <= largest_kernel && FilterWork(s).frame.size() <= most_frame;
  bool fits = s.window.columns.kernel <= FramedRows::most_kernel_columns;
  for_each_phase(s, target, [&](const AxisPhase& rows, const AxisPhase& columns) {
    fits = fits && Work(s, target, rows, columns).slot_size() <= most_frame;
  });
  return fits;
}

std::size_t conv2d_direct_workspace(const Conv2dSizes& s, Conv2dTarget target) {
  std::int64_t floats = 0;
  if (target == Conv2dTarget::filters)
    floats = FilterWork(s).workspace();
  else
    for_each_phase(s, target, [&](const AxisPhase& rows, const AxisPhase& columns) {
      floats = std::max(floats, Work(s, target, rows, columns).workspace(s));
    });
  return static_cast<std::size_t>(floats) * sizeof(float);
}

void conv2d_direct(const KernelArgs& args, const Conv2dSizes& s, Conv2dTarget target, const float* a, const float* b, float* out) {
  if (target == Conv2dTarget::filters) return sum_all_filters(args, s, a, b, out);
  if (!for_each_phase(s, target, [](const AxisPhase&, const AxisPhase&) {})) clear_input(args, s, out);
  for_each_phase(s, target, [&](const AxisPhase& rows, const AxisPhase& columns) {
    correlate_phase(args, s, target, Work(s, target, rows, columns), a, b, out);
  });
  finish_input(args, s, target);
}

}  // namespace loglik
