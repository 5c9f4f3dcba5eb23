#pragma once
#include <cstdint>

/// Counts what the process allocates, to assert that a step allocates nothing.
///
/// Linking it replaces malloc, calloc, realloc, posix_memalign, aligned_alloc and memalign of the C library by counting
/// ones, so that operator new, which calls them, is counted too, in every thread and every shared library.
namespace loglik::test {

/// Whether allocations are counted: not under a sanitizer, which brings an allocator of its own, nor outside glibc.
bool allocations_are_counted();

/// Calls of allocating functions since the process began, by all threads; 0 where they are not counted.
std::int64_t allocations();

/// The bytes that these calls asked for, those given back included: no less than what was ever held at once.
std::int64_t allocated_bytes();

}  // namespace loglik::test
