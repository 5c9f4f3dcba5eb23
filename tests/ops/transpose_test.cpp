#include "ops/transpose.h"

#include "framework/error.h"
#include "framework/registry.h"
#include "ops/builtin.h"
#include "tests/ops/cases.h"
#include "tests/ops/whole_numbers.h"

namespace loglik {
namespace {

const ConformanceCases conforming{
    {"transpose", [](Node x) { return transpose(x); }, {.shapes = {{2, 3}, {1, 1}, {7}, {0, 3}, {}}, .large = {{301, 403}}}},
    {"transpose",
     [](Node x) {
       return transpose(x * x, {2, 0, 1});
     },
     {.shapes = {{2, 1, 3}, {2, 3, 5}, {2, 0, 3}}, .large = {{20, 61, 73}}}},
    {"transpose",
     [](Node x) {
       return transpose(x, {-1, 0, -2});
     },
     {.shapes = {{2, 3, 2}}, .large = {{20, 61, 73}}}},
};
const References by_numpy{"Transpose.IsRight", {"transpose"}};

TEST(Transpose, Conforms) { conforming.check(); }

// x holds 0, 1, 2, …. Recorded from NumPy 1.24: x.transpose(permutation), x.T without.
TEST(Transpose, IsRight) {
  struct Case {
    Extents x;
    std::vector<std::int64_t> permutation;
    Extents extents;
    std::vector<double> values;
  };
  const std::vector<Case> cases{
      {{2, 3}, {}, {3, 2}, {0, 3, 1, 4, 2, 5}},
      {{3}, {}, {3}, {0, 1, 2}},
      {{}, {}, {}, {0}},
      {{2, 3, 2}, {}, {2, 3, 2}, {0, 6, 2, 8, 4, 10, 1, 7, 3, 9, 5, 11}},
      {{2, 3, 2}, {1, 0, 2}, {3, 2, 2}, {0, 1, 6, 7, 2, 3, 8, 9, 4, 5, 10, 11}},
      {{2, 3, 2}, {0, 2, 1}, {2, 2, 3}, {0, 2, 4, 1, 3, 5, 6, 8, 10, 7, 9, 11}},
      {{2, 1, 3}, {2, 0, 1}, {3, 2, 1}, {0, 3, 1, 4, 2, 5}},
      {{2, 2, 2, 2}, {3, 1, 0, 2}, {2, 2, 2, 2}, {0, 2, 8, 10, 4, 6, 12, 14, 1, 3, 9, 11, 5, 7, 13, 15}},
      {{0, 3}, {1, 0}, {3, 0}, {}},
      {{2, 3, 2}, {-1, 0, -2}, {2, 2, 3}, {0, 2, 4, 6, 8, 10, 1, 3, 5, 7, 9, 11}},
  };
  for (const Case& c : cases)
    for (const DType dtype : {DType::float32, DType::float64, DType::int32, DType::uint8}) {
      SCOPED_TRACE(to_string(std::span(c.x)) + " by " + to_string(std::span(c.permutation)));
      const Build build = [&](const std::vector<Node>& x) { return transpose(x[0], c.permutation); };
      expect_values(value_of(build, {whole_numbers(c.x, dtype)}), c.extents, c.values);
    }
}

// Large enough for many tiles and pieces: element by element.
TEST(Transpose, AgreesWithPlainLoops) {
  const Extents sizes{70, 3, 65, 34};
  const Tensor x = whole_numbers(sizes, DType::int32);
  std::vector<std::int64_t> p{0, 1, 2, 3};
  do {
    const Tensor y = value_of([&](const std::vector<Node>& nodes) { return transpose(nodes[0], p); }, {x});
    std::int64_t wrong = 0, to = 0;
    std::array<std::int64_t, 4> i{}, size{}, stride{3 * 65 * 34, 65 * 34, 34, 1};
    for (std::size_t axis = 0; axis < 4; ++axis) size[axis] = sizes[static_cast<std::size_t>(p[axis])];
    const auto at = [&](std::size_t axis) { return i[axis] * stride[static_cast<std::size_t>(p[axis])]; };
    for (i[0] = 0; i[0] < size[0]; ++i[0])
      for (i[1] = 0; i[1] < size[1]; ++i[1])
        for (i[2] = 0; i[2] < size[2]; ++i[2])
          for (i[3] = 0; i[3] < size[3]; ++i[3])
            wrong += y.values<std::int32_t>()[static_cast<std::size_t>(to++)] != at(0) + at(1) + at(2) + at(3);
    EXPECT_EQ(wrong, 0) << to_string(std::span(p));
  } while (std::next_permutation(p.begin(), p.end()));
}

TEST(Transpose, IsSimplified) {
  Graph graph;
  const Node x = graph.input("x", {2, 1, 3});
  const auto simplified = [](Node y) {
    const std::vector<TensorType> types{y.type()};
    return y.op().simplify(SimplifyArgs(y.inputs(), types));
  };
  EXPECT_EQ(simplified(transpose(x, {0, 1, 2})).at(0), x);
  EXPECT_EQ(simplified(transpose(x, {1, 0, 2})).at(0).op().name(), "reshape");
  EXPECT_TRUE(simplified(transpose(x, {2, 1, 0})).empty());
  const Node twice = simplified(transpose(transpose(x, {2, 0, 1}), {2, 1, 0})).at(0);
  EXPECT_EQ(to_string(twice.op().attributes()), "permutation={1, 0, 2}");
  EXPECT_EQ(twice.inputs()[0], x);
  EXPECT_EQ(to_string(twice.shape()), "{1, 2, 3}");
}

TEST(Transpose, RefusesWhatIsNoPermutation) {
  register_builtin_ops();
  Graph graph;
  const Node x = graph.input("x", {batch, 2, 3});
  EXPECT_EQ(to_string(transpose(x).shape()), "{3, 2, batch}");
  EXPECT_TRUE(make_op("transpose", transpose(x).op().attributes())->same_as(transpose(x).op()));
  const std::string end = " does not permute the axes of {batch, 2, 3}: each of 0 to 2 once";
  expect_error<ShapeError>([&] { transpose(x, {1, 0}); }, "transpose at transpose_test.cpp:{line}: {1, 0}" + end);
  expect_error<ShapeError>([&] { transpose(x, {0, 1, 1}); }, "transpose at transpose_test.cpp:{line}: {0, 1, 1}" + end);
  expect_error<ShapeError>([&] { transpose(x, {0, 1, 3}); }, "transpose at transpose_test.cpp:{line}: {0, 1, 3}" + end);
  expect_error<ShapeError>([&] { transpose(x, {0, 1, 2, 0}); }, "transpose at transpose_test.cpp:{line}: {0, 1, 2, 0}" + end);
}

}  // namespace
}  // namespace loglik
