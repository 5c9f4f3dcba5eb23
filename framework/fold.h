#pragma once
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "framework/kernel_args.h"
#include "framework/reduction.h"

namespace loglik {

/// The order of a reduction, and how its work is cut: by its shape only, so that bits depend neither on the number of threads nor on who walks
/// through the elements (`fold` in memory, FoldTiles right after they were computed):
///
/// - The elements that go into an output are folded in segments, in order; the segments' accumulators are merged in order.
/// - Within a segment, runs of neighbours are folded one after the other, each in blocks of `run_block` elements, the last one shorter.
/// - Where neighbouring elements go into neighbouring outputs, a segment's rows are folded in blocks of `row_block` rows, each block apart.
///
/// Where the outermost axis is reduced, a segment of all outputs is one stretch of memory.
struct FoldCut {
  static constexpr std::int64_t widest = 128;   ///< outputs of a unit
  static constexpr std::int64_t piece = 16384;  ///< elements that a piece of work reads, about
  static constexpr std::int64_t run_block = 1024, row_block = 64;

  explicit FoldCut(const ReductionLayout& layout) {
    const bool runs = layout.inner_is_reduced();
    const std::int64_t inner = std::max<std::int64_t>(1, layout.inner()), outputs = std::max<std::int64_t>(1, layout.outputs());
    blocks = runs ? 1 : (layout.inner() + widest - 1) / widest;
    units = runs ? layout.outputs() : layout.outputs() / inner * blocks;
    const std::int64_t width = runs ? 1 : std::min(widest, layout.inner());
    const std::int64_t unit = std::max<std::int64_t>(1, layout.reduced() * width);
    grain = std::max<std::int64_t>(1, piece / unit);
    segment = layout.reduced();
    if (layout.outer_is_reduced() && layout.runs() > 1) {
      constexpr std::int64_t fewest = 16;  // accumulators are few beside the elements
      const std::int64_t whole = runs ? inner : 1;
      if (layout.reduced() * outputs >= 2 * piece) segment = (std::max(fewest, piece / outputs) + whole - 1) / whole * whole;
    } else if (units < 8 && units * unit >= 4 * piece) {
      segment = std::max<std::int64_t>(1, piece / std::max<std::int64_t>(1, width));
    }
    segments = layout.reduced() == 0 ? 0 : (layout.reduced() + segment - 1) / segment;
  }

