#include "framework/floating_point_guard.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cfenv>
#include <limits>
#include <thread>

namespace loglik {
namespace {

// Volatile operands: computed at run time, here and now.
template <class T>
T product(T a, T b) {
  volatile T x = a, y = b;
  volatile T result = x * y;
  return result;
}
double third() {
  volatile double one = 1, three = 3;
  volatile double result = one / three;
  return result;
}

constexpr double tiny = std::numeric_limits<double>::denorm_min();
constexpr double smallest = std::numeric_limits<double>::min();
constexpr float tiny_float = std::numeric_limits<float>::denorm_min();
constexpr float smallest_float = std::numeric_limits<float>::min();

TEST(FloatingPointGuard, FlushesDenormalResults) {
  ASSERT_GT(product(smallest, 0.5), 0);
  {
    const FloatingPointGuard guard;
    EXPECT_EQ(product(smallest, 0.5), 0);
    EXPECT_EQ(product(smallest_float, 0.5f), 0);
  }
  EXPECT_GT(product(smallest, 0.5), 0);
  EXPECT_GT(product(smallest_float, 0.5f), 0);
}

TEST(FloatingPointGuard, TakesDenormalInputsAsZero) {
  ASSERT_GT(product(tiny, 1e300), 0);  // a normal number: flushing results alone would not make it 0
  {
    const FloatingPointGuard guard;
    EXPECT_EQ(product(tiny, 1e300), 0);
    EXPECT_EQ(product(tiny_float, 1e30f), 0);
  }
  EXPECT_GT(product(tiny, 1e300), 0);
}

TEST(FloatingPointGuard, RoundsToNearestAndRestoresTheRounding) {
  const double nearest = third();
  ASSERT_EQ(std::fesetround(FE_UPWARD), 0);
  const double up = third();
  double guarded;
  {
    const FloatingPointGuard guard;
    guarded = third();
  }
  const int restored = std::fegetround();
  std::fesetround(FE_TONEAREST);
  EXPECT_GT(up, nearest);
  EXPECT_EQ(guarded, nearest);
  EXPECT_EQ(restored, FE_UPWARD);
}

TEST(FloatingPointGuard, RestoresTheExceptionFlags) {
  std::feclearexcept(FE_ALL_EXCEPT);
  {
    const FloatingPointGuard guard;
    product(1e300, 1e300);
    EXPECT_TRUE(std::fetestexcept(FE_OVERFLOW));
  }
  EXPECT_FALSE(std::fetestexcept(FE_OVERFLOW));
  std::feraiseexcept(FE_DIVBYZERO);
  { const FloatingPointGuard guard; }
  EXPECT_TRUE(std::fetestexcept(FE_DIVBYZERO));
  std::feclearexcept(FE_ALL_EXCEPT);
}

TEST(FloatingPointGuard, Nests) {
  {
    const FloatingPointGuard outer;
    { const FloatingPointGuard inner; }
    EXPECT_EQ(product(smallest, 0.5), 0);
  }
  EXPECT_GT(product(smallest, 0.5), 0);
}

TEST(FloatingPointGuard, ConcernsItsThreadAlone) {
  double elsewhere = 0;
  {
    std::thread before_guard;  // a thread started under the guard would inherit it
    std::atomic<bool> guarded{false};
    before_guard = std::thread([&] {
      guarded.wait(false);
      elsewhere = product(smallest, 0.5);
    });
    {
      const FloatingPointGuard guard;
      guarded = true;
      guarded.notify_one();
      before_guard.join();
    }
  }
  EXPECT_GT(elsewhere, 0);
}

}  // namespace
}  // namespace loglik
