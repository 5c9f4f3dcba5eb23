#include "ops/triangle.h"

#include <limits>

#include "framework/error.h"
#include "tests/ops/matrices.h"
#include "tests/ops/whole_numbers.h"

namespace loglik {
namespace {

TEST(Triangle, IsRight) {
  const Tensor x = whole_numbers({2, 3, 3});
  const auto keep = [](TriangleOptions options) { return [=](const std::vector<Node>& v) { return triangle(v[0], options); }; };
  expect_values(value_of(keep({}), {x}), {2, 3, 3}, {0, 0, 0, 3, 4, 0, 6, 7, 8, 9, 0, 0, 12, 13, 0, 15, 16, 17});
  expect_values(value_of(keep({.lower = false, .diagonal = 0.5}), {x}), {2, 3, 3},
                {0, 1, 2, 0, 2, 5, 0, 0, 4, 4.5, 10, 11, 0, 6.5, 14, 0, 0, 8.5});
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  expect_values(value_of(keep({}), {matrix_of({1, nan, 2, 3}, {2, 2})}), {2, 2}, {1, 0, 2, 3});
  expect_derivatives(keep({.diagonal = 3}), {spread({2, 3, 3}, -1, 1)}, 2);
}

TEST(Triangle, TakesPartsOfMatrices) {
  const Tensor x = whole_numbers({2, 2, 2});
  expect_values(value_of(unary(diagonal), {x}), {2, 2}, {0, 3, 4, 7});
  expect_values(value_of(unary(transpose_last), {whole_numbers({2, 2, 3})}), {2, 3, 2}, {0, 3, 1, 4, 2, 5, 6, 9, 7, 10, 8, 11});
  expect_derivatives(unary(diagonal), {spread({2, 3, 3}, -1, 1)}, 2);
}

TEST(Triangle, RefusesWhatIsNotSquare) {
  Graph graph;
  const Node x = graph.input("x", {batch, 2, 3}), y = graph.input("y", {batch, batch}), s = graph.input("s", {3});
  expect_error<ShapeError>([&] { triangle(x); },
                           "triangle at triangle_test.cpp:{line}: x is {batch, 2, 3}, needs two last axes of one constant size");
  expect_error<ShapeError>([&] { diagonal(y); },
                           "diagonal at triangle_test.cpp:{line}: x is {batch, batch}, needs two last axes of one constant size");
  expect_error<ShapeError>([&] { transpose_last(s); }, "transpose_last at triangle_test.cpp:{line}: x is {3}, needs two axes or more");
}

}  // namespace
}  // namespace loglik
