#include "ops/integer_search.h"

#include <gtest/gtest.h>

#include <limits>

namespace loglik::special {
namespace {

constexpr long double infinite = std::numeric_limits<long double>::infinity(), largest = std::numeric_limits<double>::max();

// From any guess to any number, also where long double's neighbours are many integers apart, in no more than twice as many questions as there
// are doublings and halvings: an endless search fails.
TEST(IntegerSearch, FindsTheSmallestFromAnyGuess) {
  const long double wanted[]{0, 1, 2, 3, 1000, 0x1p40L + 1, 0x1p64L - 1, 0x1p64L + 2, 0x1p70L + 0x1p7L, 0x1.8p100L, 0x1.23456789p900L, largest / 3, largest};
  for (const long double k : wanted)
    for (const long double guess : {0.0L, 1.0L, 7.5L, k, k + 1, k - 1, 0.99L * k, 1.01L * k, 1e-6L * k, 1e6L * k, 1e30L, largest, infinite, std::numeric_limits<long double>::quiet_NaN()}) {
      int questions = 0;
      const long double found = smallest_integer(guess, largest, [&](long double at) {
        if (++questions > 3000) return true;
        return at >= k;
      });
      EXPECT_EQ(found, k) << "from " << guess;
      EXPECT_LT(questions, 2200) << k << " from " << guess;
    }
}

TEST(IntegerSearch, TakesTheLastToReach) {
  for (const long double guess : {0.0L, 3.0L, 9.0L, infinite}) EXPECT_EQ(smallest_integer(guess, 9, [](long double) { return false; }), 9);
  EXPECT_EQ(smallest_integer(4, 0, [](long double) { return false; }), 0);
}

}  // namespace
}  // namespace loglik::special
