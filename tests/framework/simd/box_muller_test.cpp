#include "framework/simd/box_muller.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <hwy/targets.h>
#include <numbers>
#include <vector>

#include "framework/random.h"

namespace loglik {
namespace {

// The definition, by the C library.
void exactly(const std::uint32_t* block, float* values) {
  const auto bits53 = [](const std::uint32_t* half) { return ((std::uint64_t{half[1]} << 32) | half[0]) >> 11; };
  const double radius = std::sqrt(-2 * std::log(static_cast<double>(bits53(block) + 1) * 0x1p-53));
  const double angle = 2 * std::numbers::pi * (static_cast<double>(bits53(block + 2)) * 0x1p-53);
  values[0] = static_cast<float>(radius * std::cos(angle));
  values[1] = static_cast<float>(radius * std::sin(angle));
}

constexpr float asked = 1e30f;
void ask(const std::uint32_t*, float* values) { values[0] = values[1] = asked; }

TEST(SimdBoxMuller, IsTheDefinitionRounded) {
  for (std::int64_t left = hwy::SupportedTargets(); left != 0; left &= left - 1) {  // each instruction set; the lowest bit is the best
    hwy::SetSupportedTargetsForTest(left & -left);
    for (const std::size_t count : {0, 1, 2, 7, 8, 9, 20'000}) {
      std::vector<std::uint32_t> blocks(4 * count);
      fill_bits({4, 0, 0}, 0, blocks);
      if (count >= 9) {  // the ends of u and v: radius 0 and the largest, angles 0 and just below 2π
        std::fill_n(blocks.begin(), 4, ~std::uint32_t{0});
        std::fill_n(blocks.begin() + 4, 4, 0);
        std::fill_n(blocks.begin() + 32, 2, ~std::uint32_t{0});
      }
      std::vector<float> values(2 * count + 1, 7);
      simd::box_muller(blocks.data(), count, values.data(), exactly);
      for (std::size_t i = 0; i < count; ++i) {
        float expected[2];
        exactly(&blocks[4 * i], expected);
        for (std::size_t k = 0; k < 2; ++k)
          ASSERT_EQ(std::bit_cast<std::uint32_t>(values[2 * i + k]), std::bit_cast<std::uint32_t>(expected[k])) << "value " << 2 * i + k << " of " << count;
      }
      ASSERT_EQ(values.back(), 7.0f);
    }
  }
  hwy::SetSupportedTargetsForTest(0);
}

// An interval of 2⁻⁴⁶·radius holds a boundary of rounding, 2⁻²⁴ of the value apart, with probability 2⁻²² or so: that of some of eight
// million values does. All others are right without being asked for.
TEST(SimdBoxMuller, AsksWhereRoundingIsOpen) {
  constexpr std::size_t count = std::size_t{1} << 22;
  std::vector<std::uint32_t> blocks(4 * count);
  fill_bits({5, 0, 0}, 0, blocks);
  std::vector<float> values(2 * count);
  simd::box_muller(blocks.data(), count, values.data(), ask);
  std::size_t open = 0;
  for (std::size_t i = 0; i < count; ++i) {
    float expected[2];
    exactly(&blocks[4 * i], expected);
    if (values[2 * i] == asked) ++open;
    else ASSERT_TRUE(values[2 * i] == expected[0] && values[2 * i + 1] == expected[1]) << "block " << i;
  }
  EXPECT_GE(open, 1u);
  EXPECT_LE(open, 1000u);
}

}  // namespace
}  // namespace loglik
