#include "ops/linear_recurrence.h"

#include "framework/error.h"
#include "tests/ops/cases.h"
#include "tests/ops/derivatives.h"
#include "tests/ops/expect_error.h"

namespace loglik {
namespace {

Build recurrence(const LinearRecurrenceOptions& options) {
  return
      [=](const std::vector<Node>& x) { return x.size() > 1 ? linear_recurrence(x[0], x[1], options) : linear_recurrence(x[0], options); };
}

const ConformanceCases conforming{
    {"linear_recurrence",
     recurrence({.axes = {1}, .initial = 0.5}),
     {.shapes = {{{3, 5}, {3, 5}}, {{1, 1}, {1, 1}}, {{0, 4}, {0, 4}}}, .domain = {-1, 1}, .large = {{{301, 403}, {301, 403}}}}},
    {"linear_recurrence",
     recurrence({.axes = {0, 2}, .initial = 1, .reverse = true}),
     {.shapes = {{2, 3, 2}, {2, 0, 1}}, .domain = {-1, 1}, .large = {{30, 401, 3}}}},
};
const References by_hand{"LinearRecurrence.IsRight", {"linear_recurrence"}};

TEST(LinearRecurrence, Conforms) { conforming.check(); }

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

TEST(LinearRecurrence, WalksManyColumns) {
  const Tensor ones = spread({3, 300}, 1, 1);
  const Tensor y = value_of([](const std::vector<Node>& v) { return linear_recurrence(v[0], v[0], {.axes = {0}}); }, {ones});
  for (std::int64_t i = 0; i < y.count(); ++i) EXPECT_EQ(y.at(i), static_cast<double>(i / 300));
}

TEST(LinearRecurrence, RefusesShapesThatDiffer) {
  Graph graph;
  const Node a = graph.input("a", {2, 3}), b = graph.input("b", {3});
  const std::string op = "linear_recurrence", file = "linear_recurrence_test.cpp";
  expect_error<ShapeError>([&] { linear_recurrence(a, b); }, op, file, "a is {2, 3}, b {3}: they must be equal");
  expect_error<ShapeError>([&] { linear_recurrence(a, {.axes = {2}}); }, op, file, "axis 2 is out of range: rank 2 has the axes -2 to 1");
  expect_error<ShapeError>([&] { linear_recurrence(a, {.axes = {1, 1}}); }, op, file, "axis 1 is named twice");
}

}  // namespace
}  // namespace loglik
