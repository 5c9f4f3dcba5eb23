#include "framework/passes/pack_buffers.h"

#include <gtest/gtest.h>

#include <random>

namespace loglik {
namespace {

std::vector<Lifetime> random_lifetimes(std::size_t count, unsigned seed) {
  std::mt19937 random(seed);
  std::vector<Lifetime> result;
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t first = random() % count;
    result.push_back({64 * (random() % 20), first, first + random() % 10});
  }
  return result;
}

void expect_apart(const std::vector<Lifetime>& lifetimes, const Packing& packing) {
  ASSERT_EQ(packing.offsets.size(), lifetimes.size());
  std::size_t sum = 0;
  for (std::size_t i = 0; i < lifetimes.size(); ++i) {
    const Lifetime& a = lifetimes[i];
    sum += a.bytes;
    ASSERT_EQ(packing.offsets[i] % 64, 0u);
    ASSERT_LE(packing.offsets[i] + a.bytes, packing.bytes);
    for (std::size_t j = 0; j < i; ++j) {
      const Lifetime& b = lifetimes[j];
      if (a.last < b.first || b.last < a.first) continue;
      ASSERT_TRUE(packing.offsets[i] + a.bytes <= packing.offsets[j] || packing.offsets[j] + b.bytes <= packing.offsets[i]) << i << " and " << j;
    }
  }
  EXPECT_GE(packing.bytes, most_live(lifetimes));
  EXPECT_LE(packing.bytes, sum);
}

TEST(PackBuffers, KeepsApartWhatLivesTogether) {
  double bytes = 0, least = 0;
  for (unsigned seed = 0; seed < 100; ++seed) {
    const std::vector<Lifetime> lifetimes = random_lifetimes(1 + seed * 2, seed);
    const Packing packing = pack_buffers(lifetimes);
    expect_apart(lifetimes, packing);
    bytes += static_cast<double>(packing.bytes);
    least += static_cast<double>(most_live(lifetimes));
  }
  EXPECT_LT(bytes, 1.05 * least);
}

TEST(PackBuffers, PacksVeryMany) {
  const std::vector<Lifetime> lifetimes = random_lifetimes(6000, 1);
  expect_apart(lifetimes, pack_buffers(lifetimes));
}

TEST(PackBuffers, NeedsNoMoreThanLivesWhereLifetimesNest) {  // activations of a forward pass, last read in reverse order
  std::vector<Lifetime> lifetimes;
  for (std::size_t i = 0; i < 50; ++i) {
    lifetimes.push_back({64 * (1 + i * 7 % 5), i, 100 - i});
    lifetimes.push_back({64 * (1 + i * 3 % 11), 100 - i, 100 - i});
  }
  EXPECT_EQ(pack_buffers(lifetimes).bytes, most_live(lifetimes));
}

TEST(PackBuffers, CountsBothEndsOfALifetime) {
  EXPECT_EQ(most_live(std::vector<Lifetime>{{64, 0, 1}, {64, 1, 2}, {64, 2, 3}}), 128u);
  EXPECT_EQ(most_live({}), 0u);
  EXPECT_EQ(pack_buffers({}).bytes, 0u);
}

}  // namespace
}  // namespace loglik
