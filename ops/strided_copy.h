#pragma once
#include <array>
#include <cstddef>
#include <cstdint>

#include "framework/kernel_args.h"

namespace loglik {

/// Copies elements between two arrays that have the same axes in different places: what transpose, slice and concat come down to.
/// Runs that lie together in both are copied whole, others in tiles that use each line of cache up. Up to 8 axes; never allocates.
class StridedCopy {
 public:
  /// Adds an axis, in any order: its size and the distances, in elements, between neighbours where it is read and where it is written.
  void add_axis(std::int64_t size, std::int64_t from_stride, std::int64_t to_stride);

  /// Copies `from` to `to`, the places of the axes' first elements; elements of `element_size` bytes: 1, 4 or 8.
  void run(const KernelArgs& args, std::size_t element_size, const void* from, void* to) const;

 private:
  struct Axis {
    std::int64_t size, from, to;
  };
  template <class T>
  void run_as(const KernelArgs& args, const T* from, T* to) const;
  std::array<Axis, 8> axes_{};  // the one written fastest comes last
  std::size_t rank_ = 0;
  bool empty_ = false;
};

}  // namespace loglik
