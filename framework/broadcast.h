#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace loglik {

/// Reads a tensor as if it were stretched to larger sizes by NumPy broadcasting. Holds no memory: made anew for each run.
class BroadcastReader {
 public:
  /// `from` broadcasts to `to`; ranks up to 8.
  BroadcastReader(std::span<const std::int64_t> from, std::span<const std::int64_t> to);

  bool is_whole() const { return whole_; }    ///< nothing is stretched: element i is element i
  bool is_scalar() const { return scalar_; }  ///< one element for all

  /// Copies the stretched tensor's elements [begin, begin + count) to `out`; elements of `size` bytes: 1, 4 or 8.
  void read(const void* data, std::size_t size, std::int64_t begin, std::int64_t count, void* out) const;

 private:
  struct Axis {
    std::int64_t size = 1;
    std::int64_t stride = 0;  // elements; 0 where stretched
  };
  template <class T> void read_as(const T* data, std::int64_t begin, std::int64_t count, T* out) const;
  std::array<Axis, 8> axes_;  // neighbours that are stretched alike are merged
  std::size_t rank_ = 0;
  bool whole_ = true;
  bool scalar_ = false;
};

}  // namespace loglik
