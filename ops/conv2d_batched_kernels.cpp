// Convolutions with 16 images side by side as the lanes of vectors: no lane idles, however few channels there are and however narrow the image
// is, and nothing is multiplied with padding. A unit of work is a band of output rows of 16 images.
#include "ops/conv2d_batched_kernels.h"

#include <algorithm>

#include "ops/conv2d_batched_simd_kernels.h"

namespace loglik {
namespace {

using namespace conv2d_simd;

constexpr std::int64_t most_slots = 32;
constexpr std::int64_t most_band = 32;            // rows
constexpr std::int64_t band_floats = 96 * 1024;   // of what a band sees and gives, about

std::int64_t divide_up(std::int64_t a, std::int64_t b) { return (a + b - 1) / b; }

// The taps that output o of an axis sees; for the input's gradient those of pixel o.
TapRun taps_of(const WindowAxis& axis, Conv2dTarget target, std::int64_t o) {
  if (target == Conv2dTarget::output) {
    const Range taps = axis.taps_inside(o);
    return {taps.end - taps.begin, taps.begin, 1, axis.position(o, taps.begin), axis.dilation};
  }
  TapRun run{0, 0, 1, 0, 0};
  for (std::int64_t tap = 0; tap < axis.kernel; ++tap) {
    const std::int64_t at = o + axis.before - tap * axis.dilation;
    if (at < 0) break;
    if (at % axis.stride != 0 || at / axis.stride >= axis.output) continue;
    if (run.count == 0) run.first = tap, run.at = at / axis.stride;
    if (run.count == 1) run.step = tap - run.first, run.at_step = at / axis.stride - run.at;
    ++run.count;
  }
  return run;
}

bool same_taps(const TapRun& a, const TapRun& b) { return a.count == b.count && a.first == b.first && a.step == b.step; }

struct Work {
  std::int64_t inputs, outputs;        // planes of a group
  std::int64_t in_rows, in_columns, rows, columns;
  std::int64_t band, bands, band_sees;  // rows
  std::int64_t at_a_time;              // planes of outputs; fewer in the last block
  std::int64_t kernel_rows, kernel_columns;
  std::int64_t units, slots;

