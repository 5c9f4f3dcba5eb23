#include "tests/support/allocation_counter.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <memory>
#include <new>
#include <thread>

namespace loglik::test {
namespace {

/// How many allocations `call` makes.
template <class Call>
std::int64_t count(Call call) {
  const std::int64_t before = allocations();
  call();
  return allocations() - before;
}

/// Hides from the compiler where memory comes from, so that it can't drop a pair of allocation and release.
void* keep(void* memory) {
  static std::atomic<void*> kept;
  kept = memory;
  return kept;
}

class AllocationCounter : public testing::Test {
 protected:
  void SetUp() override {
    if (!allocations_are_counted()) GTEST_SKIP() << "allocations are not counted in this build";
  }
};

TEST_F(AllocationCounter, SeesEveryWayToAllocate) {
  EXPECT_EQ(count([] { std::free(keep(std::malloc(10))); }), 1);
  EXPECT_EQ(count([] { std::free(keep(std::calloc(2, 10))); }), 1);
  EXPECT_EQ(count([] { std::free(keep(std::aligned_alloc(64, 128))); }), 1);
  EXPECT_EQ(count([] {
              void* memory = nullptr;
              ASSERT_EQ(posix_memalign(&memory, 64, 100), 0);
              std::free(keep(memory));
            }),
            1);
  EXPECT_EQ(count([] {
              void* memory = keep(std::malloc(10));
              std::free(keep(std::realloc(memory, 1000)));
            }),
            2);
  EXPECT_EQ(count([] {
              auto number = std::make_unique<int>(3);
              keep(number.get());
            }),
            1);
  struct alignas(128) Wide {
    char bytes[128];
  };
  EXPECT_EQ(count([] {
              auto wide = std::make_unique<Wide>();
              keep(wide.get());
            }),
            1);
}

TEST_F(AllocationCounter, SeesNothingWhereNothingIsAllocated) {
  EXPECT_EQ(count([] {
              volatile int number = 3;
              number = number + 1;
            }),
            0);
}

TEST_F(AllocationCounter, SeesOtherThreads) {
  EXPECT_GE(count([] { std::thread([] { std::free(keep(std::malloc(10))); }).join(); }), 2);  // the thread's own state, and ours
}

TEST_F(AllocationCounter, HandsOutUsableMemory) {
  void* memory = nullptr;
  EXPECT_EQ(posix_memalign(&memory, 3, 8), EINVAL);
  ASSERT_EQ(posix_memalign(&memory, 256, 8), 0);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(memory) % 256, 0u);
  std::free(memory);
}

}  // namespace
}  // namespace loglik::test
