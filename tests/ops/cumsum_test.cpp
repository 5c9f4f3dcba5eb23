#include "ops/cumsum.h"

#include "framework/error.h"
#include "framework/registry.h"
#include "ops/builtin.h"
#include "tests/ops/cases.h"
#include "tests/ops/whole_numbers.h"

namespace loglik {
namespace {

Build sums(std::int64_t axis, CumsumOptions options = {}) {
  return [=](const std::vector<Node>& x) { return cumsum(x[0], axis, options); };
}

const ConformanceCases conforming{
    {"cumsum", sums(-1), {.shapes = {{3, 5}, {1, 1}, {7}, {0, 4}, {2, 0}}, .large = {{300, 401}}}},
    {"cumsum", sums(0, {.exclusive = true, .reverse = true}), {.shapes = {{3, 5}, {1, 1}, {7}, {0, 4}, {2, 0}}, .large = {{300, 401}}}},
    {"cumsum", sums(1, {.exclusive = true}), {.shapes = {{2, 3, 2}, {2, 1, 3}}, .large = {{40, 30, 41}}}},
};
const References by_hand{"Cumsum.IsRight", {"cumsum"}};

TEST(Cumsum, Conforms) { conforming.check(); }

TEST(Cumsum, IsRight) {
  const Tensor x = whole_numbers({2, 3});  // 0 1 2 / 3 4 5
  expect_values(value_of(sums(1), {x}), {2, 3}, {0, 1, 3, 3, 7, 12});
  expect_values(value_of(sums(-2), {x}), {2, 3}, {0, 1, 2, 3, 5, 7});
  expect_values(value_of(sums(1, {.exclusive = true}), {x}), {2, 3}, {0, 0, 1, 0, 3, 7});
  expect_values(value_of(sums(1, {.reverse = true}), {x}), {2, 3}, {3, 3, 2, 12, 9, 5});
  expect_values(value_of(sums(0, {.exclusive = true, .reverse = true}), {x}), {2, 3}, {3, 4, 5, 0, 0, 0});
  expect_values(value_of(sums(0), {Tensor(DType::float32, {0})}), {0}, {});
}

TEST(Cumsum, WalksManyColumns) {
  const Tensor y = value_of(sums(1), {Tensor::from(std::vector<float>(2 * 3 * 300, 1), {2, 3, 300})});
  for (std::int64_t i = 0; i < y.count(); ++i) EXPECT_EQ(y.at(i), static_cast<double>(i / 300 % 3 + 1));
}

TEST(Cumsum, RoundsEachSumOnce) {  // float32 alone would stay at 2²⁴
  const Tensor y = value_of(sums(0), {Tensor::from(std::vector<float>{0x1p24F, 1, 1, 1, 1}, {5})});
  expect_values(y, {5}, {0x1p24, 0x1p24, 0x1p24 + 2, 0x1p24 + 4, 0x1p24 + 4});
}

TEST(Cumsum, IsReadBackFromItsAttributes) {
  register_builtin_ops();
  Graph graph;
  const Node y = cumsum(graph.input("x", {batch, 5}), -1, {.exclusive = true, .reverse = true});
  EXPECT_TRUE(make_op("cumsum", y.op().attributes())->same_as(y.op()));
  EXPECT_EQ(to_string(y.op().attributes()), "axis=-1, exclusive=true, reverse=true");
}

TEST(Cumsum, RefusesWhatDoesNotFit) {
  Graph graph;
  expect_error<ShapeError>(
      [&] {
        cumsum(graph.input("x", {batch, 5}), 2);
      },
      "cumsum at cumsum_test.cpp:{line}: axis 2 is out of range: rank 2 has the axes -2 to 1");
  expect_error<ShapeError>([&] { cumsum(graph.input("s", {}), 0); },
                           "cumsum at cumsum_test.cpp:{line}: axis 0 of a scalar, which has no axes");
  expect_error<DtypeError>([&] { cumsum(graph.input("i", {3}, DType::int32), 0); },
                           "cumsum at cumsum_test.cpp:{line}: x is int32 {3}, needs float32 or float64: cast it");
}

}  // namespace
}  // namespace loglik