  Work(const Conv2dSizes& s, Conv2dTarget target) {
    const WindowAxis &down = s.window.rows, &over = s.window.columns;
    const bool gradient = target == Conv2dTarget::input;
    inputs = gradient ? s.group_filters() : s.group_channels();
    outputs = gradient ? s.group_channels() : s.group_filters();
    in_rows = gradient ? down.output : down.input, in_columns = gradient ? over.output : over.input;
    rows = gradient ? down.input : down.output, columns = gradient ? over.input : over.output;
    kernel_rows = down.kernel, kernel_columns = over.kernel;
    at_a_time = divide_up(std::max<std::int64_t>(outputs, 1), divide_up(std::max<std::int64_t>(outputs, 1), most_planes));
    for (bands = 1;; ++bands) {
      band = divide_up(rows, bands);
      const std::int64_t span = gradient ? divide_up(band + down.dilation * (down.kernel - 1), down.stride) + 1
                                         : (band - 1) * down.stride + down.dilation * (down.kernel - 1) + 1;
      band_sees = std::min(span, in_rows);
      if (band == 1 || (band <= most_band && (inputs * band_sees * in_columns + at_a_time * band * columns) * block <= band_floats)) break;
    }
    bands = divide_up(rows, band);
    units = divide_up(s.images, block) * bands;
    slots = std::clamp<std::int64_t>(units, 1, most_slots);
  }
  std::int64_t weights() const { return inputs * kernel_rows * kernel_columns * outputs; }  // of a group
  std::int64_t all_weights(const Conv2dSizes& s) const { return divide_up(s.groups * weights(), block) * block; }
  std::int64_t in_size() const { return inputs * band_sees * in_columns * block; }
  std::int64_t out_size() const { return at_a_time * band * columns * block; }
};

// Blocks of {inputs, kernel rows, kernel columns, outputs of the block}.
void pack(const Conv2dSizes& s, Conv2dTarget target, const Work& w, const float* filters, float* packed) {
  const std::int64_t kernel = w.kernel_rows * w.kernel_columns;
  for (std::int64_t group = 0; group < s.groups; ++group)
    for (std::int64_t first = 0; first < w.outputs; first += w.at_a_time)
      for (std::int64_t in = 0; in < w.inputs; ++in)
        for (std::int64_t tap = 0; tap < kernel; ++tap)
          for (std::int64_t out = first; out < std::min(first + w.at_a_time, w.outputs); ++out) {
            const bool gradient = target == Conv2dTarget::input;
            const std::int64_t filter = group * s.group_filters() + (gradient ? in : out), channel = gradient ? out : in;
            *packed++ = filters[(filter * s.group_channels() + channel) * kernel + tap];
          }
}

// One band of one block of planes.
void correlate_band(const Conv2dSizes& s, Conv2dTarget target, const Work& w, std::int64_t first, std::int64_t rows, std::int64_t in_first,
                    const float* in, const float* weights, std::int64_t planes, float* out) {
  TapRun seen[most_band];
  for (std::int64_t r = 0; r < rows; ++r) {
    seen[r] = taps_of(s.window.rows, target, first + r);
    seen[r].at -= in_first;
  }
  BatchedPixels pixels{.in = in,
                       .channels = w.inputs,
                       .plane = w.band_sees * w.in_columns * block,
                       .row = w.in_columns * block,
                       .kernel_rows = w.kernel_rows,
                       .kernel_columns = w.kernel_columns,
                       .weights = weights,
                       .planes = planes,
                       .out_plane = w.band * w.columns * block};
  for (std::int64_t q = 0; q < w.columns; q += pixels.pixels) {
    pixels.columns = taps_of(s.window.columns, target, q);
    pixels.pixel_step = target == Conv2dTarget::input ? 1 : s.window.columns.stride;
    for (pixels.pixels = 1; q + pixels.pixels < w.columns; ++pixels.pixels) {
      const TapRun next = taps_of(s.window.columns, target, q + pixels.pixels);
      if (!same_taps(next, pixels.columns) || next.at != pixels.columns.at + pixels.pixels * pixels.pixel_step) break;
    }
    for (std::int64_t r = 0; r < rows; ++r) {
      pixels.rows = seen[r];
      pixels.out = out + (r * w.columns + q) * block;
      correlate_pixels(pixels);
    }
  }
}

}  // namespace

void conv2d_batched(const KernelArgs& args, const Conv2dSizes& s, Conv2dTarget target, const float* in, const float* filters, float* out) {
  const Work w(s, target);
  float* const packed = args.workspace<float>();
  pack(s, target, w, filters, packed);
  const std::int64_t in_plane = w.in_rows * w.in_columns, out_plane = w.rows * w.columns;
  const std::int64_t taps = w.inputs * w.kernel_rows * w.kernel_columns;
  args.parallel_for(w.slots, [&](std::int64_t slot) {
    float* const ins = packed + w.all_weights(s) + slot * (w.in_size() + w.out_size());
    float* const outs = ins + w.in_size();
    for (std::int64_t unit = slot * w.units / w.slots; unit < (slot + 1) * w.units / w.slots; ++unit) {
      const std::int64_t image = unit / w.bands * block, images = std::min(block, s.images - image);
      const std::int64_t first = unit % w.bands * w.band, rows = std::min(w.band, w.rows - first);
      std::int64_t begin = w.in_rows, end = 0;  // of the rows that the band sees
      for (std::int64_t r = first; r < first + rows; ++r) {
        const TapRun run = taps_of(s.window.rows, target, r);
        if (run.count == 0) continue;
        const std::int64_t last = run.at + (run.count - 1) * run.at_step;
        begin = std::min({begin, run.at, last}), end = std::max({end, run.at + 1, last + 1});
      }
      for (std::int64_t group = 0; group < s.groups; ++group) {
        for (std::int64_t c = 0; c < w.inputs && begin < end; ++c)
          interleave(in + ((image * s.groups + group) * w.inputs + c) * in_plane + begin * w.in_columns, s.groups * w.inputs * in_plane, images,
                     (end - begin) * w.in_columns, ins + c * w.band_sees * w.in_columns * block);
        for (std::int64_t plane = 0; plane < w.outputs; plane += w.at_a_time) {
          const std::int64_t planes = std::min(w.at_a_time, w.outputs - plane);
          correlate_band(s, target, w, first, rows, begin, ins, packed + group * w.weights() + plane * taps, planes, outs);
          for (std::int64_t k = 0; k < planes; ++k) {
            const std::int64_t at = ((image * s.groups + group) * w.outputs + plane + k) * out_plane + first * w.columns;
            deinterleave(outs + k * w.band * w.columns * block, rows * w.columns, out + at, s.groups * w.outputs * out_plane, images);
            args.finished(at, rows * w.columns, images, s.groups * w.outputs * out_plane);
          }
        }
      }
    }
  });
}

bool conv2d_can_be_batched(const Conv2dSizes& s, Conv2dTarget target) {
  if (target == Conv2dTarget::filters) return false;
  const Work w(s, target);
  return w.in_size() + w.out_size() <= 2 * band_floats;
}

std::size_t conv2d_batched_workspace(const Conv2dSizes& s, Conv2dTarget target) {
  const Work w(s, target);
  return static_cast<std::size_t>(w.all_weights(s) + w.slots * (w.in_size() + w.out_size())) * sizeof(float);
}

}  // namespace loglik
