// Convolutions with 16 planes side by side as the lanes of vectors. A unit of work is a band of output rows of an image: small enough that
// what it sees and what it gives stay in a core's second-level cache. A slot is what one thread works through in order, with scratch memory
// of its own.
//
// The gradient in the input is a correlation of y with the filters turned about, phase by phase where there are strides.
#include "ops/conv2d_blocked_kernels.h"

#include <algorithm>

#include "framework/simd/full_width.h"
#include "ops/conv2d_blocked_simd_kernels.h"
#include "ops/conv2d_framed_rows.h"
#include "ops/conv2d_phase.h"

namespace loglik {
namespace {

using namespace conv2d_simd;

constexpr std::int64_t most_slots = 32;
constexpr std::int64_t most_gradient_slots = 16;
constexpr std::int64_t most_partial = 2 << 20;       // floats of partial filter gradients of all slots
constexpr std::int64_t band_floats = 24 * 1024;      // of a band's outputs, about
constexpr std::int64_t gradient_positions = 224;     // of a band, about
constexpr std::int64_t most_band = 128 * 1024;       // floats of a band of one row

std::int64_t divide_up(std::int64_t a, std::int64_t b) { return (a + b - 1) / b; }

// Bands of like size, of about so many rows.
std::int64_t band_of(std::int64_t rows, std::int64_t about) { return divide_up(rows, divide_up(rows, std::clamp<std::int64_t>(about, 1, rows))); }

// One phase of the outputs, as conv2d_phase.h has them.
struct Work {
  AxisPhase down, over;
  std::int64_t outputs, blocks;  // planes of a group
  FramedRows frame;
  std::int64_t patch;
  std::int64_t bands, units, slots;