  std::int64_t blocks;    ///< units of a row of neighbouring outputs: a unit is an output, or up to `widest` neighbouring ones
  std::int64_t units;     ///< in all
  std::int64_t grain;     ///< units of a piece, if they are whole
  std::int64_t segment;   ///< reduced elements of a segment
  std::int64_t segments;  ///< of a unit; 0 where nothing is reduced
};

/// What `fold` needs as Op::workspace.
template <class Accumulator>
std::size_t fold_workspace(const ReductionLayout& layout) {
  const std::int64_t segments = FoldCut(layout).segments;
  return segments > 1 ? static_cast<std::size_t>(segments * layout.outputs()) * sizeof(Accumulator) : 0;
}

/// The kernel of every reduction: folds the elements of input 0 that go into each output into an accumulator, in the order of FoldCut. A Fold
/// for elements T has
///
///     using Accumulator = …;                                                                     // trivially copyable
///     Accumulator start(std::int64_t output) const;                                              // of no elements
///     void run(Accumulator& a, std::int64_t output, const T* x, std::int64_t count, std::int64_t index) const;     // of a block
///     void merge(Accumulator& a, const Accumulator& next) const;                                 // of later elements
///     void finish(std::int64_t output, const Accumulator& a) const;
///     Partial start_rows(std::int64_t output) const;                                             // of a block of rows; trivially copyable
///     template <class Rows> void rows(Partial* p, const T* x, Rows row, std::int64_t count, std::int64_t columns, std::int64_t index) const;
///     void take(Accumulator& a, const Partial& p) const;                                         // of later elements
///
/// `run` adds `count` neighbouring elements to one output, `rows` the elements x[*row + j] of `count` rows to each output j of `columns`;
/// `index` is the number of the first among the elements reduced. FoldElements makes `run` and the last three from `add`.
template <class T, class Fold>
void fold(const KernelArgs& args, const ReductionLayout& layout, const Fold& f) {
  using Accumulator = typename Fold::Accumulator;
  const T* x = args.input<T>(0).data();
  const FoldCut cut(layout);
  const std::int64_t inner = layout.inner();
  if (cut.segments == 0) {
    for (std::int64_t i = 0; i < layout.outputs(); ++i) f.finish(i, f.start(i));
    return;
  }

  // Folds the elements [begin, end) of a unit; then done(i, a) for each of its outputs.
  const auto fold_unit = [&](std::int64_t unit, std::int64_t begin, std::int64_t end, const auto& done) {
    if (layout.inner_is_reduced()) {
      Accumulator a = f.start(unit);
      const T* first = x + layout.output_offset(unit);
      std::int64_t skip = begin % inner;
      for (RunOffsets offset(layout, begin / inner); begin < end; ++offset, skip = 0) {
        const std::int64_t stop = begin + std::min(inner - skip, end - begin);
        for (const T* run = first + *offset + skip; begin < stop; run += FoldCut::run_block, begin += FoldCut::run_block)
          f.run(a, unit, run, std::min(FoldCut::run_block, stop - begin), begin);
        begin = stop;
      }
      done(unit, a);
    } else {
      const std::int64_t column = unit % cut.blocks * FoldCut::widest;
      const std::int64_t columns = std::min(FoldCut::widest, inner - column);
      const std::int64_t output = unit / cut.blocks * inner + column;
      std::array<Accumulator, FoldCut::widest> a;
      std::array<decltype(f.start_rows(0)), FoldCut::widest> block;
      for (std::int64_t j = 0; j < columns; ++j) a[static_cast<std::size_t>(j)] = f.start(output + j);
      const T* first = x + layout.output_offset(output);
      for (; begin < end; begin += FoldCut::row_block) {
        for (std::int64_t j = 0; j < columns; ++j) block[static_cast<std::size_t>(j)] = f.start_rows(output + j);
        f.rows(block.data(), first, RunOffsets(layout, begin), std::min(FoldCut::row_block, end - begin), columns, begin);
        for (std::int64_t j = 0; j < columns; ++j) f.take(a[static_cast<std::size_t>(j)], block[static_cast<std::size_t>(j)]);
      }
      for (std::int64_t j = 0; j < columns; ++j) done(output + j, a[static_cast<std::size_t>(j)]);
    }
  };

  if (cut.segments == 1) {
    args.parallel_for(cut.units, cut.grain, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t unit = begin; unit < end; ++unit)
        fold_unit(unit, 0, layout.reduced(), [&](std::int64_t i, const Accumulator& a) { f.finish(i, a); });
    });
    return;
  }
  Accumulator* partial = args.workspace<Accumulator>();
  args.parallel_for(cut.units * cut.segments, [&](std::int64_t piece) {
    const std::int64_t unit = piece / cut.segments, segment = piece % cut.segments;
    fold_unit(unit, segment * cut.segment, std::min(layout.reduced(), (segment + 1) * cut.segment),
              [&](std::int64_t i, const Accumulator& a) { partial[i * cut.segments + segment] = a; });
  });
  args.parallel_for(layout.outputs(), FoldCut::widest, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) {
      Accumulator a = partial[i * cut.segments];
      for (std::int64_t segment = 1; segment < cut.segments; ++segment) f.merge(a, partial[i * cut.segments + segment]);
      f.finish(i, a);
    }
  });
}

/// Gives a Fold its `run`, `start_rows`, `rows` and `take` from `void add(Accumulator& a, T value, std::int64_t index) const`. Derive from
/// FoldElements<The fold>.
template <class Derived>
struct FoldElements {
  template <class A, class T>
  void run(A& a, std::int64_t output, const T* x, std::int64_t count, std::int64_t index) const {
    constexpr std::int64_t lanes = 16;  // side by side: no element waits for its neighbour
    std::int64_t i = 0;
    if (count >= 4 * lanes) {
      std::array<A, lanes> lane;
      lane.fill(self().start(output));
      for (; i + lanes <= count; i += lanes)
        for (std::int64_t k = 0; k < lanes; ++k) self().add(lane[static_cast<std::size_t>(k)], x[i + k], index + i + k);
      for (const A& other : lane) self().merge(a, other);
    }
    for (; i < count; ++i) self().add(a, x[i], index + i);
  }
  auto start_rows(std::int64_t output) const { return self().start(output); }
  template <class A, class T, class Rows>
  void rows(A* a, const T* x, Rows row, std::int64_t count, std::int64_t columns, std::int64_t index) const {
    for (const std::int64_t end = index + count; index < end; ++index, ++row)
      for (std::int64_t j = 0; j < columns; ++j) self().add(a[j], x[*row + j], index);
  }
  template <class A>
  void take(A& a, const A& block) const {
    self().merge(a, block);
  }

 private:
  const Derived& self() const { return static_cast<const Derived&>(*this); }
};

}  // namespace loglik
