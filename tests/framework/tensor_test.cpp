#include "framework/tensor.h"

#include <gtest/gtest.h>

#include <limits>

#include "framework/error.h"
#include "tests/framework/expect_throw.h"

namespace loglik {
namespace {

using test::expect_throw;

TEST(Tensor, HoldsACopyOfItsValues) {
  std::vector<float> values{1, 2, 3, 4, 5, 6};
  const Tensor tensor = Tensor::from(values, {2, 3});
  values[0] = 9;
  EXPECT_EQ(tensor.dtype(), DType::float32);
  EXPECT_EQ(tensor.values<float>()[0], 1);
  EXPECT_EQ(tensor.size(-1), 3);
  EXPECT_EQ(tensor.at(5), 6);
  EXPECT_EQ(Tensor::from(std::vector<bool>{true, false}).at(0), 1);
  EXPECT_EQ(Tensor::scalar(2.5).item(), 2.5);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(tensor.data()) % 64, 0u);
}

TEST(Tensor, ViewsShareElements) {
  Tensor tensor = Tensor::from<double>({0, 1, 2, 3, 4, 5}, {3, 2});
  const Tensor rows = tensor.rows(1, 3), flat = tensor.reshape({6}), own = tensor.clone();
  tensor.mutable_values<double>()[2] = 7;
  EXPECT_EQ(rows.at(0), 7);
  EXPECT_EQ(flat.at(2), 7);
  EXPECT_EQ(own.at(2), 2);
  EXPECT_EQ(rows.extents(), (Extents{2, 2}));
  EXPECT_EQ(tensor.rows(3, 3).count(), 0);
}

TEST(Tensor, PrintsAsNumPyDoes) {
  EXPECT_EQ(to_string(Tensor::from<float>({1, 2, 3, 4.5F, 5, 6}, {2, 3})), "float32 {2, 3}\n[[1, 2, 3],\n [4.5, 5, 6]]");
  EXPECT_EQ(to_string(Tensor::scalar<std::int32_t>(7)), "int32 {}\n7");
  EXPECT_EQ(to_string(Tensor::from(std::vector<bool>{true, false})), "bool {2}\n[true, false]");
  EXPECT_EQ(to_string(Tensor(DType::float64, {2, 0})), "float64 {2, 0}\n[[],\n []]");
  std::vector<std::int32_t> many(20);
  for (int i = 0; i < 20; ++i) many[static_cast<std::size_t>(i)] = i;
  EXPECT_EQ(to_string(Tensor::from(many)), "int32 {20}\n[0, 1, 2, …, 17, 18, 19]");
}

TEST(Tensor, CastsWithinRange) {
  EXPECT_EQ(Tensor::from<float>({1.9F, -1.9F}).cast(DType::int32).at(1), -1);
  EXPECT_EQ(Tensor::from<double>({255.5}).cast(DType::uint8).at(0), 255);
  expect_throw<DtypeError>([] { Tensor::from<double>({0, 256}).cast(DType::uint8); }, "element 1 is 256, which uint8 can't hold");
  expect_throw<DtypeError>([] { Tensor::from<float>({std::numeric_limits<float>::quiet_NaN()}).cast(DType::int32); },
                           "element 0 is nan, which int32 can't hold");
}

TEST(Tensor, ComparesBits) {
  EXPECT_FALSE(Tensor::scalar(0.0).same_bits(Tensor::scalar(-0.0)));
  EXPECT_TRUE(Tensor::scalar(std::numeric_limits<double>::quiet_NaN()).same_bits(Tensor::scalar(std::numeric_limits<double>::quiet_NaN())));
  EXPECT_FALSE(Tensor(DType::float32, {2}).same_bits(Tensor(DType::float32, {2, 1})));
}

TEST(Tensor, RefusesWhatDoesNotFit) {
  expect_throw<ShapeError>([] { Tensor::from<float>({1, 2, 3}, {2, 2}); }, "3 values for a tensor of sizes {2, 2}, which has 4 elements");
  expect_throw<ShapeError>([] { Tensor(DType::float32, {2, -1}); }, "a tensor of sizes {2, -1}: a size is negative");
  expect_throw<ShapeError>(
      [] {
        Tensor(DType::float32, {4194305, 4194305, 211106198978564});
      },
      "a tensor of sizes {4194305, 4194305, 211106198978564} has more bytes than can be addressed");
  const Tensor tensor(DType::float32, {2, 3});
  expect_throw<DtypeError>([&] { tensor.values<double>(); }, "a tensor of float32 {2, 3} read as float64");
  expect_throw<ShapeError>([&] { tensor.item(); }, "item() of a tensor of sizes {2, 3}, which has 6 elements, not one");
  expect_throw<IndexError>([&] { tensor.at(6); }, "element 6 of a tensor with 6 elements");
  expect_throw<IndexError>([&] { tensor.rows(1, 3); }, "rows 1 to 3 of a tensor with 2 rows");
  expect_throw<ShapeError>([&] { tensor.reshape({4}); }, "reshape of {2, 3} to {4}: 6 elements against 4");
}

}  // namespace
}  // namespace loglik
