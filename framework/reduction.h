#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "framework/shape.h"

namespace loglik {

/// How a reduction over some axes walks through memory: the axes, merged where neighbours are reduced alike, in the order of memory.
/// Every reduction (sum, maximum, arg max, …) is written on top of this. Holds no heap memory.
class ReductionLayout {
 public:
  /// `reduced[axis]` says whether an axis of `extents` is reduced. Ranks up to 8.
  ReductionLayout(std::span<const std::int64_t> extents, std::span<const bool> reduced);

  std::int64_t outputs() const { return outputs_; }        ///< elements of the result
  std::int64_t reduced() const { return reduced_count_; }  ///< elements that go into each
  /// Are the reduced elements of one output in runs of neighbours? Otherwise neighbouring outputs have neighbouring elements.
  bool inner_is_reduced() const { return inner_is_reduced_; }
  bool outer_is_reduced() const { return outer_is_reduced_; }  ///< the outermost axis that is longer than 1, or there is none
  std::int64_t inner() const { return inner_; }  ///< length of such a run, or of a row of neighbouring outputs
  std::int64_t runs() const;                     ///< how many runs make an output: reduced() / inner() or reduced()

  /// Offset of the first element of output `i`, for outputs numbered in memory order.
  std::int64_t output_offset(std::int64_t i) const;
  /// Offset, from an output's first element, of its run (or single element) number `r`.
  std::int64_t run_offset(std::int64_t r) const;

 private:
  friend class RunOffsets;
  struct Axis {
    std::int64_t size;
    std::int64_t stride;
  };
  static std::int64_t offset(std::span<const Axis> axes, std::int64_t index);
  std::array<Axis, 8> kept_{};
  std::array<Axis, 8> over_{};  // without the innermost, if that is reduced
  std::size_t kept_rank_ = 0;
  std::size_t over_rank_ = 0;
  std::int64_t outputs_ = 1;
  std::int64_t reduced_count_ = 1;
  std::int64_t inner_ = 1;
  bool inner_is_reduced_ = true;
  bool outer_is_reduced_ = true;
};

/// The offsets of an output's runs from number `first` on, one after the other: cheaper than `run_offset` of each.
class RunOffsets {
 public:
  RunOffsets(const ReductionLayout& layout, std::int64_t first) : layout_(layout), run_(first), offset_(layout.run_offset(first)) {
    position_ = layout.over_rank_ == 0 ? 0 : first % layout.over_[layout.over_rank_ - 1].size;
  }
  std::int64_t operator*() const { return offset_; }
  void operator++() {
    ++run_;
    if (layout_.over_rank_ == 0) return;
    const auto& axis = layout_.over_[layout_.over_rank_ - 1];
    if (++position_ < axis.size) {
      offset_ += axis.stride;
    } else {
      position_ = 0;
      offset_ = layout_.run_offset(run_);
    }
  }

 private:
  const ReductionLayout& layout_;
  std::int64_t run_;
  std::int64_t offset_;
  std::int64_t position_;  // along the fastest axis of runs
};

/// The shape that is left when `axes` (normalised) are reduced: removed, or kept as 1.
Shape reduced_shape(const Shape& shape, std::span<const std::size_t> axes, bool keep_dims);

}  // namespace loglik
