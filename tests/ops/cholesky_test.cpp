#include "ops/cholesky.h"

#include <limits>

#include "framework/distribution.h"
#include "framework/error.h"
#include "framework/head.h"
#include "framework/model.h"
#include "ops/distributions/gaussian.h"
#include "ops/exponential.h"
#include "tests/ops/cases.h"
#include "tests/ops/matrices.h"
#include "tests/ops/whole_numbers.h"

namespace loglik {
namespace {

const ConformanceCases conforming{
    {"cholesky",
     [](Node x) { return cholesky(positive_definite(x)); },
     {.shapes = {{3, 3}, {1, 1}, {2, 5, 5}, {2, 1, 2, 2}, {0, 3, 3}, {2, 0, 0}}, .domain = {-1, 1}, .large = {{2000, 4, 4}}, .orders = 3}},
};
const References by_mpmath{"Cholesky.IsRight", {"cholesky"}};

TEST(Cholesky, Conforms) { conforming.check(); }

TEST(Cholesky, IsRight) {  // from 40 digits; the second is Hilbert's matrix of condition 5e5, which each pivot's own error is divided by
  const Tensor a = matrix_of({4, 1, -0.5, 1, 2.25, 0.75, -0.5, 0.75, 1.5}, {3, 3});
  const std::vector<double> l{2, 0, 0, 0.5, 1.4142135623730950, 0, -0.25, 0.61871843353822908, 1.0269797953221865};
  expect_close(value_of(unary(cholesky), {a}), l, 2);
  expect_close(value_of(unary(cholesky), {a.cast(DType::float32)}), l, 2);
  std::vector<double> hilbert;
  for (int i = 0; i < 5; ++i)
    for (int j = 0; j < 5; ++j) hilbert.push_back(1.0 / (i + j + 1));
  const Tensor h = value_of(unary(cholesky), {matrix_of(hilbert, {5, 5})});
  EXPECT_NEAR(h.at(24), 0.0047619047619072562, 0.0047619 * 5e5 * 0x1p-53);
  EXPECT_NEAR(h.at(18), 0.01889822365046265, 0.0189 * 5e5 * 0x1p-53);
  EXPECT_EQ(h.at(19), 0);
}

TEST(Cholesky, TakesTheMeanOfBothTriangles) {
  const Tensor l = value_of(unary(cholesky), {matrix_of({4, 3, 1, 10}, {2, 2})});
  expect_values(l, {2, 2}, {2, 0, 1, 3});
  // So the gradient is that of what is computed, and symmetric: of log det = Σ 2·log Lᵢᵢ it is the inverse, (10, −2; −2, 4)/36.
  const Build log_det = [](const std::vector<Node>& x) { return 2.0 * log(diagonal(cholesky(x[0]))); };
  expect_close(gradient_of(log_det, matrix_of({4, 3, 1, 10}, {2, 2})), {10 / 36.0, -2 / 36.0, -2 / 36.0, 4 / 36.0}, 4);
  expect_derivatives([](const std::vector<Node>& x) { return cholesky(x[0] + 3.0 * identity_like(x[0])); }, {spread({2, 3, 3}, -1, 1)});
}

// Whatever the number of threads the first one is named.
TEST(Cholesky, NamesAMatrixThatIsNotPositiveDefinite) {
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  std::vector<double> values;
  for (int i = 0; i < 20000; ++i) values.insert(values.end(), {2, 1, 1, 2});
  const auto refused = [&](std::vector<double> a, std::int64_t first, const std::string& text) {
    std::vector<double> all = values;
    std::copy(a.begin(), a.end(), all.begin() + first * 4);
    std::fill_n(all.begin() + 4 * 19000, 4, -1.0);
    for (const int threads : {1, 3}) {
      set_thread_count(threads);
      expect_error<MatrixError>([&] { value_of(unary(cholesky), {matrix_of(all, {20000, 2, 2})}); }, text);
    }
    set_thread_count(1);
  };
  refused({1, 2, 2, 3}, 7, "matrix 7 is not positive definite: pivot 1 is -1, not above 0");
  refused({0, 0, 0, 0}, 12000, "matrix 12000 is not positive definite: pivot 0 is 0, not above 0");
  refused({nan, 0, 0, 1}, 3, "matrix 3 is not positive definite: pivot 0 is nan, not above 0");
  refused({4, 2, 2, 1}, 0, "matrix 0 is not positive definite: pivot 1 is 0, not above 0");
}

TEST(Cholesky, NamesItsLineInAStep) {
  const std::string text = "cholesky at cholesky_test.cpp:{line}: matrix 0 is not positive definite: pivot 1 is -4, not above 0";
  Graph graph;
  graph.head("y", Gaussian{.loc = diagonal(cholesky(graph.input("a", {batch, 2, 2})))});
  const Model model = compile(graph);
  expect_error<MatrixError>([&] { model.predict(Tensor::from(std::vector<float>{1, 0, 0, -4}, {1, 2, 2})); }, text);
  Graph constant;  // folded
  const Node l = cholesky(constant.constant(Tensor::from(std::vector<float>{1, 0, 0, -4}, {2, 2})));
  constant.head("y", Gaussian{.loc = constant.input("x", {batch, 2}) + diagonal(l)});
  expect_error<MatrixError>([&] { compile(constant); }, text);
}

TEST(Cholesky, RefusesWhatIsNotSquare) {
  Graph graph;
  const std::string at = "cholesky at cholesky_test.cpp:{line}: ";
  expect_error<ShapeError>(
      [&] {
        cholesky(graph.input("x", {batch, 2, 3}));
      },
      at + "a is {batch, 2, 3}, needs two last axes of one constant size");
  expect_error<DtypeError>(
      [&] {
        cholesky(graph.input("i", {2, 2}, DType::int32));
      },
      at + "a is int32 {2, 2}, needs float32 or float64: cast it");
}

}  // namespace
}  // namespace loglik
