#pragma once
#include <cstdint>

namespace loglik {

/// A height and a width. One number stands for both: `.stride = 2`, `.stride = {2, 1}`.
struct Size2d {
  std::int64_t height;
  std::int64_t width;

  constexpr Size2d(std::int64_t both) : height(both), width(both) {}
  constexpr Size2d(std::int64_t rows, std::int64_t columns) : height(rows), width(columns) {}
  friend constexpr bool operator==(const Size2d&, const Size2d&) = default;
};

/// Rows and columns around an image that count as zeros (as −∞ for a maximum): as many before as after, `.padding = 1`,
/// `.padding = {2, 1}`, or by the rule `.padding = Padding::same`.
class Padding {
 public:
  constexpr Padding(std::int64_t both) : Padding(both, both) {}
  constexpr Padding(std::int64_t height, std::int64_t width) : size_(height, width) {}

  /// What makes the output ⌈n/stride⌉ long; half of it before, where it is odd the larger half after (TensorFlow's convention).
  static const Padding same;
  static const Padding valid;  ///< none: windows lie inside the image

  constexpr bool is_same() const { return same_; }
  constexpr Size2d size() const { return size_; }  ///< on each side; 0 for `same`, which depends on the image
  friend constexpr bool operator==(const Padding&, const Padding&) = default;

 private:
  constexpr Padding(Size2d size, bool by_rule) : size_(size), same_(by_rule) {}
  Size2d size_;
  bool same_ = false;
};
inline constexpr Padding Padding::same{Size2d(0), true};
inline constexpr Padding Padding::valid{Size2d(0), false};

}  // namespace loglik
