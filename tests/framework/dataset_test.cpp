#include "framework/dataset.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <set>

#include "framework/error.h"
#include "tests/framework/training.h"
#include "tests/support/allocation_counter.h"

namespace loglik {
namespace {

using test::message;

Tensor counting(Extents extents, DType dtype = DType::int32) {
  Tensor result(DType::int32, std::move(extents));
  const auto values = result.mutable_values<std::int32_t>();
  std::iota(values.begin(), values.end(), 0);
  return result.cast(dtype);
}

TEST(Dataset, NamesItsColumns) {
  const Tensor x = counting({4, 2}), y = counting({4}), w = counting({4}, DType::float64), m = counting({4}, DType::boolean);
  const auto names = [](const Dataset& data) {
    std::string result;
    for (const auto& [name, tensor] : data.columns()) result += name + " ";
    return result;
  };
  EXPECT_EQ(names(Dataset::from(x)), "x ");
  EXPECT_EQ(names(Dataset::from(x, y)), "x y ");
  EXPECT_EQ(names(Dataset::from(x, y, {.weights = w})), "x y weight ");
  EXPECT_EQ(names(Dataset::from(x, y, {.mask = m})), "x y mask ");
  EXPECT_EQ(names(Dataset::from(x, y, {.weights = w, .mask = m})), "x y weight mask ");
  const Dataset data({{"image", x}, {"label", y}});
  EXPECT_EQ(names(data), "image label ");
  EXPECT_EQ(names(Dataset({{"image", x}})), "image ");
  EXPECT_EQ(data.size(), 4);
  EXPECT_EQ(data.column("label").data(), y.data());
  EXPECT_EQ(message<NameError>([&] { data.column("lebel"); }), "the data set has no column \"lebel\"; did you mean \"label\"?");
}

TEST(Dataset, RefusesColumnsThatDoNotFit) {
  const Tensor x = counting({4, 2}), y = counting({3});
  EXPECT_EQ(message<ShapeError>([&] { Dataset::from(x, y); }), "columns of a data set differ in rows: \"x\" is {4, 2}, \"y\" is {3}");
  EXPECT_EQ(message<ShapeError>([&] {
              Dataset({{"x", x}, {"rate", Tensor::scalar(1.0)}});
            }),
            "column \"rate\" of a data set is a scalar, needs the samples as first axis");
  EXPECT_EQ(message<NameError>([&] { Dataset({{"x", x}, {"x", x}}); }), "a data set with two columns \"x\"");
  EXPECT_EQ(message<NameError>([&] { Dataset({{"x", x}, {"", x}}); }), "column 1 of a data set has no name");
  EXPECT_EQ(message<ArgumentError>([&] { Dataset(Batch{}); }), "a data set without columns");
}

TEST(Dataset, TakesRows) {
  for (const DType dtype : {DType::uint8, DType::float64}) {
    const Dataset data = Dataset::from(counting({5, 2, 3}, dtype), counting({5}));
    const Dataset part = data.rows(1, 3);
    EXPECT_EQ(part.size(), 2);
    EXPECT_TRUE(part.column("x").same_bits(data.column("x").rows(1, 3)));
    EXPECT_EQ(part.column("y").data(), data.column("y").data() + 4);  // shared
    const std::vector<std::int32_t> indices{4, 0, 4};
    const Dataset taken = data.take(indices);
    EXPECT_EQ(taken.column("x").extents(), (Extents{3, 2, 3}));
    for (std::int64_t row = 0; row < 3; ++row)
      for (std::int64_t k = 0; k < 6; ++k)
        EXPECT_EQ(taken.column("x").at(6 * row + k), 6 * indices[static_cast<std::size_t>(row)] + static_cast<double>(k));
    EXPECT_EQ(taken.column("y").at(0), 4);
    EXPECT_EQ(data.take({}).size(), 0);
    EXPECT_EQ(data.take({}).column("x").extents(), (Extents{0, 2, 3}));
  }
}

TEST(Dataset, RefusesRowsThatAreNotThere) {
  const Dataset data = Dataset::from(counting({5, 2}));
  const std::vector<std::int32_t> behind{0, 5}, before{-1};
  EXPECT_EQ(message<IndexError>([&] { data.take(behind); }), "row 5 of a data set with 5 rows");
  EXPECT_EQ(message<IndexError>([&] { data.take(before); }), "row -1 of a data set with 5 rows");
  EXPECT_NE(message<IndexError>([&] { data.rows(3, 6); }), "");
  Batch other{{"x", counting({2, 3})}};
  const std::vector<std::int32_t> two{0, 1};
  EXPECT_EQ(message<ShapeError>([&] { data.gather(two, other); }), "gather of 2 rows of column \"x\", int32 {5, 2}, into int32 {2, 3}");
  Batch none;
  EXPECT_EQ(message<ShapeError>([&] { data.gather(two, none); }), "gather of 1 columns into 0");
}

TEST(Dataset, GathersWithoutAllocation) {
  const Dataset data = Dataset::from(counting({5, 2, 3}), counting({5}));
  const std::vector<std::int32_t> first{1, 1, 3}, second{4, 0, 2};
  Batch batch = data.batch(first);
  const std::int64_t before = test::allocations();
  data.gather(second, batch);
  EXPECT_EQ(test::allocations(), before);
  EXPECT_TRUE(batch[0].second.same_bits(data.take(second).column("x")));
  EXPECT_TRUE(batch[1].second.same_bits(data.take(second).column("y")));
}

TEST(Dataset, SplitsIntoPartsThatDoNotOverlap) {
  const Tensor x = counting({101});
  const Dataset data = Dataset::from(x, x);
  const auto [first, second] = data.split(0.8, 3);
  EXPECT_EQ(first.size(), 81);
  EXPECT_EQ(second.size(), 20);
  std::set<double> seen;
  for (const Dataset* part : {&first, &second})
    for (std::int64_t i = 0; i < part->size(); ++i) {
      seen.insert(part->column("x").at(i));
      EXPECT_EQ(part->column("x").at(i), part->column("y").at(i));
    }
  EXPECT_EQ(seen.size(), 101u);
  EXPECT_FALSE(std::is_sorted(first.column("x").values<std::int32_t>().begin(), first.column("x").values<std::int32_t>().end()));
  EXPECT_TRUE(data.split(0.8, 3).first.column("x").same_bits(first.column("x")));
  EXPECT_FALSE(data.split(0.8, 4).first.column("x").same_bits(first.column("x")));
  EXPECT_EQ(data.split(0, 3).first.size(), 0);
  EXPECT_EQ(data.split(1, 3).second.size(), 0);
  EXPECT_EQ(message<ArgumentError>([&] { data.split(1.5, 3); }), "split: fraction = 1.5, needs to be in [0, 1]");
}

}  // namespace
}  // namespace loglik
