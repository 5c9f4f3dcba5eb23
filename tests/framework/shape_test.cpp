#include "framework/shape.h"

#include <gtest/gtest.h>

#include "framework/error.h"
#include "tests/framework/expect_throw.h"

namespace loglik {
namespace {

using test::expect_throw;
const Dim time_dim(1, Symbol("time"));

TEST(Dim, IsAConstantTimesASymbol) {
  EXPECT_EQ(2 * batch, batch + batch);
  EXPECT_NE(2 * batch, batch);
  EXPECT_NE(batch, time_dim);
  EXPECT_EQ(0 * batch, Dim(0));
  EXPECT_EQ(batch + 0, batch);
  EXPECT_EQ(to_string(4 * time_dim), "4·time");
  EXPECT_EQ(to_string(batch * 1), "batch");
  EXPECT_EQ(Symbol("time"), Symbol("time"));
  expect_throw<ShapeError>([] { batch* time_dim; }, "batch · time is not a constant times one dimension: keep the two axes apart");
  expect_throw<ShapeError>([] { batch + 1; }, "batch + 1 is not a constant times one dimension");
  expect_throw<ShapeError>([] { (3 * batch).constant(); }, "the size 3·batch is needed before data arrive: use a constant");
}

TEST(Shape, BindsItsSymbols) {
  Sizes sizes;
  sizes.set(Symbol::batch(), 5);
  EXPECT_EQ((Shape{2 * batch, 3}.bind(sizes)), (Extents{10, 3}));
  expect_throw<ShapeError>([&] { Shape{time_dim}.bind(sizes); }, "the dimension \"time\" has no size: no input that was given has it");
}

TEST(Shape, ComparesNumbersOfElements) {
  EXPECT_TRUE((Shape{batch, 4}).same_count(Shape{2 * batch, 2}));
  EXPECT_TRUE((Shape{batch, time_dim}).same_count(Shape{time_dim, batch}));
  EXPECT_TRUE((Shape{batch, 0}).same_count(Shape{0}));
  EXPECT_FALSE((Shape{batch, 4}).same_count(Shape{time_dim, 4}));
  EXPECT_FALSE((Shape{batch, batch}).same_count(Shape{batch}));
}

TEST(Shape, BroadcastsAsNumPyDoes) {
  EXPECT_EQ(broadcast_shapes({batch, 1, 3}, {4, 1}), (Shape{batch, 4, 3}));
  EXPECT_EQ(broadcast_shapes({}, {batch}), (Shape{batch}));
  EXPECT_EQ(broadcast_shapes({1}, {0}), (Shape{0}));
  expect_throw<ShapeError>(
      [] {
        broadcast_shapes({batch, 3}, {time_dim, 3});
      },
      "{batch, 3} and {time, 3} do not broadcast: batch against time");
  expect_throw<ShapeError>([] { broadcast_shapes({2 * batch}, {batch}); }, "{2·batch} and {batch} do not broadcast: 2·batch against batch");
}

TEST(Shape, NormalizesAxes) {
  EXPECT_EQ(normalize_axis(-1, 3), 2u);
  EXPECT_EQ(normalize_axes(std::vector<std::int64_t>{-1, 0}, 3), (std::vector<std::size_t>{0, 2}));
  EXPECT_EQ(normalize_axes({}, 2), (std::vector<std::size_t>{0, 1}));
  expect_throw<ShapeError>([] { normalize_axis(3, 3); }, "axis 3 is out of range: rank 3 has the axes -3 to 2");
  expect_throw<ShapeError>([] { normalize_axis(0, 0); }, "axis 0 of a scalar, which has no axes");
  expect_throw<ShapeError>([] { normalize_axes(std::vector<std::int64_t>{-1, 2}, 3); }, "axis 2 is named twice");
}

}  // namespace
}  // namespace loglik
