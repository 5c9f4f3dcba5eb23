#include "framework/batches.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

#include "framework/error.h"
#include "tests/framework/training.h"
#include "tests/support/allocation_counter.h"

namespace loglik {
namespace {

using test::message;

Dataset rows(std::int32_t n) {
  std::vector<std::int32_t> x(static_cast<std::size_t>(n));
  std::iota(x.begin(), x.end(), 0);
  return Dataset::from(Tensor::from(x));
}

std::vector<std::int32_t> all(Batches& batches) {
  std::vector<std::int32_t> result;
  for (std::int64_t i = 0; i < batches.count(); ++i) {
    const Batch& batch = batches[i];
    const auto values = batch[0].second.values<std::int32_t>();
    EXPECT_EQ(static_cast<std::int64_t>(values.size()), batches.rows(i));
    result.insert(result.end(), values.begin(), values.end());
  }
  return result;
}

TEST(Batches, CutADataSet) {
  for (const std::int32_t n : {0, 1, 6, 7, 8, 20}) {
    Batches batches(rows(n), 7);
    EXPECT_EQ(batches.count(), (n + 6) / 7);
    std::vector<std::int32_t> expected(static_cast<std::size_t>(n));
    std::iota(expected.begin(), expected.end(), 0);
    EXPECT_EQ(all(batches), expected);
    batches.shuffle(1, 1);
    std::vector<std::int32_t> shuffled = all(batches);
    EXPECT_TRUE(std::equal(shuffled.begin(), shuffled.end(), batches.order().begin(), batches.order().end()));
    std::sort(shuffled.begin(), shuffled.end());
    EXPECT_EQ(shuffled, expected);
  }
}

TEST(Batches, ShuffleBySeedAndEpochAlone) {
  Batches batches(rows(50), 7), other(rows(50), 11);
  const auto order = [](Batches& b, std::uint64_t seed, std::int64_t epoch) {
    b.shuffle(seed, epoch);
    return all(b);
  };
  const std::vector<std::int32_t> first = order(batches, 3, 1), second = order(batches, 3, 2);
  EXPECT_NE(first, second);
  EXPECT_NE(first, order(batches, 4, 1));
  EXPECT_EQ(first, order(batches, 3, 1));
  EXPECT_EQ(second, order(other, 3, 2));
}

TEST(Batches, AllocateNothingOnceMade) {
  Batches batches(rows(50), 7);
  const std::int64_t before = test::allocations();
  for (int epoch = 1; epoch <= 2; ++epoch) {
    batches.shuffle(3, epoch);
    for (std::int64_t i = 0; i < batches.count(); ++i) batches[i];
  }
  EXPECT_EQ(test::allocations(), before);
}

TEST(Batches, RefuseWhatIsNotThere) {
  EXPECT_EQ(message<ArgumentError>([] { Batches(rows(5), 0); }), "batch_size = 0, needs to be at least 1");
  Batches batches(rows(5), 3);
  EXPECT_EQ(message<IndexError>([&] { batches[2]; }), "batch 2 of 2");
  EXPECT_EQ(message<IndexError>([&] { batches[-1]; }), "batch -1 of 2");
}

}  // namespace
}  // namespace loglik
