// Convolutions as matrix products. For one image and group, with a column of `patches` for what each output position sees,
//
//     y {filters, positions}      = filters {filters, patch} · patches {patch, positions}
//     patches (to be added to x)  = filtersᵀ · y
//     filters                     = Σ over images of y · patchesᵀ
//
// Patches are gathered for a panel of positions at a time, small enough for the cache: some output rows of one image, or several small
// images side by side. Source: Chellapilla, Puri & Simard 2006, "High performance convolutional neural networks for document processing".
//
// How the work is cut depends on sizes only. A slot is what one thread works through in order, with scratch memory of its own.
#include "ops/conv2d_kernels.h"

#include <algorithm>
#include <concepts>
#include <cstring>

#include "framework/blas.h"
#include "framework/simd/full_width.h"
#include "ops/conv2d_batched_filter_kernels.h"
#include "ops/conv2d_batched_kernels.h"
#include "ops/conv2d_blocked_kernels.h"
#include "ops/conv2d_direct_kernels.h"
#include "ops/conv2d_way.h"

namespace loglik {
namespace {

constexpr std::int64_t panel_bytes = 256 * 1024;  // of gathered patches: stays in a core's L2 cache beside the other operands
constexpr std::int64_t least_columns = 256;       // fewer, and a product is bound by packing the filters
constexpr std::int64_t few_columns = 512;         // images with fewer positions share a panel
constexpr std::int64_t most_slots = 32;
constexpr std::int64_t partial_bytes = 64 << 20;  // of partial filter gradients, about

std::int64_t divide_up(std::int64_t a, std::int64_t b) { return (a + b - 1) / b; }

struct Cut {
  std::int64_t images;  // in a panel
  std::int64_t rows;    // output rows in a panel; all if there are several images
  std::int64_t panels;  // of an image
  std::int64_t units;   // of independent work
  std::int64_t slots;
  std::int64_t patches;  // elements of scratch a slot has for patches,
  std::int64_t outputs;  // then for the outputs of several images side by side,
  std::int64_t partial;  // then for its share of the filters' gradient

  Cut(const Conv2dSizes& s, Conv2dTarget target, std::size_t element) {
    const std::int64_t positions = s.window.positions();
    const std::int64_t width = s.window.columns.output;
    const std::int64_t fitting = panel_bytes / static_cast<std::int64_t>(element) / std::max<std::int64_t>(s.patch(), 1);
    const std::int64_t columns = std::max(fitting, least_columns);
    images = 1;
    if (positions < few_columns && !s.is_pointwise())
      images = std::clamp<std::int64_t>(std::min(columns, few_columns) / positions, 1, std::max<std::int64_t>(s.images, 1));
    rows = images > 1 ? s.window.rows.output : std::clamp<std::int64_t>(columns / width, 1, s.window.rows.output);
    panels = divide_up(s.window.rows.output, rows);
    rows = divide_up(s.window.rows.output, panels);  // of like size
    units = divide_up(s.images, images);
    if (target != Conv2dTarget::input) units *= panels;  // patches of neighbouring panels overlap in the input
    slots = std::clamp<std::int64_t>(units, 1, most_slots);
    patches = s.is_pointwise() ? 0 : s.patch() * images * rows * width;
    outputs = images > 1 ? s.group_filters() * images * positions : 0;
    partial = 0;
    if (target == Conv2dTarget::filters) {
      partial = s.filters * s.patch();
      const std::int64_t affordable = partial_bytes / std::max<std::int64_t>(partial * static_cast<std::int64_t>(element), 1);
      slots = std::clamp<std::int64_t>(affordable, 1, slots);
    }
  }
  std::int64_t slot_elements() const { return divide_up(patches, 16) * 16 + divide_up(outputs, 16) * 16 + divide_up(partial, 16) * 16; }
};

// Some output rows of some images, one group of channels.
struct Panel {
  std::int64_t image, images;
  Range rows;
  std::int64_t group;
  std::int64_t columns;  // of the matrices: positions of all images
};

template <class T>
class Convolution {
 public:
  Convolution(const Conv2dSizes& sizes, Conv2dTarget target)
      : s(sizes),
        cut(sizes, target, sizeof(T)),
        pixels(s.window.pixels()),
        positions(s.window.positions()),
        width(s.window.columns.output) {}