  Work(const Conv2dSizes& s, Conv2dTarget target, const AxisPhase& rows, const AxisPhase& columns)
      : down(rows),
        over(columns),
        outputs(target == Conv2dTarget::input ? s.group_channels() : s.group_filters()),
        blocks(divide_up(outputs, block)),
        frame(rows.axis, columns.axis, target == Conv2dTarget::input ? s.group_filters() : s.group_channels()),
        patch(frame.channels * frame.rows.kernel * frame.columns.kernel) {
    frame.cut(band_of(frame.rows.output, band_floats / std::max<std::int64_t>(frame.columns.output * blocks * block, 1)));
    bands = divide_up(frame.rows.output, frame.band);
    units = s.images * bands;
    slots = std::clamp<std::int64_t>(units, 1, most_slots);
  }
  bool is_whole() const { return down.step == 1 && over.step == 1; }
  std::int64_t weights() const { return blocks * patch * block; }  // of a group
  std::int64_t band_size() const { return frame.band * frame.columns.output * block; }
  std::int64_t slot_size() const { return frame.size() + blocks * band_size() + (is_whole() ? 0 : band_size()); }
  std::int64_t workspace(const Conv2dSizes& s) const { return s.groups * weights() + slots * slot_size(); }
};

// A group's weights as {blocks, channels, kernel rows, kernel columns, 16}.
void pack(const Conv2dSizes& s, Conv2dTarget target, const Work& w, const float* filters, float* packed) {
  if (target == Conv2dTarget::output) {
    for (std::int64_t b = 0; b < w.blocks; ++b)
      interleave(filters + b * block * w.patch, w.patch, std::min(block, w.outputs - b * block), w.patch, packed + b * w.patch * block);
    return;
  }
  const std::int64_t kernel_columns = s.window.columns.kernel, kernel = s.window.rows.kernel * kernel_columns;
  for (std::int64_t b = 0; b < w.blocks; ++b)
    for (std::int64_t f = 0; f < s.group_filters(); ++f)
      for (std::int64_t i = 0; i < w.down.axis.kernel; ++i)
        for (std::int64_t j = 0; j < w.over.axis.kernel; ++j, packed += block) {
          const std::int64_t tap = (w.down.first_tap + i * w.down.tap_step) * kernel_columns + w.over.first_tap + j * w.over.tap_step;
          for (std::int64_t k = 0; k < block; ++k) {
            const std::int64_t channel = b * block + k;
            packed[k] = channel < w.outputs ? filters[(f * w.outputs + channel) * kernel + tap] : 0;
          }
        }
}

void correlate_phase(const KernelArgs& args, const Conv2dSizes& s, Conv2dTarget target, const Work& w, const float* in, const float* filters,
                     float* out) {
  float* const packed = args.workspace<float>();
  const std::int64_t group_filters = s.filters / s.groups * s.patch();
  args.parallel_for(s.groups, [&](std::int64_t group) { pack(s, target, w, filters + group * group_filters, packed + group * w.weights()); });
  const FramedRows& frame = w.frame;
  const std::int64_t in_group = frame.channels * frame.rows.input * frame.columns.input;
  const std::int64_t columns = frame.columns.output;
  const std::int64_t out_width = target == Conv2dTarget::input ? s.window.columns.input : s.window.columns.output;
  const std::int64_t out_plane = target == Conv2dTarget::input ? s.window.pixels() : s.window.positions();
  args.parallel_for(w.slots, [&](std::int64_t slot) {
    float* const scratch = packed + s.groups * w.weights() + slot * w.slot_size();
    float* const found = scratch + frame.size();
    float* const planes = found + w.blocks * w.band_size();
    std::fill_n(scratch, frame.size(), 0.0f);
    const std::int64_t begin = slot * w.units / w.slots, end = (slot + 1) * w.units / w.slots;
    for (std::int64_t unit = begin; unit < end; ++unit) {
      const std::int64_t first = unit % w.bands * frame.band, rows = std::min(frame.band, frame.rows.output - first);
      if (rows <= 0) continue;
      for (std::int64_t group = 0; group < s.groups; ++group) {
        const std::int64_t plane = unit / w.bands * s.groups + group;  // of groups
        const float* const seen = frame.put(in + plane * in_group, first, rows, scratch);
        correlate_blocked({.image = frame.look(seen),
                           .weights = packed + group * w.weights(),
                           .out = found,
                           .blocks = w.blocks,
                           .rows = rows,
                           .columns = columns});
        for (std::int64_t b = 0; b < w.blocks; ++b) {
          float* const to = out + (plane * w.outputs + b * block) * out_plane + (w.down.first + first * w.down.step) * out_width + w.over.first;
          const std::int64_t count = std::min(block, w.outputs - b * block), size = rows * columns;
          deinterleave(found + b * size * block, size, w.is_whole() ? to : planes, w.is_whole() ? out_plane : size, count);
          for (std::int64_t k = 0; k < count && !w.is_whole(); ++k)
            spread(planes + k * size, rows, columns, to + k * out_plane, w.down.step * out_width, w.over.step);
        }
      }
      if (!w.is_whole() || (first + rows < frame.rows.output && unit + 1 < end)) continue;  // all bands of an image that the slot has at once
      const std::int64_t image = unit / w.bands, from = std::max(begin - image * w.bands, std::int64_t{0}) * frame.band;
      args.finished(image * s.groups * w.outputs * out_plane + from * columns, (first + rows - from) * columns, s.groups * w.outputs, out_plane);
    }
  });
}

struct FilterWork {
  std::int64_t blocks;  // of a group
  FramedRows frame;
  std::int64_t together;  // images of a unit, if they are small
  std::int64_t bands, units, slots;
  std::int64_t count;  // of all filters' weights, with those that fill up the last blocks

