#include "framework/reduction.h"

#include <algorithm>

namespace loglik {

ReductionLayout::ReductionLayout(std::span<const std::int64_t> extents, std::span<const bool> reduced) {
  std::array<Axis, 8> merged{};
  std::array<bool, 8> over{};
  std::size_t rank = 0;  // from the last axis
  std::int64_t stride = 1;
  for (std::size_t i = extents.size(); i-- > 0;) {
    const std::int64_t size = extents[i];
    (reduced[i] ? reduced_count_ : outputs_) *= size;
    if (size != 1) {
      if (rank > 0 && over[rank - 1] == reduced[i]) {
        merged[rank - 1].size *= size;
      } else {
        merged[rank] = {size, stride};
        over[rank++] = reduced[i];
      }
    }
    stride *= size;
  }
  inner_is_reduced_ = rank == 0 || over[0];
  outer_is_reduced_ = rank == 0 || over[rank - 1];
  inner_ = rank == 0 ? 1 : merged[0].size;
  for (std::size_t i = rank; i-- > 0;) {
    if (!over[i]) kept_[kept_rank_++] = merged[i];
    else if (i > 0 || !inner_is_reduced_) over_[over_rank_++] = merged[i];
  }
}

std::int64_t ReductionLayout::runs() const { return inner_is_reduced_ ? (inner_ == 0 ? 0 : reduced_count_ / inner_) : reduced_count_; }

std::int64_t ReductionLayout::offset(std::span<const Axis> axes, std::int64_t index) {
  std::int64_t result = 0;
  for (std::size_t i = axes.size(); i-- > 0;) {
    result += index % axes[i].size * axes[i].stride;
    index /= axes[i].size;
  }
  return result;
}

std::int64_t ReductionLayout::output_offset(std::int64_t i) const { return offset({kept_.data(), kept_rank_}, i); }
std::int64_t ReductionLayout::run_offset(std::int64_t r) const { return offset({over_.data(), over_rank_}, r); }

Shape reduced_shape(const Shape& shape, std::span<const std::size_t> axes, bool keep_dims) {
  std::vector<Dim> dims;
  for (std::size_t axis = 0; axis < shape.rank(); ++axis) {
    const bool reduced = std::find(axes.begin(), axes.end(), axis) != axes.end();
    if (!reduced) dims.push_back(shape[axis]);
    else if (keep_dims) dims.push_back(1);
  }
  return Shape(std::move(dims));
}

}  // namespace loglik
