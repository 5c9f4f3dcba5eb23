#include "ops/shape.h"

#include "framework/error.h"
#include "framework/registry.h"
#include "ops/builtin.h"
#include "tests/ops/cases.h"
#include "tests/ops/whole_numbers.h"

namespace loglik {
namespace {

const ConformanceCases conforming{
    {"reshape", [](Node x) { return flatten(x) * flatten(x); }, {.shapes = {{2, 1, 3}, {1, 1}, {0, 3}}, .large = {{301, 403}}}},
    {"reshape", [](Node x) { return expand_dims(x, 1) * x; }, {.shapes = {{2, 3}, {1, 1}, {0, 3}}}},
    {"reshape", [](Node x) { return squeeze(x) * x; }, {.shapes = {{1, 3, 1}, {1, 1}, {1, 0}}}},
    {"stop_gradient",
     [](Node x) { return stop_gradient(x); },
     {.shapes = {{3, 5}, {1}, {0, 4}},
      .large = {{301, 403}},
      .skip = {{conformance::Property::gradient, "it lies about its gradient: that is what it is for"}}}},
};
const References by_definition{"StopGradient.IsAConstantWhereDifferentiated", {"stop_gradient"}};

TEST(Shape, Conforms) { conforming.check(); }

TEST(Shape, IsRight) {
  Graph graph;
  const Node x = graph.input("x", {batch, 1, 28, 28}, DType::uint8), y = graph.input("y", {batch, graph.dim("time"), 2, 1});
  const auto shape = [](Node node) { return to_string(node.shape()); };
  EXPECT_EQ(shape(flatten(x)), "{batch, 784}");
  EXPECT_EQ(shape(flatten(x, 0)), "{784·batch}");
  EXPECT_EQ(shape(flatten(x, -2)), "{batch, 1, 784}");
  EXPECT_EQ(shape(flatten(x, 4)), "{batch, 1, 28, 28, 1}");
  EXPECT_EQ(shape(flatten(y)), "{batch, 2·time}");
  EXPECT_EQ(shape(flatten(y, 2)), "{batch, time, 2}");
  EXPECT_EQ(shape(expand_dims(x, 0)), "{1, batch, 1, 28, 28}");
  EXPECT_EQ(shape(expand_dims(x, -1)), "{batch, 1, 28, 28, 1}");
  EXPECT_EQ(shape(expand_dims(x, -5)), "{1, batch, 1, 28, 28}");
  EXPECT_EQ(shape(expand_dims(graph.input("s", {}), 0)), "{1}");
  EXPECT_EQ(shape(squeeze(x)), "{batch, 28, 28}");
  EXPECT_EQ(shape(squeeze(y, {-1})), "{batch, time, 2}");
  EXPECT_EQ(shape(squeeze(graph.input("one", {1, 1, 1}), {0, -1})), "{1}");
  EXPECT_EQ(squeeze(x).op().is_alias(), true);
  const Tensor given = whole_numbers({2, 3, 1, 2}, DType::int32);
  for (const Build& build : std::vector<Build>{[](const std::vector<Node>& n) { return flatten(n[0], 0); },
                                               [](const std::vector<Node>& n) { return stop_gradient(flatten(n[0], 0)); }})
    expect_values(value_of(build, {given}), {12}, {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11});
}

TEST(StopGradient, IsAConstantWhereDifferentiated) {
  const Tensor x = row({1, -2, 3});
  expect_values(gradient_of([](const std::vector<Node>& n) { return stop_gradient(n[0]) * n[0]; }, x), {3}, {1, -2, 3});  // not 2x
  expect_values(gradient_of([](const std::vector<Node>& n) { return stop_gradient(n[0] * n[0]); }, x), {3}, {0, 0, 0});
  Graph graph;
  const Node y = stop_gradient(graph.constant(x));
  EXPECT_TRUE(y.op().is_alias());
  const std::vector<TensorType> types{y.type()};
  EXPECT_TRUE(y.op().simplify(SimplifyArgs(y.inputs(), types)).empty());
  register_builtin_ops();
  EXPECT_TRUE(make_op("stop_gradient", {})->same_as(y.op()));
}

TEST(Shape, RefusesWhatIsNotThere) {
  Graph graph;
  const Node x = graph.input("x", {batch, 1, 28}), y = graph.input("y", {batch, graph.dim("time"), 2});
  expect_error<ShapeError>([&] { flatten(x, 4); }, "flatten at shape_test.cpp:{line}: {batch, 1, 28} has no axis 4 to start at");
  expect_error<ShapeError>([&] { flatten(y, 0); },
                           "flatten at shape_test.cpp:{line}: {batch, time, 2} from axis 0: batch · time is not a constant times one "
                           "dimension: keep the two axes apart");
  expect_error<ShapeError>([&] { expand_dims(x, 4); },
                           "expand_dims at shape_test.cpp:{line}: {batch, 1, 28} with one axis more has the axes -4 to 3, not 4");
  expect_error<ShapeError>([&] { squeeze(x, {2}); }, "squeeze at shape_test.cpp:{line}: axis 2 of {batch, 1, 28} has size 28, not 1");
  expect_error<ShapeError>([&] { squeeze(x, {3}); },
                           "squeeze at shape_test.cpp:{line}: {batch, 1, 28}: axis 3 is out of range: rank 3 has the axes -3 to 2");
}

// reshape and sums over axes work with two dimensions that data bind, whose product no Dim can hold.
TEST(Shape, KeepsTwoUnknownDimensionsApart) {
  Graph graph;
  const Dim time = graph.dim("time");
  const Node x = graph.input("x", {batch, time, 2, 3}, DType::float64);
  const auto shape = [](Node node) { return to_string(node.shape()); };
  EXPECT_EQ(shape(reshape(x, {batch, time, 6})), "{batch, time, 6}");
  EXPECT_EQ(shape(reshape(x, {batch, -1, 3})), "{batch, 2·time, 3}");
  EXPECT_EQ(shape(reshape(x, {time, batch, -1})), "{time, batch, 6}");
  const Node f = reduce_sum(reduce_sum(x * x, {3}));
  expect_values(interpret(gradient(f, x), {{"x", whole_numbers({1, 2, 2, 3})}}), {1, 2, 2, 3}, {0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22});
}

}  // namespace
}  // namespace loglik