  explicit FilterWork(const Conv2dSizes& s) : blocks(divide_up(s.group_filters(), block)), frame(s.window.rows, s.window.columns, s.group_channels()) {
    const std::int64_t positions = std::max<std::int64_t>(s.window.positions(), 1);
    frame.cut(band_of(frame.rows.output, gradient_positions / frame.columns.output));
    bands = divide_up(frame.rows.output, frame.band);
    together = std::clamp<std::int64_t>(gradient_positions / positions, 1, std::max<std::int64_t>(s.images, 1));
    units = divide_up(s.images, together) * bands;
    count = s.groups * blocks * block * s.patch();
    slots = std::clamp<std::int64_t>(std::min(units, most_partial / std::max<std::int64_t>(count, 1)), 1, most_gradient_slots);
  }
  std::int64_t y_block() const { return together * frame.band * frame.columns.output * block; }
  std::int64_t slot_size() const { return together * frame.size() + blocks * y_block() + count; }
};

void sum_all_filters(const KernelArgs& args, const Conv2dSizes& s, const float* x, const float* y, float* filters) {
  const FilterWork w(s);
  const FramedRows& frame = w.frame;
  float* const scratch = args.workspace<float>();
  const std::int64_t pixels = s.window.pixels(), positions = s.window.positions(), columns = frame.columns.output;
  const std::int64_t x_image = frame.in_place ? s.channels * pixels : frame.size();
  const std::int64_t of_a_block = s.patch() * block, of_a_group = w.blocks * of_a_block;
  const auto partial = [&](std::int64_t slot) { return scratch + (slot + 1) * w.slot_size() - w.count; };
  args.parallel_for(w.slots, [&](std::int64_t slot) {
    float* const frames = scratch + slot * w.slot_size();
    float* const ys = frames + w.together * frame.size();
    std::fill_n(frames, w.slot_size(), 0.0f);
    for (std::int64_t unit = slot * w.units / w.slots; unit < (slot + 1) * w.units / w.slots; ++unit) {
      const std::int64_t first = unit % w.bands * frame.band, rows = std::min(frame.band, frame.rows.output - first);
      const std::int64_t image = unit / w.bands * w.together, images = std::min(w.together, s.images - image);
      if (rows <= 0) continue;
      for (std::int64_t group = 0; group < s.groups; ++group) {
        const float* seen = nullptr;
        for (std::int64_t i = 0; i < images; ++i) {
          const float* const at = frame.put(x + ((image + i) * s.channels + group * s.group_channels()) * pixels, first, rows, frames + i * frame.size());
          if (i == 0) seen = at;
          for (std::int64_t b = 0; b < w.blocks; ++b)
            interleave(y + ((image + i) * s.filters + group * s.group_filters() + b * block) * positions + first * columns, positions,
                       std::min(block, s.group_filters() - b * block), rows * columns, ys + b * w.y_block() + i * rows * columns * block);
        }
        sum_filters_blocked({.x = frame.look(seen),
                             .images = images,
                             .x_image = x_image,
                             .y = ys,
                             .blocks = w.blocks,
                             .y_block = w.y_block(),
                             .rows = rows,
                             .columns = columns,
                             .sum = partial(slot) + group * of_a_group,
                             .columns_follow = frame.columns_follow()});
      }
    }
  });
  args.parallel_for(s.groups * w.blocks, [&](std::int64_t piece) {
    float* const sum = partial(0) + piece * of_a_block;
    for (std::int64_t slot = 1; slot < w.slots; ++slot) {  // in this order, whichever thread had them
      const float* const part = partial(slot) + piece * of_a_block;
      simd::at_full_width([=] {
        for (std::int64_t i = 0; i < of_a_block; ++i) sum[i] += part[i];
      });
    }
    const std::int64_t filter = piece % w.blocks * block;
    deinterleave(sum, s.patch(), filters + (piece / w.blocks * s.group_filters() + filter) * s.patch(), s.patch(),
                 std::min(block, s.group_filters() - filter));
  });
}

}  // namespace

bool conv2d_can_be_blocked(const Conv2dSizes& s, Conv2dTarget target) {
  if (s.window.columns.kernel > FramedRows::most_kernel_columns) return false;
  if (target == Conv2dTarget::filters) return true;
  bool fits = true;
  for_each_phase(s, target, [&](const AxisPhase& rows, const AxisPhase& columns) {
    FramedRows frame = Work(s, target, rows, columns).frame;
    frame.cut(1);
    fits = fits && frame.size() <= most_band;
  });
  return fits;
}

std::size_t conv2d_blocked_workspace(const Conv2dSizes& s, Conv2dTarget target) {
  std::int64_t floats = 0;
  if (target == Conv2dTarget::filters) {
    const FilterWork w(s);
    floats = w.slots * w.slot_size();
  } else {
    for_each_phase(s, target, [&](const AxisPhase& rows, const AxisPhase& columns) {
      floats = std::max(floats, Work(s, target, rows, columns).workspace(s));
    });
  }
  return static_cast<std::size_t>(floats) * sizeof(float);
}

void conv2d_blocked(const KernelArgs& args, const Conv2dSizes& s, Conv2dTarget target, const float* a, const float* b, float* out) {
  if (target == Conv2dTarget::filters) return sum_all_filters(args, s, a, b, out);
  if (!for_each_phase(s, target, [](const AxisPhase&, const AxisPhase&) {})) clear_input(args, s, out);
  for_each_phase(s, target, [&](const AxisPhase& rows, const AxisPhase& columns) {
    correlate_phase(args, s, target, Work(s, target, rows, columns), a, b, out);
  });
  finish_input(args, s, target);
}

}  // namespace loglik
