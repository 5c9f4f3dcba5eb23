#include "ops/concat.h"

#include "framework/error.h"
#include "framework/registry.h"
#include "ops/builtin.h"
#include "tests/ops/cases.h"
#include "tests/ops/whole_numbers.h"

namespace loglik {
namespace {

const ConformanceCases conforming{
    {"concat",
     [](Node a, Node b) {
       return concat({a, b * b}, 1);
     },
     {.shapes = {{{2, 1}, {2, 3}}, {{0, 1}, {0, 3}}, {{2, 2}, {2, 0}}}, .large = {{{301, 403}, {301, 10}}}}},
    {"concat",
     [](Node a, Node b, Node c) {
       return concat({a, b, c}, -1);
     },
     {.shapes = {{{2, 2}, {2, 0}, {2, 1}}, {{1}, {7}, {3}}}}},
    {"concat",
     [](Node x) {
       return concat({x, x * x}, 0);
     },
     {.shapes = {{3}, {2, 3}, {1}, {0, 2}}, .large = {{50001}}}},
    {"concat", [](Node x) { return concat({x}, 0); }, {.shapes = {{3}}}},
};
const References by_numpy{"Concat.IsRight", {"concat"}};

TEST(Concat, Conforms) { conforming.check(); }

// The parts hold 0, 1, 2, …, each going on where the one before ends. Recorded from NumPy 1.24: np.concatenate(parts, axis).
TEST(Concat, IsRight) {
  struct Case {
    std::vector<Extents> parts;
    std::int64_t axis;
    Extents extents;
    std::vector<double> values;
  };
  const std::vector<Case> cases{
      {{{2, 1}, {2, 3}}, 1, {2, 4}, {0, 2, 3, 4, 1, 5, 6, 7}},
      {{{1, 3}, {2, 3}}, 0, {3, 3}, {0, 1, 2, 3, 4, 5, 6, 7, 8}},
      {{{2, 2, 1}, {2, 0, 1}, {2, 1, 1}}, 1, {2, 3, 1}, {0, 1, 4, 2, 3, 5}},
      {{{3}, {2}}, -1, {5}, {0, 1, 2, 3, 4}},
      {{{0, 2}, {1, 2}}, 0, {1, 2}, {0, 1}},
  };
  for (const Case& c : cases)
    for (const DType dtype : {DType::float32, DType::float64, DType::int32, DType::uint8}) {
      std::vector<Tensor> parts;
      int first = 0;
      for (const Extents& extents : c.parts) {
        parts.push_back(whole_numbers(extents, DType::float64, 1 << 20, -first).cast(dtype));
        first += static_cast<int>(parts.back().count());
      }
      expect_values(value_of([&](const std::vector<Node>& x) { return concat(x, c.axis); }, parts), c.extents, c.values);
    }
}

TEST(Concat, AddsUpUnknownSizes) {
  Graph graph;
  const Node x = graph.input("x", {batch, 2}, DType::float64);
  const Node y = concat({x, x, 2.0 * x}, 0);
  EXPECT_EQ(to_string(y.shape()), "{3·batch, 2}");
  expect_values(interpret(y, {{"x", whole_numbers({1, 2})}}), {3, 2}, {0, 1, 0, 1, 0, 2});
  const Node g = gradient(reduce_sum(y * graph.constant(row({1, 10}))), x);
  expect_values(interpret(g, {{"x", whole_numbers({2, 2})}}), {2, 2}, {4, 40, 4, 40});
  expect_values(interpret(g, {{"x", whole_numbers({0, 2})}}), {0, 2}, {});
}

TEST(Concat, RefusesPartsThatDoNotFit) {
  register_builtin_ops();
  Graph graph;
  const Node x = graph.input("x", {batch, 2}), y = graph.input("y", {3, 2});
  EXPECT_TRUE(make_op("concat", concat({x, x}, -1).op().attributes())->same_as(concat({x, x}, -1).op()));
  expect_error<ShapeError>(
      [&] {
        concat({x, y}, 1);
      },
      "concat at concat_test.cpp:{line}: part 0 is {batch, 2}, part 1 is {3, 2}: all sizes but those of axis 1 must be equal");
  expect_error<ShapeError>(
      [&] {
        concat({x, y}, 0);
      },
      "concat at concat_test.cpp:{line}: part 1 is {3, 2}, the axis 0 before it batch: batch + 3 is not a constant times one dimension");
  expect_error<ShapeError>(
      [&] {
        concat({x, y}, 2);
      },
      "concat at concat_test.cpp:{line}: axis 2 is out of range: rank 2 has the axes -2 to 1");
  expect_error<DtypeError>(
      [&] {
        concat({y, cast(y, DType::int32)}, 0);
      },
      "concat at concat_test.cpp:{line}: float32 {3, 2} and int32 {3, 2} differ in dtype: cast one of them");
  expect_error<ArgumentError>([&] { concat(std::vector<Node>{}, 0); },
                              "concat at concat_test.cpp:{line}: there are no parts, needs one or more");
}

}  // namespace
}  // namespace loglik
