#include "ops/triangular_solve.h"

#include <limits>

#include "framework/error.h"
#include "framework/registry.h"
#include "ops/builtin.h"
#include "tests/ops/cases.h"
#include "tests/ops/matrices.h"
#include "tests/ops/whole_numbers.h"

namespace loglik {
namespace {

Build solve(TriangularSolveOptions options = {}) {
  return [=](const std::vector<Node>& x) { return triangular_solve(x[0], x[1], options); };
}

// With a diagonal that is away from 0.
conformance::Builder well_conditioned(TriangularSolveOptions options = {}) {
  return [=](Node l, Node b) { return triangular_solve(l + 3.0 * identity_like(l), b, options); };
}

const ConformanceCases conforming{
    {"triangular_solve",
     well_conditioned(),
     {.shapes = {{{3, 3}, {3, 2}}, {{1, 1}, {1, 1}}, {{2, 3, 3}, {3, 5}}, {{2, 2}, {0, 2, 1}}, {{3, 3}, {3, 0}}},
      .domain = {-1, 1},
      .large = {{{30, 5, 5}, {30, 5, 203}}}}},
    {"triangular_solve",
     well_conditioned({.lower = false}),
     {.shapes = {{{3, 3}, {3, 2}}, {{2, 1, 3, 3}, {4, 3, 1}}}, .domain = {-1, 1}, .large = {{{800, 4, 4}, {800, 4, 1}}}}},
    {"triangular_solve",
     well_conditioned({.transposed = true}),
     {.shapes = {{{3, 3}, {3, 2}}, {{2, 3, 3}, {2, 3, 1}}}, .domain = {-1, 1}, .large = {{{800, 4, 4}, {4, 2}}}}},
    {"triangular_solve",
     well_conditioned({.left = false}),
     {.shapes = {{{3, 3}, {2, 3}}, {{2, 3, 3}, {4, 3}}, {{0, 0}, {3, 0}}}, .domain = {-1, 1}}},
    {"triangular_solve",
     well_conditioned({.lower = false, .transposed = true, .left = false}),
     {.shapes = {{{3, 3}, {2, 3}}}, .domain = {-1, 1}}},
};
const References by_mpmath{"TriangularSolve.IsRight", {"triangular_solve"}};

TEST(TriangularSolve, Conforms) { conforming.check(); }

// From 40 digits. What is in the other triangle does not matter.
TEST(TriangularSolve, IsRight) {
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  const Tensor l = matrix_of({2, nan, nan, 1, -4, nan, 0.5, 3, 0.25}, {3, 3}),
               u = matrix_of({2, 1, 0.5, nan, -4, 3, nan, nan, 0.25}, {3, 3});
  const Tensor b = matrix_of({1, 2, 3, 4, 5, 6}, {3, 2}), rows = matrix_of({1, 3, 5, 2, 4, 6}, {2, 3});
  const std::vector<double> by_l{0.5, 1, -0.625, -0.75, 26.5, 31}, by_u{-11.625, -13.5, 14.25, 17, 20, 24};
  const std::vector<double> rows_by_l{-11.625, 14.25, 20, -13.5, 17, 24}, rows_by_u{0.5, -0.625, 26.5, 1, -0.75, 31};
  expect_values(value_of(solve(), {l, b}), {3, 2}, by_l);
  expect_values(value_of(solve({.lower = false, .transposed = true}), {u, b}), {3, 2}, by_l);
  expect_values(value_of(solve({.transposed = true}), {l, b}), {3, 2}, by_u);
  expect_values(value_of(solve({.lower = false}), {u, b}), {3, 2}, by_u);
  expect_values(value_of(solve({.left = false}), {l, rows}), {2, 3}, rows_by_l);
  expect_values(value_of(solve({.lower = false, .transposed = true, .left = false}), {u, rows}), {2, 3}, rows_by_l);
  expect_values(value_of(solve({.transposed = true, .left = false}), {l, rows}), {2, 3}, rows_by_u);
  expect_values(value_of(solve({.lower = false, .left = false}), {u, rows}), {2, 3}, rows_by_u);
  expect_values(value_of(solve(), {l.cast(DType::float32), b.cast(DType::float32)}), {3, 2}, by_l);
}

TEST(TriangularSolve, Broadcasts) {
  const Tensor l = matrix_of({1, 2, 4}, {3, 1, 1, 1}), b = whole_numbers({2, 1, 5});
  expect_values(value_of(solve(), {l, b}), {3, 2, 1, 5},
                {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 0.5, 1, 1.5, 2, 2.5, 3, 3.5, 4, 4.5, 0, 0.25, 0.5, 0.75, 1, 1.25, 1.5, 1.75, 2, 2.25});
}

TEST(TriangularSolve, SolvesManyColumns) {  // l·x gives b back, to the rounding of sums of 40 elements below 10
  const Build residual = [](const std::vector<Node>& v) {
    const Node l = triangle(v[0] + 8.0 * identity_like(v[0]));
    return matmul(l, triangular_solve(l, v[1])) - v[1];
  };
  const Tensor rest = value_of(residual, {spread({2, 40, 40}, -1, 1), spread({2, 40, 130}, -1, 1, 2)});
  for (std::int64_t i = 0; i < rest.count(); ++i) ASSERT_NEAR(rest.at(i), 0, 400 * 0x1p-53) << i;
}

TEST(TriangularSolve, DividesByZeroAsNumbersDo) {
  constexpr double inf = std::numeric_limits<double>::infinity();
  expect_close(value_of(solve(), {matrix_of({0}, {1, 1}), matrix_of({1, -1, 0}, {1, 3})}),
               {inf, -inf, std::numeric_limits<double>::quiet_NaN()}, 0);
}

TEST(TriangularSolve, IsReadBackFromItsAttributes) {
  register_builtin_ops();
  Graph graph;
  const Node l = graph.input("l", {batch, 3, 3}), y = triangular_solve(l, l, {.lower = false, .left = false});
  EXPECT_TRUE(make_op("triangular_solve", y.op().attributes())->same_as(y.op()));
  EXPECT_EQ(to_string(y.op().attributes()), "lower=false, transposed=false, left=false");
}

TEST(TriangularSolve, RefusesWhatDoesNotFit) {
  Graph graph;
  const Node l = graph.input("l", {batch, 3, 3}), b = graph.input("b", {3}), c = graph.input("c", {2, 4}), d = graph.input("d", {2, 3, 1});
  const std::string at = "triangular_solve at triangular_solve_test.cpp:{line}: ";
  expect_error<ShapeError>([&] { triangular_solve(b, c); }, at + "l is {3}, needs two last axes of one constant size");
  expect_error<ShapeError>([&] { triangular_solve(l, b); }, at + "b is {3}, needs two axes or more");
  expect_error<ShapeError>([&] { triangular_solve(l, c); }, at + "l is {batch, 3, 3}, b {2, 4}: sizes 3 and 2 differ");
  expect_error<ShapeError>([&] { triangular_solve(l, d); },
                           at + "l is {batch, 3, 3}, b {2, 3, 1}: leading axes {batch} and {2} do not broadcast: batch against 2");
  expect_error<DtypeError>([&] { triangular_solve(cast(l, DType::int32), d); },
                           at + "l is int32 {batch, 3, 3}, needs float32 or float64: cast it");
}

}  // namespace
}  // namespace loglik
