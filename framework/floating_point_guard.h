#pragma once
#include <cstdint>

namespace loglik {

/// For its lifetime this thread rounds to nearest and counts denormal inputs and results as 0; then all is as it was found.
///
/// Kernels run under it: denormals can make a step several times slower, and another rounding would give other bits. What is restored
/// includes the exception flags, so that they report nothing of what happened under the guard. Trap masks stay. Guards nest.
/// On x86-64 and aarch64; elsewhere it does nothing.
class FloatingPointGuard {
 public:
  FloatingPointGuard() noexcept;
  ~FloatingPointGuard();
  FloatingPointGuard(const FloatingPointGuard&) = delete;
  FloatingPointGuard& operator=(const FloatingPointGuard&) = delete;

 private:
  std::uint64_t found_;
};

}  // namespace loglik
