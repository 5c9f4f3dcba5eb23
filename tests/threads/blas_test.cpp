#include "framework/blas.h"

#include <gtest/gtest.h>

#include <latch>
#include <thread>
#include <vector>

#include "framework/random.h"

namespace loglik {
namespace {

// Without the semaphore OpenBLAS crashes when more threads multiply at once than it has buffers (64 in Debian's build): here about every
// second run, when enough threads are interrupted inside a product.
TEST(Blas, TakesProductsFromHundredsOfThreadsAtOnce) {
  constexpr int callers = 400, products = 60, size = 128;
  std::vector<float> a(size * size), expected(size * size);
  fill_normal<float>({1, 0, 0}, 0, a);
  const auto multiply = [&a](std::vector<float>& c) {
    gemm<float>(false, true, size, size, size, 1, a.data(), size, a.data(), size, 0, c.data(), size);
  };
  multiply(expected);
  std::latch start(callers);
  std::vector<int> wrong(callers);
  std::vector<std::thread> threads;
  for (int caller = 0; caller < callers; ++caller) {
    threads.emplace_back([&, caller] {
      std::vector<float> c(size * size);
      start.arrive_and_wait();
      for (int i = 0; i < products; ++i) {
        multiply(c);
        wrong[caller] += c != expected;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, std::vector<int>(callers));
}

}  // namespace
}  // namespace loglik
