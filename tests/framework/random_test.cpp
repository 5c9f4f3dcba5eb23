#include "framework/random.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <vector>

namespace loglik {
namespace {

using Block = std::array<std::uint32_t, 4>;

// The known answers that Random123 publishes in tests/kat_vectors for philox4x32, 10 rounds.
TEST(Random, PhiloxGivesTheKnownAnswers) {
  EXPECT_EQ(philox({0, 0, 0, 0}, {0, 0}), (Block{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  EXPECT_EQ(philox({0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff}, {0xffffffff, 0xffffffff}),
            (Block{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  EXPECT_EQ(philox({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}),
            (Block{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

// The third known answer again: step = counter words 0 and 1, block = words 2 and 3, key = name for seed 0, which splitmix keeps.
TEST(Random, KeysMapAsDocumented) {
  const RandomKey key{.seed = 0, .step = 0x85a308d3243f6a88, .name = 0x299f31d0a4093822};
  std::vector<std::uint32_t> bits(4);
  fill_bits(key, 4 * 0x0370734413198a2e, bits);
  EXPECT_EQ(bits, (std::vector<std::uint32_t>{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
  // SplitMix64's first outputs for state 0 are the finaliser of multiples of 0x9e3779b97f4a7c15: 0xe220a8397b1dcdaf, …
  std::vector<std::uint32_t> a(4), b(4);
  fill_bits({.seed = 0x9e3779b97f4a7c15, .name = 5}, 0, a);
  fill_bits({.seed = 0, .name = 0xe220a8397b1dcdaf ^ 5}, 0, b);
  EXPECT_EQ(a, b);
}

TEST(Random, NamesHashAlikeEverywhere) {
  // FNV-1a of "" and "a" (its published test vectors 0xcbf29ce484222325, 0xaf63dc4c8601ec8c) through the finaliser, in Python.
  EXPECT_EQ(hash_name(""), 0xf52a15e9a9b5e89b);
  EXPECT_EQ(hash_name("a"), 0x2c0bdbf481420f8);
  EXPECT_EQ(hash_name("encoder/dense_1/weight"), 0x6720e4e5e2e1cfde);
  EXPECT_EQ(hash_name("größe"), 0xbe9079c1b7e5afe8);  // bytes above 127 count as unsigned
}

template <class T, class Fill>
void expect_same_bits_however_cut(Fill fill) {
  const RandomKey key{1, 2, 3};
  constexpr std::size_t n = 53;
  std::vector<T> whole(n);
  fill(key, 0, std::span<T>(whole));
  for (std::size_t begin = 0; begin < 9; ++begin) {
    for (std::size_t end = begin; end <= n; ++end) {
      std::vector<T> part(end - begin);
      fill(key, begin, std::span<T>(part));
      ASSERT_TRUE(std::equal(part.begin(), part.end(), whole.begin() + begin)) << "elements " << begin << " to " << end;
    }
  }
}

TEST(Random, CuttingARangeChangesNothing) {
  expect_same_bits_however_cut<std::uint32_t>([](auto... a) { fill_bits(a...); });
  expect_same_bits_however_cut<float>([](auto... a) { fill_uniform(a...); });
  expect_same_bits_however_cut<double>([](auto... a) { fill_uniform(a...); });
  expect_same_bits_however_cut<float>([](auto... a) { fill_normal(a...); });
  expect_same_bits_however_cut<double>([](auto... a) { fill_normal(a...); });
}

// From the scalar blocks, by the words of random.h: more than the buffer of one round of blocks holds, from odd places on.
TEST(Random, ElementsAreMadeOfBlocksAsDocumented) {
  const RandomKey key{.seed = 0, .step = 0x85a308d3243f6a88, .name = 0x299f31d0a4093822};  // splitmix keeps seed 0
  constexpr std::size_t n = 2500;
  const auto block = [&](std::uint64_t b) {
    return philox({0x243f6a88, 0x85a308d3, static_cast<std::uint32_t>(b), static_cast<std::uint32_t>(b >> 32)}, {0xa4093822, 0x299f31d0});
  };
  const auto bits53 = [](std::uint32_t lower, std::uint32_t upper) { return ((std::uint64_t{upper} << 32) | lower) >> 11; };
  for (const std::uint64_t first : {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{3}, 4 * std::uint64_t{0xffffffff} - 1}) {
    std::vector<std::uint32_t> bits(n);
    std::vector<float> uniform(n);
    std::vector<double> wide(n);
    fill_bits(key, first, bits);
    fill_uniform<float>(key, first, uniform);
    fill_uniform<double>(key, first, wide);
    for (std::size_t i = 0; i < n; ++i) {
      const std::uint64_t element = first + i;
      const std::uint32_t word = block(element / 4)[element % 4];
      ASSERT_EQ(bits[i], word) << "element " << element;
      ASSERT_EQ(uniform[i], static_cast<float>(word >> 8) / 0x1p24f) << "element " << element;
      const Block pair = block(element / 2);
      const std::size_t half = 2 * (element % 2);
      ASSERT_EQ(wide[i], static_cast<double>(bits53(pair[half], pair[half + 1])) / 0x1p53) << "element " << element;
    }
  }
}

TEST(Random, SeedsStepsAndNamesDiffer) {
  // 256 bits equal by chance: probability 2⁻²⁵⁶.
  std::vector<std::vector<std::uint32_t>> draws;
  for (const RandomKey key : {RandomKey{1, 1, 1}, RandomKey{2, 1, 1}, RandomKey{1, 2, 1}, RandomKey{1, 1, 2}, RandomKey{1, 1ull << 32, 1},
                              RandomKey{1ull << 32, 1, 1}}) {
    fill_bits(key, 0, draws.emplace_back(8));
  }
  for (std::size_t i = 0; i < draws.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) EXPECT_NE(draws[i], draws[j]) << i << " and " << j;
  }
  std::vector<std::uint32_t> far(8);
  fill_bits({1, 1, 1}, 1ull << 40, far);
  EXPECT_NE(far, draws[0]);
}

TEST(Random, FloatIsTheRoundedDouble) {
  std::vector<float> single(1000);
  std::vector<double> exact(1000);
  fill_normal<float>({7, 0, 0}, 0, single);
  fill_normal<double>({7, 0, 0}, 0, exact);
  for (std::size_t i = 0; i < single.size(); ++i) ASSERT_EQ(single[i], static_cast<float>(exact[i]));
}

// By Dvoretzky, Kiefer and Wolfowitz, n = 2·ln(2/α)/d² draws, compared with d/2, find a distance d between distributions and raise
// a false alarm with probability at most α each: n = 1,160,692 for d = 0.005, α = 1e-6. The seed is fixed: no flaky test either way.
constexpr std::size_t draws = 1'160'692;
constexpr double threshold = 0.0025;

/// Kolmogorov and Smirnov's supₓ |Fₙ(x) − F(x)|.
template <class T, class Cdf>
double distance(std::vector<T> values, Cdf cdf) {
  std::sort(values.begin(), values.end());
  double largest = 0;
  const double n = static_cast<double>(values.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double f = cdf(static_cast<double>(values[i]));
    largest = std::max({largest, f - static_cast<double>(i) / n, static_cast<double>(i + 1) / n - f});
  }
  return largest;
}

double normal_cdf(double x) { return 0.5 * std::erfc(-x / std::sqrt(2.0)); }

template <class T>
class RandomDistribution : public testing::Test {};
using Floats = testing::Types<float, double>;
TYPED_TEST_SUITE(RandomDistribution, Floats);

TYPED_TEST(RandomDistribution, UniformIsUniform) {
  std::vector<TypeParam> values(draws);
  fill_uniform<TypeParam>({11, 0, hash_name("uniform")}, 0, values);
  const auto [least, most] = std::minmax_element(values.begin(), values.end());
  EXPECT_GE(*least, 0);
  EXPECT_LT(*most, 1);
  EXPECT_LT(distance(values, [](double x) { return x; }), threshold);
  EXPECT_GT(distance(values, [](double x) { return x * x; }), threshold);  // the test can fail
}

TYPED_TEST(RandomDistribution, NormalIsNormal) {
  std::vector<TypeParam> values(draws);
  fill_normal<TypeParam>({12, 0, hash_name("normal")}, 0, values);
  EXPECT_LT(distance(values, normal_cdf), threshold);
  EXPECT_GT(distance(values, [](double x) { return normal_cdf(x + 0.02); }), threshold);  // the test can fail
}

// Means of n draws of xᵏ lie within 5 standard errors √(Var xᵏ/n) with probability 1 − 6e-7; Var x = 1, Var x² = 2, Var x³ = 15,
// Var x⁴ = 96 for a standard normal.
TEST(Random, NormalHasTheRightMoments) {
  std::vector<double> values(1'000'000);
  fill_normal<double>({13, 0, 0}, 0, values);
  const double n = static_cast<double>(values.size());
  double sum[5] = {}, neighbours = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    for (int k = 1; k <= 4; ++k) sum[k] += std::pow(values[i], k);
    if (i % 2 == 1) neighbours += values[i] * values[i - 1];  // the two of one block: Var = 1
  }
  EXPECT_NEAR(sum[1] / n, 0, 5 * std::sqrt(1 / n));
  EXPECT_NEAR(sum[2] / n, 1, 5 * std::sqrt(2 / n));
  EXPECT_NEAR(sum[3] / n, 0, 5 * std::sqrt(15 / n));
  EXPECT_NEAR(sum[4] / n, 3, 5 * std::sqrt(96 / n));
  EXPECT_NEAR(neighbours / (n / 2), 0, 5 * std::sqrt(2 / n));
}

TEST(Random, NormalHasItsTails) {
  // 4,000,000 draws: beyond ±4 lie 6.334e-5 of them, 253 ± 16; five standard deviations allow 174 to 333.
  std::vector<float> values(4'000'000);
  fill_normal<float>({14, 0, 0}, 0, values);
  const auto beyond = std::count_if(values.begin(), values.end(), [](float v) { return std::abs(v) > 4; });
  EXPECT_GE(beyond, 174);
  EXPECT_LE(beyond, 333);
  EXPECT_TRUE(std::all_of(values.begin(), values.end(), [](float v) { return std::isfinite(v); }));
}

TEST(Random, ShufflePermutes) {
  std::vector<std::int32_t> values(1000);
  std::iota(values.begin(), values.end(), 0);
  auto shuffled = values, again = values, other = values;
  shuffle({5, 0, 0}, shuffled);
  shuffle({5, 0, 0}, again);
  shuffle({5, 1, 0}, other);
  EXPECT_EQ(shuffled, again);
  EXPECT_NE(shuffled, other);
  EXPECT_NE(shuffled, values);
  std::sort(shuffled.begin(), shuffled.end());
  EXPECT_EQ(shuffled, values);
  std::vector<std::int32_t> none, one{3};
  shuffle({5, 0, 0}, none);
  shuffle({5, 0, 0}, one);
  EXPECT_EQ(one.front(), 3);
}

// Fisher and Yates with Lemire's draws, from the words of fill_bits: of the 2³² words, those with the lowest 2³² mod n products (mod 2³²)
// are refused, which leaves equally many for each value. About n²/4/2³² = 58 words of this shuffle are.
TEST(Random, ShuffleRefusesWordsThatWouldBias) {
  constexpr std::uint64_t n = 1'000'000;
  const RandomKey key{8, 0, 0};
  std::vector<std::int32_t> values(n), expected(n);
  std::iota(values.begin(), values.end(), 0);
  std::iota(expected.begin(), expected.end(), 0);
  shuffle(key, values);

  std::vector<std::uint32_t> words(n + 1000);
  fill_bits(key, 0, words);
  std::size_t used = 0;
  for (std::uint64_t left = n; left > 1; --left) {
    std::uint64_t product;
    do product = left * words.at(used++);
    while (product % (1ull << 32) < (1ull << 32) % left);
    std::swap(expected[left - 1], expected[product >> 32]);
  }
  EXPECT_GT(used, n);  // some were refused
  EXPECT_TRUE(values == expected);
}

// Each of the 24 orders of 4 values: χ² with 23 degrees of freedom exceeds 76 with probability 1.4e-7 (scipy.stats.chi2.sf).
TEST(Random, ShuffleMakesEveryOrderEquallyLikely) {
  std::map<std::vector<std::int32_t>, int> counts;
  constexpr int rounds = 48'000;
  for (int round = 0; round < rounds; ++round) {
    std::vector<std::int32_t> values{0, 1, 2, 3};
    shuffle({6, static_cast<std::uint64_t>(round), 0}, values);
    ++counts[values];
  }
  ASSERT_EQ(counts.size(), 24u);
  double chi2 = 0;
  for (const auto& [order, count] : counts) chi2 += std::pow(count - rounds / 24.0, 2) / (rounds / 24.0);
  EXPECT_LT(chi2, 76);
}

}  // namespace
}  // namespace loglik
