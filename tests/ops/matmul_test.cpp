#include "ops/matmul.h"

#include "framework/error.h"
#include "framework/registry.h"
#include "ops/builtin.h"
#include "tests/ops/cases.h"
#include "tests/ops/whole_numbers.h"

namespace loglik {
namespace {

// a holds k mod 7 − 3, b holds k mod 5 − 2. Recorded from NumPy 1.24: np.matmul(a, b), operands swapped by np.swapaxes(x, -1, -2).
struct Product {
  Extents a, b;
  bool transpose_a, transpose_b;
  Extents extents;
  std::vector<double> values;
};

Tensor left(Extents extents, DType dtype) { return whole_numbers(std::move(extents), dtype, 7, 3); }
Tensor right(Extents extents, DType dtype) { return whole_numbers(std::move(extents), dtype, 5, 2); }

Build product(const MatmulOptions& options) {
  return [=](const std::vector<Node>& x) { return matmul(x[0], x[1], options); };
}
Build summed(const MatmulOptions& options) {
  return [=](const std::vector<Node>& x) { return matmul_sum(x[0], x[1], options); };
}

const ConformanceCases conforming{
    {"matmul",
     product({}),
     {.shapes = {{{2, 3}, {3, 4}},
                 {{1, 1}, {1, 1}},
                 {{2, 2, 3}, {3, 2}},
                 {{2, 3}, {2, 3, 1}},
                 {{2, 1, 1, 2}, {3, 2, 1}},
                 {{3}, {3, 2}},
                 {{2, 3}, {3}},
                 {{3}, {3}},
                 {{2, 0}, {0, 3}},
                 {{0, 3}, {3, 2}},
                 {{0, 2, 3}, {3, 2}}},
      .large = {{{300, 120}, {120, 500}}}}},
    {"matmul", product({.transpose_a = true}), {.shapes = {{{3, 2}, {3, 4}}, {{2, 3, 2}, {3, 2}}}, .large = {{{120, 300}, {120, 500}}}}},
    {"matmul", product({.transpose_b = true}), {.shapes = {{{2, 3}, {4, 3}}, {{2, 2, 3}, {2, 3}}}, .large = {{{300, 120}, {500, 120}}}}},
    {"matmul",
     product({true, true}),
     {.shapes = {{{3, 2}, {4, 3}}, {{2, 3, 2}, {1, 3}}, {{3, 2}, {2, 1, 3}}}, .large = {{{120, 300}, {500, 120}}}}},
    {"matmul_sum", summed({}), {.shapes = {{{2, 1, 3}, {2, 3, 2}}, {{0, 2, 3}, {0, 3, 2}}}, .large = {{{7, 60, 50}, {7, 50, 70}}}}},
    {"matmul_sum", summed({.transpose_a = true}), {.shapes = {{{2, 3, 2}, {2, 3, 2}}}, .large = {{{7, 50, 60}, {7, 50, 70}}}}},
    {"matmul_sum", summed({true, true}), {.shapes = {{{2, 2, 1}, {2, 3, 2}}}}},
};
const References by_numpy{"Matmul.IsRight", {"matmul"}};
const References sums_by_numpy{"MatmulSum.IsRight", {"matmul_sum"}};

TEST(Matmul, Conforms) { conforming.check(); }

TEST(Matmul, IsRight) {
  const std::vector<Product> products{
      {{2, 3}, {3, 4}, false, false, {2, 4}, {1, 5, 4, -2, 4, 2, -5, -2}},
      {{3, 2}, {3, 4}, true, false, {2, 4}, {5, 7, -1, -4, 6, 6, -4, -4}},
      {{2, 3}, {4, 3}, false, true, {2, 4}, {8, -5, 2, -1, -1, -2, 2, -4}},
      {{3, 2}, {4, 3}, true, true, {2, 4}, {7, -7, 4, -5, 4, -6, 4, -6}},
      {{1, 1}, {1, 1}, false, false, {1, 1}, {6}},
      {{2, 0}, {0, 3}, false, false, {2, 3}, {0, 0, 0, 0, 0, 0}},
      {{0, 3}, {3, 2}, false, false, {0, 2}, {}},
      {{2, 2, 3}, {3, 2}, false, false, {2, 2, 2}, {4, 3, 4, -3, -10, -2, 4, -1}},
      {{2, 3, 2}, {3, 2}, true, false, {2, 2, 2}, {8, 0, 8, -2, -6, -5, 8, 0}},
      {{2, 1, 2, 3}, {3, 3, 1}, false, false, {2, 3, 2, 1}, {8, -1, -5, -2, 2, 2, -3, 2, 1, -3, -5, 2}},
      {{2, 3}, {2, 3, 2}, false, false, {2, 2, 2}, {4, 3, 4, -3, 3, -3, -3, 0}},
      {{2, 1, 2}, {1, 3, 2}, false, true, {2, 1, 3}, {8, -2, -2, 2, 0, -2}},
      {{2, 3, 1, 2}, {2, 1, 2, 2}, false, false, {2, 3, 1, 2}, {6, 1, 2, 1, -2, 1, 9, -6, -3, 4, -1, 0}},
      {{0, 2, 3}, {3, 2}, false, false, {0, 2, 2}, {}},
      {{3}, {3, 2}, false, false, {2}, {4, 3}},
      {{2, 3}, {3}, false, false, {2}, {8, -1}},
      {{3}, {3}, false, false, {}, {8}},
      {{2, 2, 3}, {3}, false, false, {2, 2}, {8, -1, -3, 2}},
      {{3}, {2, 3, 2}, false, false, {2, 2}, {4, 3, 3, -3}},
  };
  for (const Product& p : products) {
    SCOPED_TRACE(to_string(std::span(p.a)) + " · " + to_string(std::span(p.b)));
    const Build build = [&](const std::vector<Node>& x) { return matmul(x[0], x[1], {p.transpose_a, p.transpose_b}); };
    for (const DType dtype : {DType::float32, DType::float64})
      expect_values(value_of(build, {left(p.a, dtype), right(p.b, dtype)}), p.extents, p.values);
  }
}

TEST(MatmulSum, IsRight) {  // np.matmul(a, b).sum over the leading axes
  const std::vector<Product> products{
      {{2, 3, 2}, {2, 3, 2}, true, false, {2, 2}, {3, -4, 8, -5}},       {{2, 2, 3}, {2, 3, 1}, false, false, {2, 1}, {9, -4}},
      {{3, 1, 2, 2}, {3, 1, 2, 2}, false, true, {2, 2}, {2, 2, 16, -4}}, {{2, 2, 3}, {2, 2, 2}, true, true, {3, 2}, {14, -3, -3, 4, -6, 4}},
      {{0, 2, 3}, {0, 3, 2}, false, false, {2, 2}, {0, 0, 0, 0}},        {{2, 3}, {3, 2}, false, false, {2, 2}, {4, 3, 4, -3}},
  };
  for (const Product& p : products) {
    SCOPED_TRACE(to_string(std::span(p.a)) + " · " + to_string(std::span(p.b)));
    const Build build = [&](const std::vector<Node>& x) { return matmul_sum(x[0], x[1], {p.transpose_a, p.transpose_b}); };
    for (const DType dtype : {DType::float32, DType::float64})
      expect_values(value_of(build, {left(p.a, dtype), right(p.b, dtype)}), p.extents, p.values);
  }
}

TEST(Matmul, HasTheDerivatives) {
  struct Case {
    Extents a, b;
    MatmulOptions options = {};
  };
  const std::vector<Case> cases{
      {{2, 3}, {3, 4}},
      {{3, 2}, {3, 4}, {.transpose_a = true}},
      {{2, 3}, {4, 3}, {.transpose_b = true}},
      {{3, 2}, {4, 3}, {true, true}},
      {{1, 1}, {1, 1}},
      {{2, 2, 3}, {3, 2}},
      {{2, 3, 2}, {3, 2}, {.transpose_a = true}},
      {{2, 2, 3}, {2, 3}, {.transpose_b = true}},
      {{2, 3, 2}, {1, 3}, {true, true}},
      {{2, 3}, {2, 3, 1}},
      {{3, 2}, {2, 1, 3}, {true, true}},
      {{2, 1, 1, 2}, {3, 2, 1}},
      {{3}, {3, 2}},
      {{2, 3}, {3}},
      {{3}, {3}},
      {{2, 0}, {0, 3}},
      {{0, 3}, {3, 2}},
      {{0, 2, 3}, {3, 2}},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(to_string(std::span(c.a)) + " · " + to_string(std::span(c.b)));
    expect_derivatives(OpCase{"matmul", [&](const std::vector<Node>& x) { return matmul(x[0], x[1], c.options); }, {c.a, c.b}});
  }
  const std::vector<Case> sums{{{2, 3, 2}, {2, 3, 2}, {.transpose_a = true}}, {{2, 1, 3}, {2, 3, 2}}, {{2, 2, 1}, {2, 3, 2}, {true, true}}};
  for (const Case& c : sums)
    expect_derivatives(OpCase{"matmul_sum", [&](const std::vector<Node>& x) { return matmul_sum(x[0], x[1], c.options); }, {c.a, c.b}});
}

// Large enough to be cut into panels, several ways; whole numbers, so that the plain loops agree exactly.
TEST(Matmul, AgreesWithPlainLoopsInPanels) {
  struct Case {
    std::int64_t m, n, k;
  };
  for (const Case& c : std::vector<Case>{{300, 500, 120}, {64, 700, 300}, {2500, 33, 400}, {1, 4100, 3000}, {513, 513, 65}}) {
    for (const int flags : {0, 1, 2, 3}) {
      const MatmulOptions options{(flags & 1) != 0, (flags & 2) != 0};
      const Tensor a = left(options.transpose_a ? Extents{c.k, c.m} : Extents{c.m, c.k}, DType::float32);
      const Tensor b = right(options.transpose_b ? Extents{c.n, c.k} : Extents{c.k, c.n}, DType::float32);
      const Tensor product = value_of([&](const std::vector<Node>& x) { return matmul(x[0], x[1], options); }, {a, b});
      ASSERT_EQ(product.extents(), (Extents{c.m, c.n}));
      const float* x = a.values<float>().data();
      const float* y = b.values<float>().data();
      const auto z = product.values<float>();
      std::int64_t wrong = 0;
      for (std::int64_t i = 0; i < c.m; ++i)
        for (std::int64_t j = i % 7; j < c.n; j += 7) {  // a seventh of them, in every row and column
          float sum = 0;
          for (std::int64_t l = 0; l < c.k; ++l)
            sum += x[options.transpose_a ? l * c.m + i : i * c.k + l] * y[options.transpose_b ? j * c.k + l : l * c.n + j];
          wrong += z[static_cast<std::size_t>(i * c.n + j)] != sum;
        }
      EXPECT_EQ(wrong, 0) << c.m << " " << c.n << " " << c.k << " " << flags;
    }
  }
}

TEST(Matmul, HasTheSameBitsForAnyNumberOfThreads) {
  for (const auto& [a, b] : std::vector<std::pair<Extents, Extents>>{
           {{64, 784}, {784, 256}}, {{784, 64}, {64, 257}}, {{40, 64, 48}, {48, 64}}, {{40, 64, 48}, {40, 48, 64}}})
    expect_same_bits([](const std::vector<Node>& x) { return matmul(x[0], x[1]); },
                     {spread(a, -1, 1).cast(DType::float32), spread(b, -1, 1, 2).cast(DType::float32)});
}

// The weights of a layer that sees {batch, time, …}: forward one product, gradient one product, nothing batched is summed.
TEST(Matmul, SumsTheGradientOfASharedMatrixWithinOneProduct) {
  Graph graph;
  const Node x = graph.input("x", {batch, graph.dim("time"), 3});
  const Node w = graph.constant(whole_numbers({3, 2}, DType::float32));
  const Node y = matmul(x, w);
  EXPECT_EQ(to_string(y.shape()), "{batch, time, 2}");
  const std::vector<Node> ys{y}, seeds{y}, xs{w};
  const Node g = vector_jacobian_product(ys, seeds, xs)[0];
  EXPECT_EQ(g.op().name(), "matmul_sum");
  EXPECT_EQ(to_string(g.op().attributes()), "transpose_a=true, transpose_b=false");
  EXPECT_EQ(to_string(g.shape()), "{3, 2}");
}

TEST(Matmul, CountsItsOperations) {
  Graph graph;
  const Node y = matmul(graph.input("a", {5, 2, 3}), graph.input("b", {5, 3, 4}));
  const std::vector<TensorType> types{{DType::float32, {5, 2, 3}}, {DType::float32, {5, 3, 4}}};
  EXPECT_EQ(y.op().flops(types), 2.0 * 5 * 2 * 3 * 4);
  EXPECT_EQ(matmul_sum(y.inputs()[0], y.inputs()[1]).op().flops(types), 2.0 * 5 * 2 * 3 * 4);
}

TEST(Matmul, IsReadBackFromItsAttributes) {
  register_builtin_ops();
  Graph graph;
  const Node a = graph.input("a", {2, 3, 4}), b = graph.input("b", {2, 3, 4});
  for (const Node& y : {matmul(a, b, {.transpose_b = true}), matmul_sum(a, b, {.transpose_a = true})})
    EXPECT_TRUE(make_op(y.op().name(), y.op().attributes())->same_as(y.op()));
  EXPECT_FALSE(matmul(a, b, {.transpose_b = true}).op().same_as(matmul_sum(a, b, {.transpose_b = true}).op()));
}

TEST(Matmul, RefusesWhatDoesNotFit) {
  Graph graph;
  const Node x = graph.input("x", {batch, 784}), w = graph.input("w", {512, 10}), v = graph.input("v", {3}), s = graph.input("s", {});
  const Node p = graph.input("p", {3, 4, 5}), q = graph.input("q", {2, 5, 6}), i = graph.input("i", {784, 2}, DType::int32);
  expect_error<ShapeError>([&] { matmul(x, w); },
                           "matmul at matmul_test.cpp:{line}: {batch, 784} · {512, 10}: inner sizes 784 and 512 differ");
  expect_error<ShapeError>([&] { matmul(w, x, {.transpose_b = true}); },
                           "matmul at matmul_test.cpp:{line}: {512, 10} · {batch, 784}ᵀ: inner sizes 10 and 784 differ");
  expect_error<ShapeError>([&] { matmul(v, w); }, "matmul at matmul_test.cpp:{line}: {3} · {512, 10}: inner sizes 3 and 512 differ");
  expect_error<ShapeError>(
      [&] { matmul(p, q); },
      "matmul at matmul_test.cpp:{line}: {3, 4, 5} · {2, 5, 6}: leading axes {3} and {2} do not broadcast: 3 against 2");
  expect_error<ShapeError>([&] { matmul(v, v, {.transpose_a = true}); },
                           "matmul at matmul_test.cpp:{line}: {3} · {3}: a vector can't be transposed");
  expect_error<ShapeError>([&] { matmul(s, w); },
                           "matmul at matmul_test.cpp:{line}: {} · {512, 10}: a scalar has no inner axis; * multiplies by it");
  expect_error<ShapeError>(
      [&] {
        matmul_sum(p, graph.input("r", {5, 6}));
      },
      "matmul_sum at matmul_test.cpp:{line}: {3, 4, 5} · {5, 6}: leading axes {3} and {} differ");
  expect_error<DtypeError>([&] { matmul(i, i, {.transpose_a = true}); },
                           "matmul at matmul_test.cpp:{line}: a is int32 {784, 2}, needs float32 or float64: cast it");
  expect_error<DtypeError>([&] { matmul(x, cast(i, DType::float64)); },
                           "matmul at matmul_test.cpp:{line}: float32 {batch, 784} and float64 {784, 2} differ in dtype: cast one of them");
}

}  // namespace
}  // namespace loglik