  T* slot_scratch(const KernelArgs& args, std::int64_t slot) const { return args.workspace<T>() + slot * cut.slot_elements(); }
  T* slot_outputs(T* scratch) const { return scratch + divide_up(cut.patches, 16) * 16; }
  T* slot_partial(T* scratch) const { return slot_outputs(scratch) + divide_up(cut.outputs, 16) * 16; }

  // Calls body(panel) for every panel of the slot, in order.
  template <class Body>
  void for_each_panel(std::int64_t slot, const Body& body) const {
    const std::int64_t panels = cut.panels * divide_up(s.images, cut.images);
    const std::int64_t per_unit = cut.units == 0 ? 0 : panels / cut.units;
    const Range mine{slot * cut.units / cut.slots * per_unit, (slot + 1) * cut.units / cut.slots * per_unit};
    for (std::int64_t i = mine.begin; i < mine.end; ++i) {
      Panel panel{};
      panel.image = i / cut.panels * cut.images;
      panel.images = std::min(cut.images, s.images - panel.image);
      panel.rows.begin = i % cut.panels * cut.rows;
      panel.rows.end = std::min(panel.rows.begin + cut.rows, s.window.rows.output);
      panel.columns = panel.images * (panel.rows.end - panel.rows.begin) * width;
      for (panel.group = 0; panel.group < s.groups; ++panel.group) body(static_cast<const Panel&>(panel));
    }
  }

  std::int64_t input_offset(const Panel& p) const { return (p.image * s.channels + p.group * s.group_channels()) * pixels; }
  std::int64_t output_offset(const Panel& p) const {
    return (p.image * s.filters + p.group * s.group_filters()) * positions + p.rows.begin * width;
  }
  std::int64_t filter_offset(const Panel& p) const { return p.group * s.group_filters() * s.patch(); }

  // The panel's patches, and the distance of their rows: gathered into `scratch`, or x itself.
  const T* patches(const Panel& p, const T* x, T* scratch) const {
    const T* first = x + input_offset(p);
    if (s.is_pointwise()) return first + p.rows.begin * width;
    const std::int64_t columns = p.columns / p.images;
    for (std::int64_t i = 0; i < p.images; ++i)
      for_each_tap(p, first + i * s.channels * pixels, scratch + i * columns, p.columns,
                   [&](const T* plane, T* row, std::int64_t ky, std::int64_t kx) { gather(p, plane, row, ky, kx); });
    return scratch;
  }
  std::int64_t patch_distance(const Panel& p) const { return s.is_pointwise() ? positions : p.columns; }

  // Adds the panel's patches to x where they were gathered from. Overwrites them.
  void add_patches(const Panel& p, T* patches, T* x) const {
    const std::int64_t columns = p.columns / p.images;
    for (std::int64_t i = 0; i < p.images; ++i)
      for_each_tap(p, x + input_offset(p) + i * s.channels * pixels, patches + i * columns, p.columns,
                   [&](T* plane, T* row, std::int64_t ky, std::int64_t kx) { scatter(p, plane, row, ky, kx); });
  }

  // The panel's part of y as one matrix {filters, columns}: y itself, or side by side in `scratch`.
  const T* outputs(const Panel& p, const T* y, T* scratch) const {
    if (cut.images == 1) return y + output_offset(p);
    for (std::int64_t f = 0; f < s.group_filters(); ++f)
      for (std::int64_t i = 0; i < p.images; ++i)
        std::copy_n(y + output_offset(p) + (i * s.filters + f) * positions, positions, scratch + (f * p.images + i) * positions);
    return scratch;
  }
  std::int64_t output_distance(const Panel& p) const { return cut.images == 1 ? positions : p.columns; }

  static void add(T* __restrict to, const T* __restrict from, std::int64_t count) {
    simd::at_full_width([=] {
      for (std::int64_t i = 0; i < count; ++i) to[i] += from[i];
    });
  }

  const Conv2dSizes s;
  const Cut cut;
  const std::int64_t pixels, positions, width;

