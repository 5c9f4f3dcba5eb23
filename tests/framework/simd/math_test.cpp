// Elementary functions of vectors against the C library in float64: every 61st float32, special values, and each instruction set that the
// processor has. All 2³² are in tests/slow/simd_math_test.cpp.
#include "framework/simd/math.h"

#include <gtest/gtest.h>

#include <hwy/targets.h>

#include "framework/floating_point_guard.h"
#include "tests/framework/simd/float_errors.h"

namespace loglik {
namespace {

constexpr float infinity = std::numeric_limits<float>::infinity();
constexpr float nan = std::numeric_limits<float>::quiet_NaN();

class SimdMath : public testing::TestWithParam<SimdFunction> {};
INSTANTIATE_TEST_SUITE_P(Functions, SimdMath, testing::ValuesIn(simd_functions), [](const auto& test) { return test.param.name; });

TEST_P(SimdMath, IsAsExactAsItSays) {
  const WorstInput worst = worst_input(GetParam(), 61);
  EXPECT_LE(worst.ulps, GetParam().most_ulps) << "at " << worst.at;
}

TEST_P(SimdMath, IsSoWithEveryInstructionSet) {
  for (std::int64_t left = hwy::SupportedTargets(); left != 0; left &= left - 1) {  // the lowest bit is the best
    hwy::SetSupportedTargetsForTest(left & -left);
    const WorstInput worst = worst_input(GetParam(), 6101);
    EXPECT_LE(worst.ulps, GetParam().most_ulps + 0.5) << simd::target() << " at " << worst.at;  // half an ulp for sums of rounded products
  }
  hwy::SetSupportedTargetsForTest(0);
}

TEST_P(SimdMath, TakesSpecialValuesAsTheCLibraryDoes) {
  for (const float x : {0.0f, -0.0f, infinity, -infinity, nan, 1.0f, -1.0f, 0x1p-149f, -0x1p-149f, 3.4e38f, -3.4e38f}) {
    float y = 0;
    GetParam().compute(&x, &y, 1);
    EXPECT_LE(ulps(y, GetParam().exact(x)), GetParam().most_ulps) << y << " at " << x;
  }
}

TEST_P(SimdMath, DependsOnTheElementAlone) {  // not on its place, its neighbours or the length
  std::vector<float> x(67), whole(67), part(67);
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = 0.37f * static_cast<float>(i) - 9;
  GetParam().compute(x.data(), whole.data(), x.size());
  for (std::size_t first = 0; first < x.size(); first += 5)
    for (std::size_t count = 1; first + count <= x.size(); count += 7) {
      GetParam().compute(x.data() + first, part.data(), count);
      for (std::size_t i = 0; i < count; ++i)
        EXPECT_EQ(std::bit_cast<std::uint32_t>(part[i]), std::bit_cast<std::uint32_t>(whole[first + i])) << GetParam().name << " of " << x[first + i];
    }
}

// What is near x for small x is x, though denormal numbers count as zero in a step: the smallest normal numbers are not lost.
TEST(SimdMathInAStep, KeepsTheSmallestNormalNumbers) {
  const FloatingPointGuard guard;
  for (const auto function : {simd::expm1, simd::log1p, simd::tanh, simd::sin})
    for (const float x : {0x1p-126f, -0x1p-126f, 0x1.8p-126f, 0x1p-125f, -1.2e-38f}) {
      float y = 0;
      function(&x, &y, 1);
      EXPECT_EQ(y, x);
    }
}

TEST_P(SimdMath, MayWriteOverItsInput) {
  std::vector<float> x(35), y(35);
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = 0.1f * static_cast<float>(i);
  GetParam().compute(x.data(), y.data(), x.size());
  GetParam().compute(x.data(), x.data(), x.size());
  for (std::size_t i = 0; i < x.size(); ++i) EXPECT_EQ(std::bit_cast<std::uint32_t>(x[i]), std::bit_cast<std::uint32_t>(y[i]));
}

TEST(SimdPow, IsAsExactAsItSays) { EXPECT_LE(worst_power(10'000'000).ulps, 1); }

TEST(SimdPow, IsSoWithEveryInstructionSet) {  // overflow included
  for (std::int64_t left = hwy::SupportedTargets(); left != 0; left &= left - 1) {
    hwy::SetSupportedTargetsForTest(left & -left);
    EXPECT_LE(worst_power(200'000).ulps, 1.5) << simd::target();  // half an ulp for sums of rounded products
  }
  hwy::SetSupportedTargetsForTest(0);
}

TEST(SimdPow, TakesSpecialValuesAsTheStandardSays) {
  const std::vector<float> values{0.0f, -0.0f, 1, -1, 2, -2, 3, -3, 0.5f, -0.5f, 1.5f, infinity, -infinity, nan, 1e-40f, -1e-40f, 3e38f, -3e38f,
                                  16777215.0f, 16777216.0f, 16777218.0f, 1e-38f, 0.99999994f, 1.0000001f, 8388607.5f, 4194303.5f, 8388609.0f};
  for (const float x : values)
    for (const float y : values) {
      float z = 0;
      simd::pow(&x, &y, &z, 1);
      EXPECT_LE(ulps(z, std::pow(static_cast<double>(x), static_cast<double>(y))), 1) << x << " to the power of " << y << " gave " << z;
    }
}

using OfTwo = void (*)(const float*, const float*, float*, std::size_t);

// Over pairs of every 6,101st float32 with multiples of an irrational number within ±bound; the ulps are of the result or of `least`.
void expect_of_two(OfTwo compute, double (*exact)(double, double), double (*least)(double, double), double bound, double most_ulps) {
  for (std::int64_t left = hwy::SupportedTargets(); left != 0; left &= left - 1) {
    hwy::SetSupportedTargetsForTest(left & -left);
    std::vector<float> x, y;
    for (std::uint64_t bits = 0; bits >> 32 == 0; bits += 6101) {
      x.push_back(std::bit_cast<float>(static_cast<std::uint32_t>(bits)));
      const double turns = 0.6180339887498949 * static_cast<double>(x.size());
      y.push_back(static_cast<float>(bound * (2 * (turns - std::floor(turns)) - 1)));
    }
    std::vector<float> z(x.size());
    compute(x.data(), y.data(), z.data(), x.size());
    double worst = 0;
    std::size_t at = 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
      const double value = exact(x[i], y[i]), unit = least(x[i], y[i]);
      const double error = std::abs(value) >= unit || !std::isfinite(value) ? ulps(z[i], value) : std::abs(z[i] - value) / (unit * 0x1p-23);
      if (!(error <= worst)) worst = error, at = i;
    }
    EXPECT_LE(worst, most_ulps) << simd::target() << " at " << x[at] << ", " << y[at];
  }
  hwy::SetSupportedTargetsForTest(0);
}

TEST(SimdMulExp, IsAsExactAsItSays) {  // the least: what the two halves of a result above 2⁻¹²⁶ do not lose
  const auto exact = [](double x, double y) { return x == 0 || std::isinf(x) ? x : x * std::exp(y); };
  expect_of_two(simd::mul_exp, exact, [](double, double) { return 0x1p-126; }, 170, 4);
}

TEST(SimdLogAddExp, IsAsExactAsItSays) {
  const auto exact = [](double x, double y) {
    const double high = std::max(x, y);
    return std::isnan(x) || std::isinf(x) ? (x < y ? y : x) : high + std::log1p(std::exp(std::min(x, y) - high));
  };
  expect_of_two(simd::logaddexp, exact, [](double x, double y) { return std::max({std::abs(x), std::abs(y), 1.0}); }, 30, 2.5);
  const float infinite[] = {infinity, -infinity, -infinity, -infinity, infinity}, other[] = {infinity, -infinity, 1, infinity, 1};
  float z[5];
  simd::logaddexp(infinite, other, z, 5);
  EXPECT_EQ(std::vector<float>(z, z + 5), (std::vector<float>{infinity, -infinity, 1, infinity, infinity}));
}

}  // namespace
}  // namespace loglik
