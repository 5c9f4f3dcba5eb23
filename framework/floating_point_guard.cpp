#include "framework/floating_point_guard.h"

#if defined(__x86_64__)
#include <xmmintrin.h>
#endif

namespace loglik {
namespace {

// The control register of floating-point arithmetic: MXCSR (Intel SDM vol. 1, 10.2.3) or FPCR (Arm ARM, C5.2).
#if defined(__x86_64__)
constexpr std::uint64_t flush_to_zero = 1u << 15, denormals_are_zero = 1u << 6, rounding = 3u << 13;
std::uint64_t read_control() { return _mm_getcsr(); }
void write_control(std::uint64_t value) { _mm_setcsr(static_cast<unsigned>(value)); }
#elif defined(__aarch64__)
constexpr std::uint64_t flush_to_zero = 1u << 24, denormals_are_zero = 0, rounding = 3u << 22;  // FZ flushes inputs too
std::uint64_t read_control() {
  std::uint64_t value;
  asm volatile("mrs %0, fpcr" : "=r"(value));
  return value;
}
void write_control(std::uint64_t value) { asm volatile("msr fpcr, %0" : : "r"(value)); }
#else
constexpr std::uint64_t flush_to_zero = 0, denormals_are_zero = 0, rounding = 0;
std::uint64_t read_control() { return 0; }
void write_control(std::uint64_t) {}
#endif

}  // namespace

// Writing the register stalls the pipeline, reading does not: a guard inside a guard writes nothing.
FloatingPointGuard::FloatingPointGuard() noexcept : found_(read_control()) {
  const std::uint64_t wanted = (found_ & ~rounding) | flush_to_zero | denormals_are_zero;
  if (wanted != found_) write_control(wanted);
}

FloatingPointGuard::~FloatingPointGuard() {
  if (read_control() != found_) write_control(found_);
}

}  // namespace loglik