 private:
  template <class U, class Body>
  void for_each_tap(const Panel&, U* image, T* row, std::int64_t distance, const Body& body) const {
    for (std::int64_t c = 0; c < s.group_channels(); ++c)
      for (std::int64_t ky = 0; ky < s.window.rows.kernel; ++ky)
        for (std::int64_t kx = 0; kx < s.window.columns.kernel; ++kx, row += distance) body(image + c * pixels, row, ky, kx);
  }

  // Where rows of output and input have equal length and lie side by side, neighbouring rows are one run of memory, shifted by `kx`.
  bool rows_are_one_run() const { return s.window.columns.stride == 1 && s.window.rows.stride == 1 && width == s.window.columns.input; }

  // One tap for the rows of a panel: its output rows and columns that lie inside the image, where the first of them is in memory.
  struct Tap {
    Range rows, columns;
    std::int64_t source;
  };
  Tap tap(const Panel& p, std::int64_t ky, std::int64_t kx) const {
    Range rows = s.window.rows.outputs_inside(ky);
    const Range columns = s.window.columns.outputs_inside(kx);
    rows.begin = std::clamp(rows.begin, p.rows.begin, p.rows.end);
    rows.end = columns.begin == columns.end ? rows.begin : std::clamp(rows.end, rows.begin, p.rows.end);
    return {rows, columns, s.window.rows.position(rows.begin, ky) * s.window.columns.input + s.window.columns.position(columns.begin, kx)};
  }
  static void clear(T* begin, std::int64_t count) {
    if (count > 0) std::memset(begin, 0, static_cast<std::size_t>(count) * sizeof(T));
  }
  // Rows of small images are a few vectors long, when blocks of fixed size, the last one overlapping, beat one call of memcpy.
  static void copy(T* to, const T* from, std::int64_t count) {
    constexpr std::int64_t block = 8;
    if (count < block || count > 8 * block) {
      std::memcpy(to, from, static_cast<std::size_t>(count) * sizeof(T));
      return;
    }
    for (std::int64_t i = 0; i + block < count; i += block) std::memcpy(to + i, from + i, block * sizeof(T));
    std::memcpy(to + count - block, from + count - block, block * sizeof(T));
  }

  void gather(const Panel& p, const T* plane, T* row, std::int64_t ky, std::int64_t kx) const {
    const Tap t = tap(p, ky, kx);
    clear(row, (t.rows.begin - p.rows.begin) * width);
    clear(row + (t.rows.end - p.rows.begin) * width, (p.rows.end - t.rows.end) * width);
    if (t.rows.begin == t.rows.end) return;
    T* to = row + (t.rows.begin - p.rows.begin) * width;
    const std::int64_t rows = t.rows.end - t.rows.begin, count = t.columns.end - t.columns.begin;
    const T* from = plane + t.source;
    if (rows_are_one_run()) {
      std::memcpy(to + t.columns.begin, from, static_cast<std::size_t>((rows - 1) * width + count) * sizeof(T));
      if (count < width) clear_outside(to, rows, t.columns);
      return;
    }
    if (count < width) clear_outside(to, rows, t.columns);
    to += t.columns.begin;
    const std::int64_t step = s.window.rows.stride * s.window.columns.input, stride = s.window.columns.stride;
    for (std::int64_t r = 0; r < rows; ++r, to += width, from += step) {
      if (stride == 1)
        copy(to, from, count);
      else
        for (std::int64_t i = 0; i < count; ++i) to[i] = from[i * stride];
    }
  }

  void scatter(const Panel& p, T* plane, T* row, std::int64_t ky, std::int64_t kx) const {
    const Tap t = tap(p, ky, kx);
    if (t.rows.begin == t.rows.end) return;
    T* from = row + (t.rows.begin - p.rows.begin) * width;
    const std::int64_t rows = t.rows.end - t.rows.begin, count = t.columns.end - t.columns.begin;
    T* to = plane + t.source;
    if (rows_are_one_run()) {
      if (count < width) clear_outside(from, rows, t.columns);  // their neighbours in memory are other pixels
      add(to, from + t.columns.begin, (rows - 1) * width + count);
      return;
    }
    const std::int64_t step = s.window.rows.stride * s.window.columns.input, stride = s.window.columns.stride;
    for (std::int64_t r = 0; r < rows; ++r, from += width, to += step) {
      if (stride == 1)
        add(to, from + t.columns.begin, count);
      else
        for (std::int64_t i = 0; i < count; ++i) to[i * stride] += from[t.columns.begin + i];
    }
  }

