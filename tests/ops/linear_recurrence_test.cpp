#include "ops/linear_recurrence.h"

#include "framework/error.h"
#include "tests/conformance/check_op.h"
#include "tests/ops/derivatives.h"

namespace loglik {
namespace {

TEST(LinearRecurrence, IsRight) {
  const Tensor a = row({2, 3, 0, 5}), b = row({1, 1, 1, 1});
  const auto run = [&](LinearRecurrenceOptions options) {
    return value_of([&](const std::vector<Node>& v) { return linear_recurrence(v[0], v[1], options); }, {a, b});
  };
  expect_close(run({}), {0, 1, 4, 1}, 0);
  expect_close(run({.initial = 1}), {1, 3, 10, 1}, 0);
  expect_close(run({.initial = 1, .reverse = true}), {4, 1, 6, 1}, 0);
  expect_close(value_of([](const std::vector<Node>& v) { return linear_recurrence(v[0], {.initial = 1}); }, {a}), {1, 2, 6, 0}, 0);
}

TEST(LinearRecurrence, Conforms) {
  for (const std::vector<std::int64_t>& axes : {std::vector<std::int64_t>{}, {0}, {1}, {0, 2}})
    for (const bool reverse : {false, true}) {
      const LinearRecurrenceOptions options{axes, 0.5, reverse};
      conformance::check_op([=](Node a, Node b) { return linear_recurrence(a, b, options); },
                            {.shapes = {{{2, 3, 2}, {2, 3, 2}}, {{1, 3, 1}, {1, 3, 1}}, {{2, 0, 3}, {2, 0, 3}}}, .domain = {-1, 1}});
      conformance::check_op([=](Node a) { return linear_recurrence(a, options); },
                            {.shapes = {{2, 3, 2}, {0, 2, 1}}, .domain = {-1, 1}, .large = {{20, 20, 200}}});
    }
}

TEST(LinearRecurrence, WalksManyColumns) {
  const Tensor ones = spread({3, 300}, 1, 1);
  const Tensor y = value_of([](const std::vector<Node>& v) { return linear_recurrence(v[0], v[0], {.axes = {0}}); }, {ones});
  for (std::int64_t i = 0; i < y.count(); ++i) EXPECT_EQ(y.at(i), static_cast<double>(i / 300));
}

TEST(LinearRecurrence, RefusesShapesThatDiffer) {
  Graph graph;
  EXPECT_THROW(linear_recurrence(graph.input("a", {2, 3}), graph.input("b", {3})), ShapeError);
  EXPECT_THROW(linear_recurrence(graph.input("c", {2, 3}), {.axes = {2}}), ShapeError);
}

}  // namespace
}  // namespace loglik
