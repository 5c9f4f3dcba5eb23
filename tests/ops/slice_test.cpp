#include "ops/slice.h"

#include "framework/error.h"
#include "framework/registry.h"
#include "ops/builtin.h"
#include "ops/concat.h"
#include "tests/ops/cases.h"
#include "tests/ops/whole_numbers.h"

namespace loglik {
namespace {

const ConformanceCases conforming{
    {"slice",
     [](Node x) {
       return slice(x * x, {{.begin = 1}, {.step = 2}});
     },
     {.shapes = {{3, 5}, {1, 1}, {2, 0}}, .large = {{301, 403}}}},
    {"slice", [](Node x) { return slice(x, 1, {.step = -1}) * x; }, {.shapes = {{2, 3}, {1, 1}, {0, 4}, {2, 0}}, .large = {{301, 403}}}},
    {"slice", [](Node x) { return slice(x, {{.begin = 9, .end = -9, .step = -2}}); }, {.shapes = {{5, 2}, {1}, {0, 3}}}},
    {"slice", [](Node x) { return slice(x, {{.end = 0}}); }, {.shapes = {{2, 3}}}},
    {"slice", [](Node x) { return slice(x, std::initializer_list<Range>{}); }, {.shapes = {{}, {3}}}},
    {"slice", [](Node x) { return narrow(x * x, -1, 1, 2); }, {.shapes = {{2, 4}, {0, 4}}}},
    {"slice",
     [](Node x) {
       return split(x, {1, 3}, 0)[1] * split(x, 4, 0)[2];
     },
     {.shapes = {{4, 1}, {4, 0}}}},
    {"slice_gradient",
     [](Node x) {
       return gradient(reduce_sum(slice(x, {{.begin = 1}, {.begin = 3, .step = -2}}) * slice(x * x, {{.begin = 1}, {.end = 2}})), x);
     },
     {.shapes = {{3, 5}, {1, 5}},
      .large = {{301, 5}},
      .skip = {{conformance::Property::dtypes, "made by differentiating, of floats only"}}}},
};
const References by_numpy{"Slice.IsRight", {"slice", "slice_gradient"}};

TEST(Slice, Conforms) { conforming.check(); }

// x holds 0, 1, 2, …. Recorded from NumPy 1.24.
TEST(Slice, IsRight) {
  struct Case {
    Extents x;
    std::vector<Range> ranges;
    Extents extents;
    std::vector<double> values;
  };
  const std::vector<Case> cases{
      {{3, 4}, {{.begin = 1}}, {2, 4}, {4, 5, 6, 7, 8, 9, 10, 11}},                                               // x[1:]
      {{3, 4}, {{}, {.step = 2}}, {3, 2}, {0, 2, 4, 6, 8, 10}},                                                   // x[:, ::2]
      {{3, 4}, {{}, {.step = -1}}, {3, 4}, {3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8}},                               // x[:, ::-1]
      {{3, 4}, {{.step = -1}, {.begin = 1, .end = 3}}, {3, 2}, {9, 10, 5, 6, 1, 2}},                              // x[::-1, 1:3]
      {{5}, {{.begin = -3, .end = -1}}, {2}, {2, 3}},                                                             // x[-3:-1]
      {{5}, {{.begin = -9, .end = 9, .step = 2}}, {3}, {0, 2, 4}},                                                // x[-9:9:2]
      {{5}, {{.begin = 9, .end = -9, .step = -2}}, {3}, {4, 2, 0}},                                               // x[9:-9:-2]
      {{5}, {{.begin = 3, .end = 0, .step = -2}}, {2}, {3, 1}},                                                   // x[3:0:-2]
      {{5}, {{.begin = 3, .end = 1}}, {0}, {}},                                                                   // x[3:1]
      {{5}, {{.begin = 4, .step = 7}}, {1}, {4}},                                                                 // x[4::7]
      {{0, 2}, {{.step = -1}}, {0, 2}, {}},                                                                       // x[::-1]
      {{2, 3, 4}, {{.begin = 1}, {.step = 2}, {.begin = 3, .end = 0, .step = -2}}, {1, 2, 2}, {15, 13, 23, 21}},  // x[1:, ::2, 3:0:-2]
      {{1, 3}, {{.step = -1}, {}}, {1, 3}, {0, 1, 2}},                                                            // x[::-1, :]
      {{}, {}, {}, {0}},
  };
  for (const Case& c : cases)
    for (const DType dtype : {DType::float32, DType::float64, DType::int32, DType::uint8}) {
      SCOPED_TRACE(to_string(std::span(c.x)));
      const Build build = [&](const std::vector<Node>& x) { return slice(x[0], c.ranges); };
      expect_values(value_of(build, {whole_numbers(c.x, dtype)}), c.extents, c.values);
      // Its gradient by plain reasoning: what was taken, at the place it was taken from; elsewhere 0.
      if (!is_float(dtype)) continue;
      std::vector<double> taken(static_cast<std::size_t>(count(c.x)), 0);
      for (const double place : c.values) taken[static_cast<std::size_t>(place)] = place + 1;
      const Tensor x = whole_numbers(c.x, dtype);
      Graph graph;
      const Node node = graph.constant(x), y = slice(node, c.ranges);
      const std::vector<Node> ys{y}, seeds{y + 1.0}, xs{node};
      expect_values(interpret(vector_jacobian_product(ys, seeds, xs)[0]), c.x, taken);
    }
}

TEST(Slice, AgreesWithPlainLoops) {
  const Tensor x = whole_numbers({50, 70, 33}, DType::float32);
  const Tensor y = value_of(
      [](const std::vector<Node>& n) {
        return slice(n[0], {{.begin = 3}, {.begin = -2, .step = -3}, {.begin = 1, .step = 2}});
      },
      {x});
  ASSERT_EQ(y.extents(), (Extents{47, 23, 16}));
  std::int64_t wrong = 0, k = 0;
  for (int i = 3; i < 50; ++i)
    for (int j = 68; j >= 0; j -= 3)
      for (int l = 1; l < 33; l += 2)
        wrong += y.values<float>()[static_cast<std::size_t>(k++)] != static_cast<float>((i * 70 + j) * 33 + l);
  EXPECT_EQ(wrong, 0);
}

TEST(Slice, TakesWhatItCanOfAnUnknownSize) {
  Graph graph;
  const Node x = graph.input("x", {Dim(4, Symbol::batch()), 2}, DType::float64);
  const Tensor four = whole_numbers({4, 2}), eight = whole_numbers({8, 2});
  EXPECT_EQ(slice(x, 1, {.end = 1}).shape(), (Shape{Dim(4, Symbol::batch()), 1}));
  expect_values(interpret(slice(x, 0, {.step = -1}), {{"x", four}}), {4, 2}, {6, 7, 4, 5, 2, 3, 0, 1});
  const Node odd = slice(x, {{.begin = 1, .step = 2}, {.begin = 1}});
  EXPECT_EQ(to_string(odd.shape()), "{2·batch, 1}");
  expect_values(interpret(odd, {{"x", eight}}), {4, 1}, {3, 7, 11, 15});
  const std::vector<Node> halves = split(x, 2, 0);
  EXPECT_EQ(to_string(halves[1].shape()), "{2·batch, 2}");
  expect_values(interpret(halves[1], {{"x", eight}}), {4, 2}, {8, 9, 10, 11, 12, 13, 14, 15});
  expect_values(interpret(narrow(x, 0, batch, batch), {{"x", eight}}), {2, 2}, {4, 5, 6, 7});
  EXPECT_EQ(interpret(narrow(x, 0, batch, batch), {{"x", whole_numbers({0, 2})}}).count(), 0);
  EXPECT_EQ(narrow(x, 0, 0, Dim(4, Symbol::batch())), x);
  const std::string end =
      "axis 0 of {4·batch, 2} has no constant size: it can be taken whole, reversed, or every p-th with p dividing 4; narrow takes "
      "multiples of batch";
  for (const Range range : {Range{.begin = 1}, Range{.end = 3}, Range{.step = 3}, Range{.begin = 2, .step = 2}})
    expect_error<ShapeError>([&] { slice(x, 0, range); }, "slice at slice_test.cpp:{line}: " + end);
}

TEST(Split, IsUndoneByConcat) {
  const Tensor x = whole_numbers({2, 6}, DType::int32);
  for (const bool equal : {true, false})
    expect_values(value_of(
                      [&](const std::vector<Node>& n) {
                        std::vector<Node> parts = equal ? split(n[0], 3, 1) : split(n[0], {1, 0, 5}, -1);
                        EXPECT_EQ(parts.size(), 3u);
                        return concat(parts, 1);
                      },
                      {x}),
                  {2, 6}, {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11});
}

TEST(Split, SparseLeavesOutWhatIsZero) {
  Graph graph;
  const Node x = graph.constant(spread({2, 6}, -1, 1));
  const std::vector<Node> parts = split(x, 3, -1);
  const auto rows = [&](Node y) { return split_sparse(gradient(reduce_sum(y), x), 3, -1); };
  const auto there = [](const std::vector<Node>& of) { return std::vector<bool>{bool(of[0]), bool(of[1]), bool(of[2])}; };
  EXPECT_EQ(there(rows(parts[1] * parts[1])), (std::vector<bool>{false, true, false}));
  EXPECT_EQ(there(rows(parts[0] * parts[2])), (std::vector<bool>{true, false, true}));
  EXPECT_EQ(there(rows(slice(x, 1, {.begin = 1, .end = 4}))), (std::vector<bool>{true, true, false}));
  EXPECT_EQ(there(rows(slice(x, 1, {.begin = 3, .step = -3}))), (std::vector<bool>{true, true, false}));
  EXPECT_EQ(there(rows(x * x)), (std::vector<bool>{true, true, true}));
  // What is there is what `split` gives.
  for (const Node y : {parts[1] * parts[1], parts[0] * parts[2], slice(x, 1, {.begin = 1, .end = 4}), slice(x, {{.end = 1}, {.begin = 2, .end = 4}}), slice(x, 1, {.begin = 5, .step = -2})}) {
    const Node whole = gradient(reduce_sum(y), x);
    const std::vector<Node> expected = split(whole, 3, -1), actual = split_sparse(whole, 3, -1);
    for (std::size_t i = 0; i < 3; ++i) {
      const Tensor part = interpret(expected[i]);
      if (actual[i]) EXPECT_TRUE(interpret(actual[i]).same_bits(part)) << i;
      else for (std::int64_t k = 0; k < part.count(); ++k) EXPECT_EQ(part.at(k), 0) << i;
    }
  }
  EXPECT_THROW(split_sparse(x, 4, -1), ShapeError);
  EXPECT_THROW(split_sparse(x, 0, -1), ArgumentError);
}

TEST(Slice, IsReadBackFromItsAttributes) {
  register_builtin_ops();
  Graph graph;
  const Node x = graph.input("x", {batch, 5}, DType::float64);
  const Node y = slice(x, {{.step = -1}, {.begin = 1, .end = 4, .step = 2}});
  EXPECT_EQ(to_string(y.op().attributes()), "begin={-1, 1}, size={-1, 2}, step={-1, 2}");
  const Node g = gradient(reduce_sum(y), x);
  EXPECT_EQ(to_string(g.op().attributes()), "shape={batch, 5}, begin={-1, 1}, size={-1, 2}, step={-1, 2}");
  for (const Node& node : {y, g}) {
    const auto op = make_op(node.op().name(), node.op().attributes());
    EXPECT_TRUE(op->same_as(node.op()));
    EXPECT_EQ(op->infer(std::vector<TensorType>{node.inputs()[0].type()})[0], node.type());
  }
  Attributes outside = {
      {"begin", std::vector<std::int64_t>{3}}, {"size", std::vector<std::int64_t>{3}}, {"step", std::vector<std::int64_t>{1}}};
  expect_error<ShapeError>(
      [&] {
        make_op("slice", outside)->infer(std::vector<TensorType>{{DType::float32, {5}}});
      },
      "begin {3}, size {3}, step {1} do not lie in {5}");
}

TEST(Slice, RefusesWhatIsNotThere) {
  Graph graph;
  const Node x = graph.input("x", {batch, 12});
  expect_error<ArgumentError>([&] { slice(x, 1, {.step = 0}); }, "slice at slice_test.cpp:{line}: the step of axis 1 is 0");
  expect_error<ShapeError>([&] { slice(x, 2, {}); },
                           "slice at slice_test.cpp:{line}: {batch, 12}: axis 2 is out of range: rank 2 has the axes -2 to 1");
  expect_error<ShapeError>([&] { slice(x, {{}, {}, {}}); }, "slice at slice_test.cpp:{line}: 3 ranges for {batch, 12}, which has 2 axes");
  expect_error<ShapeError>([&] { narrow(x, 1, 8, 5); },
                           "narrow at slice_test.cpp:{line}: 5 elements from 8 on do not lie in axis 1 of {batch, 12}");
  expect_error<ShapeError>([&] { narrow(x, 0, 0, 5); },
                           "narrow at slice_test.cpp:{line}: 5 elements from 0 on do not lie in axis 0 of {batch, 12}");
  expect_error<ShapeError>([&] { split(x, 5, 1); },
                           "split at slice_test.cpp:{line}: axis 1 of {batch, 12} does not divide into 5 equal parts");
  expect_error<ShapeError>(
      [&] {
        split(x, {5, 6}, 1);
      },
      "split at slice_test.cpp:{line}: parts of sizes {5, 6} do not make up axis 1 of {batch, 12}");
  expect_error<ArgumentError>([&] { split(x, 0, 1); }, "split at slice_test.cpp:{line}: 0 parts, needs one or more");
}

}  // namespace
}  // namespace loglik