  // Down the columns: there are few, and a row's share of them is too short for a call of memset.
  void clear_outside(T* row, std::int64_t rows, Range columns) const {
    const auto clear_column = [&](std::int64_t column) {
      for (std::int64_t r = 0; r < rows; ++r) row[r * width + column] = 0;
    };
    for (std::int64_t column = 0; column < columns.begin; ++column) clear_column(column);
    for (std::int64_t column = columns.end; column < width; ++column) clear_column(column);
  }
};

// Computes it in its own way, unless that is a product with patches.
bool run_own(const KernelArgs& args, const Conv2dSizes& sizes, Conv2dTarget target, const float* a, const float* b, float* out) {
  switch (conv2d_way(sizes, target, DType::float32)) {
    case Conv2dWay::direct: conv2d_direct(args, sizes, target, a, b, out); return true;
    case Conv2dWay::blocked: conv2d_blocked(args, sizes, target, a, b, out); return true;
    case Conv2dWay::batched:
      if (target == Conv2dTarget::filters)
        conv2d_batched_filters(args, sizes, a, b, out);
      else
        conv2d_batched(args, sizes, target, a, b, out);
      return true;
    case Conv2dWay::product: break;
  }
  return false;
}

std::size_t workspace(const Conv2dSizes& sizes, Conv2dTarget target, DType dtype, Conv2dWay way) {
  switch (way) {
    case Conv2dWay::direct: return conv2d_direct_workspace(sizes, target);
    case Conv2dWay::blocked: return conv2d_blocked_workspace(sizes, target);
    case Conv2dWay::batched:
      if (sizes.images < conv2d_least_batch) return 0;
      return target == Conv2dTarget::filters ? conv2d_batched_filters_workspace(sizes) : conv2d_batched_workspace(sizes, target);
    case Conv2dWay::product: break;
  }
  const Cut cut(sizes, target, size_of(dtype));
  return static_cast<std::size_t>(cut.slots * cut.slot_elements()) * size_of(dtype);
}

}  // namespace

bool Conv2dSizes::is_pointwise() const {
  const auto trivial = [](const WindowAxis& axis) { return axis.kernel == 1 && axis.stride == 1 && axis.output == axis.input; };
  return trivial(window.rows) && trivial(window.columns);
}

std::size_t conv2d_workspace(const Conv2dSizes& sizes, Conv2dTarget target, DType dtype) {
  const Conv2dWays ways = conv2d_ways(sizes, target, dtype);
  return std::max(workspace(sizes, target, dtype, ways.one), workspace(sizes, target, dtype, ways.many));  // fewer images may go the other way
}

template <class T>
void conv2d_output(const KernelArgs& args, const Conv2dSizes& sizes, const T* x, const T* filters, T* y) {
  if constexpr (std::same_as<T, float>)
    if (run_own(args, sizes, Conv2dTarget::output, x, filters, y)) return;
  const Convolution<T> conv(sizes, Conv2dTarget::output);
  args.parallel_for(conv.cut.slots, [&](std::int64_t slot) {
    T* scratch = conv.slot_scratch(args, slot);
    conv.for_each_panel(slot, [&](const Panel& p) {
      const T* patches = conv.patches(p, x, scratch);
      T* out = conv.cut.images == 1 ? y + conv.output_offset(p) : conv.slot_outputs(scratch);
      gemm<T>(false, false, sizes.group_filters(), p.columns, sizes.patch(), 1, filters + conv.filter_offset(p), sizes.patch(), patches,
              conv.patch_distance(p), 0, out, conv.output_distance(p));
      for (std::int64_t i = 0; i < p.images; ++i) {
        const std::int64_t first = conv.output_offset(p) + i * sizes.filters * conv.positions;
        if (conv.cut.images > 1)
          for (std::int64_t f = 0; f < sizes.group_filters(); ++f)
            std::copy_n(out + (f * p.images + i) * conv.positions, conv.positions, y + first + f * conv.positions);
        args.finished(first, p.columns / p.images, sizes.group_filters(), conv.positions);
      }
    });
  });
}

template <class T>
void conv2d_input(const KernelArgs& args, const Conv2dSizes& sizes, const T* y, const T* filters, T* x) {
  if constexpr (std::same_as<T, float>)
    if (run_own(args, sizes, Conv2dTarget::input, y, filters, x)) return;
  const Convolution<T> conv(sizes, Conv2dTarget::input);
  args.parallel_for(conv.cut.slots, [&](std::int64_t slot) {
    T* scratch = conv.slot_scratch(args, slot);
    conv.for_each_panel(slot, [&](const Panel& p) {
      if (p.rows.begin == 0 && !sizes.is_pointwise())
        for (std::int64_t i = 0; i < p.images; ++i)
          std::fill_n(x + conv.input_offset(p) + i * sizes.channels * conv.pixels, sizes.group_channels() * conv.pixels, T(0));
      const T* out = conv.outputs(p, y, conv.slot_outputs(scratch));
      T* patches = sizes.is_pointwise() ? x + conv.input_offset(p) + p.rows.begin * conv.width : scratch;
      gemm<T>(true, false, sizes.patch(), p.columns, sizes.group_filters(), 1, filters + conv.filter_offset(p), sizes.patch(), out,
              conv.output_distance(p), 0, patches, conv.patch_distance(p));
      if (!sizes.is_pointwise()) conv.add_patches(p, patches, x);
      if (p.rows.end < sizes.window.rows.output) return;  // other panels will add to these images
      args.finished(conv.input_offset(p), sizes.group_channels() * conv.pixels, p.images, sizes.channels * conv.pixels);
    });
  });
}

template <class T>
void conv2d_filters(const KernelArgs& args, const Conv2dSizes& sizes, const T* x, const T* y, T* filters) {
  if constexpr (std::same_as<T, float>)
    if (run_own(args, sizes, Conv2dTarget::filters, x, y, filters)) return;
  const Convolution<T> conv(sizes, Conv2dTarget::filters);
  const std::int64_t count = sizes.filters * sizes.patch();
  const auto partial = [&](std::int64_t slot) { return slot == 0 ? filters : conv.slot_partial(conv.slot_scratch(args, slot)); };
  args.parallel_for(conv.cut.slots, [&](std::int64_t slot) {
    T* scratch = conv.slot_scratch(args, slot);
    T* sum = partial(slot);
    std::fill_n(sum, count, T(0));
    conv.for_each_panel(slot, [&](const Panel& p) {
      const T* patches = conv.patches(p, x, scratch);
      const T* out = conv.outputs(p, y, conv.slot_outputs(scratch));
      gemm<T>(false, true, sizes.group_filters(), sizes.patch(), p.columns, 1, out, conv.output_distance(p), patches,
              conv.patch_distance(p), 1, sum + conv.filter_offset(p), sizes.patch());
    });
  });
  if (conv.cut.slots == 1) return;
  args.parallel_for(count, 16384, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t slot = 1; slot < conv.cut.slots; ++slot) {  // in this order, whichever thread had them
      conv.add(filters + begin, partial(slot) + begin, end - begin);
    }
  });
}

template void conv2d_output(const KernelArgs&, const Conv2dSizes&, const float*, const float*, float*);
template void conv2d_output(const KernelArgs&, const Conv2dSizes&, const double*, const double*, double*);
template void conv2d_input(const KernelArgs&, const Conv2dSizes&, const float*, const float*, float*);
template void conv2d_input(const KernelArgs&, const Conv2dSizes&, const double*, const double*, double*);
template void conv2d_filters(const KernelArgs&, const Conv2dSizes&, const float*, const float*, float*);
template void conv2d_filters(const KernelArgs&, const Conv2dSizes&, const double*, const double*, double*);

}  // namespace loglik
