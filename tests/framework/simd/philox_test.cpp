// Blocks side by side against the scalar Philox, which gives Random123's known answers (random_test.cpp): all bits, whatever the number of
// blocks, for each instruction set that the processor has.
#include "framework/simd/philox.h"

#include <gtest/gtest.h>

#include <hwy/targets.h>

#include <vector>

#include "framework/random.h"

namespace loglik {
namespace {

TEST(SimdPhilox, IsTheScalarOne) {
  constexpr std::uint64_t key = 0xa4093822299f31d0, step = 0x243f6a8885a308d3;
  const auto low = [](std::uint64_t v) { return static_cast<std::uint32_t>(v); };
  for (std::int64_t left = hwy::SupportedTargets(); left != 0; left &= left - 1) {  // the lowest bit is the best
    hwy::SetSupportedTargetsForTest(left & -left);
    for (const std::uint64_t first : {std::uint64_t{0}, std::uint64_t{0xfffffff5}, ~std::uint64_t{0} - 20})  // carries; wraps around
      for (std::size_t count = 0; count <= 70; ++count) {
        std::vector<std::uint32_t> words(4 * count + 1, 7);
        simd::philox(key, step, first, count, words.data());
        for (std::size_t i = 0; i < count; ++i) {
          const std::uint64_t block = first + i;
          const auto expected = philox({low(step), low(step >> 32), low(block), low(block >> 32)}, {low(key), low(key >> 32)});
          for (std::size_t word = 0; word < 4; ++word)
            ASSERT_EQ(words[4 * i + word], expected[word]) << "word " << word << " of block " << i << " of " << count << ", from " << first;
        }
        ASSERT_EQ(words[4 * count], 7u) << "written beyond block " << count;
      }
  }
  hwy::SetSupportedTargetsForTest(0);
}

}  // namespace
}  // namespace loglik
