#include "tests/support/allocation_counter.h"

#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdlib>

// g++ defines __SANITIZE_*, clang answers __has_feature.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define LOGLIK_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define LOGLIK_SANITIZED 1
#endif
#endif

#if defined(__GLIBC__) && !defined(LOGLIK_SANITIZED)

namespace {
constinit std::atomic<std::int64_t> calls{0}, bytes{0};
void count(std::size_t size) {
  calls.fetch_add(1, std::memory_order_relaxed);
  bytes.fetch_add(static_cast<std::int64_t>(size), std::memory_order_relaxed);
}
bool is_alignment(std::size_t n) { return n != 0 && (n & (n - 1)) == 0; }
}  // namespace

// glibc keeps its own functions under these names for replacements to call; dlsym would itself allocate.
extern "C" {
void* __libc_malloc(std::size_t);
void* __libc_calloc(std::size_t, std::size_t);
void* __libc_realloc(void*, std::size_t);
void* __libc_memalign(std::size_t, std::size_t);

void* malloc(std::size_t size) noexcept {
  count(size);
  return __libc_malloc(size);
}

void* calloc(std::size_t n, std::size_t size) noexcept {
  count(n * size);
  return __libc_calloc(n, size);
}

void* realloc(void* old, std::size_t size) noexcept {
  count(size);
  return __libc_realloc(old, size);
}

void* memalign(std::size_t alignment, std::size_t size) noexcept {
  count(size);
  return __libc_memalign(alignment, size);
}

void* aligned_alloc(std::size_t alignment, std::size_t size) noexcept {
  count(size);
  return __libc_memalign(alignment, size);
}

int posix_memalign(void** result, std::size_t alignment, std::size_t size) noexcept {
  count(size);
  if (!is_alignment(alignment) || alignment % sizeof(void*) != 0) return EINVAL;
  void* memory = __libc_memalign(alignment, size);
  if (memory == nullptr) return ENOMEM;
  *result = memory;
  return 0;
}
}

namespace loglik::test {
bool allocations_are_counted() { return true; }
std::int64_t allocations() { return calls.load(std::memory_order_relaxed); }
std::int64_t allocated_bytes() { return bytes.load(std::memory_order_relaxed); }
}  // namespace loglik::test

#else

namespace loglik::test {
bool allocations_are_counted() { return false; }
std::int64_t allocations() { return 0; }
std::int64_t allocated_bytes() { return 0; }
}  // namespace loglik::test

#endif
