#include "ops/gather.h"

#include "framework/error.h"
#include "framework/registry.h"
#include "ops/builtin.h"
#include "tests/ops/cases.h"
#include "tests/ops/whole_numbers.h"

namespace loglik {
namespace {

Build take(std::int64_t axis) {
  return [=](const std::vector<Node>& x) { return gather(x[0] * x[0], x[1], axis); };
}
// The gradient of what is taken from x: g {…} is the first input.
const std::vector<conformance::InputOptions> places_below_3{{}, {.dtype = DType::int32, .domain = conformance::Domain{0, 3}}};

const ConformanceCases conforming{
    {"gather",
     take(0),
     {.shapes = {{{3, 2}, {2, 2}}, {{3}, {1}}, {{3, 5}, {7}}, {{3}, {0}}, {{3, 0}, {2}}},
      .inputs = places_below_3,
      .large = {{{3, 301}, {203}}}}},
    {"gather",
     take(-1),
     {.shapes = {{{2, 3}, {}}, {{0, 3}, {2}}, {{2, 3}, {2, 1}}}, .inputs = places_below_3, .large = {{{301, 3}, {203}}}}},
    {"gather_gradient",
     [](Node x, Node i) { return gradient(reduce_sum(gather(x * x, i, 0) * gather(x, i, 0)), x); },
     {.shapes = {{{3, 2}, {4}}, {{3}, {0}}},
      .inputs = places_below_3,
      .large = {{{3, 301}, {203}}},
      .skip = {{conformance::Property::dtypes, "made by differentiating, of floats only"}}}},
    {"take_along_last",
     [](Node x, Node i) { return take_along_last(x * x, i); },
     {.shapes = {{{2, 3}, {2}}, {{3}, {}}, {{2, 3}, {2, 2}}, {{2, 1, 3}, {2, 1}}, {{0, 3}, {0}}},
      .inputs = places_below_3,
      .large = {{{50001, 3}, {50001}}}}},
    {"take_along_last_gradient",
     [](Node x, Node i) { return gradient(reduce_sum(take_along_last(x * x, i) * take_along_last(x, i)), x); },
     {.shapes = {{{2, 3}, {2}}, {{3}, {}}, {{0, 3}, {0}}},
      .inputs = places_below_3,
      .large = {{{50001, 3}, {50001}}},
      .skip = {{conformance::Property::dtypes, "made by differentiating, of floats only"}}}},
    {"one_hot",
     [](Node i) { return one_hot(i, 3); },
     {.shapes = {{5}, {1, 1}, {}, {0, 2}}, .inputs = {places_below_3[1]}, .large = {{50001}}}},
    {"one_hot", [](Node i) { return one_hot(i, 4, DType::boolean); }, {.shapes = {{5}, {1, 1}, {}, {0, 2}}, .inputs = {places_below_3[1]}}},
};
const References by_numpy{"Gather.IsRight", {"gather", "gather_gradient"}};
const References rows_by_hand{"TakeAlongLast.IsRight", {"take_along_last", "take_along_last_gradient"}};
const References ones_by_hand{"OneHot.IsRight", {"one_hot"}};

TEST(Gather, Conforms) { conforming.check(); }

// x holds 0, 1, 2, …; g holds 1, 2, 3, …. Recorded from NumPy 1.24: np.take(x, indices, axis) and g added up with np.add.at.
TEST(Gather, IsRight) {
  struct Case {
    Extents x, indices_extents;
    std::vector<std::int32_t> places;
    std::int64_t axis;
    Extents extents;
    std::vector<double> values, gradient;
  };
  const std::vector<Case> cases{
      {{4, 2}, {3}, {2, 0, 2}, 0, {3, 2}, {4, 5, 0, 1, 4, 5}, {3, 4, 0, 0, 6, 8, 0, 0}},
      {{2, 3}, {2, 2}, {0, 2, 1, 1}, 1, {2, 2, 2}, {0, 2, 1, 1, 3, 5, 4, 4}, {1, 7, 2, 5, 15, 6}},
      {{2, 3}, {}, {1}, -1, {2}, {1, 4}, {0, 1, 0, 0, 2, 0}},
      {{3}, {2, 2}, {2, 2, 0, 1}, 0, {2, 2}, {2, 2, 0, 1}, {3, 4, 3}},
      {{2, 2, 2}, {1}, {1}, 1, {2, 1, 2}, {2, 3, 6, 7}, {0, 0, 1, 2, 0, 0, 3, 4}},
      {{3, 2}, {0}, {}, 0, {0, 2}, {}, {0, 0, 0, 0, 0, 0}},
      {{3, 0}, {2}, {0, 2}, 0, {2, 0}, {}, {}},
      {{0, 3}, {2}, {0, 2}, 1, {0, 2}, {}, {}},
  };
  for (const Case& c : cases)
    for (const DType dtype : {DType::float32, DType::float64, DType::int32, DType::uint8}) {
      SCOPED_TRACE(to_string(std::span(c.x)));
      Graph graph;
      const Node x = graph.constant(whole_numbers(c.x, dtype)), y = gather(x, graph.constant(indices(c.places, c.indices_extents)), c.axis);
      expect_values(interpret(y), c.extents, c.values);
      if (!is_float(dtype)) continue;
      const std::vector<Node> ys{y}, seeds{graph.constant(whole_numbers(c.extents, dtype, 1 << 20, -1))}, xs{x};
      expect_values(interpret(vector_jacobian_product(ys, seeds, xs)[0]), c.x, c.gradient);
    }
}

Node places(Node like, const std::vector<std::int32_t>& values, Extents extents) {
  return like.graph().constant(indices(values, std::move(extents)));
}

TEST(Gather, HasTheDerivatives) {
  const std::vector<OpCase> cases{
      {"gather",
       [](const std::vector<Node>& x) {
         return gather(x[0] * x[0], places(x[0], {2, 0, 2, 1}, {2, 2}), 0);
       },
       {{3, 2}}},
      {"gather", [](const std::vector<Node>& x) { return gather(x[0], places(x[0], {1}, {}), -1); }, {{2, 3}}},
      {"gather", [](const std::vector<Node>& x) { return gather(x[0], places(x[0], {}, {0}), 0); }, {{3}}},
      {"take_along_last",
       [](const std::vector<Node>& x) {
         return take_along_last(x[0] * x[0], places(x[0], {2, 0}, {2}));
       },
       {{2, 3}}},
      {"take_along_last", [](const std::vector<Node>& x) { return take_along_last(x[0], places(x[0], {2}, {})); }, {{3}}},
      {"take_along_last",
       [](const std::vector<Node>& x) {
         return take_along_last(x[0], places(x[0], {2, 0, 1, 1}, {2, 2}));
       },
       {{2, 3}}},
      {"take_along_last", [](const std::vector<Node>& x) { return take_along_last(x[0], places(x[0], {}, {0})); }, {{0, 3}}},
  };
  for (const OpCase& c : cases) expect_derivatives(c);
}

TEST(TakeAlongLast, IsRight) {
  const auto take = [](const std::vector<Node>& x) { return take_along_last(x[0], x[1]); };
  for (const DType dtype : {DType::float32, DType::float64, DType::int32, DType::uint8}) {
    expect_values(value_of(take, {whole_numbers({2, 3}, dtype), indices({2, 0}, {2})}), {2}, {2, 3});
    expect_values(value_of(take, {whole_numbers({2, 1, 2}, dtype), indices({1, 0}, {2, 1})}), {2, 1}, {1, 2});
    expect_values(value_of(take, {whole_numbers({3}, dtype), indices({1}, {})}), {}, {1});
    // Broadcast: more leading axes of indices, of x, and a 1 that stretches.
    expect_values(value_of(take, {whole_numbers({2, 3}, dtype), indices({2, 0, 1, 1}, {2, 2})}), {2, 2}, {2, 3, 1, 4});
    expect_values(value_of(take, {whole_numbers({2, 3}, dtype), indices({1}, {})}), {2}, {1, 4});
    expect_values(value_of(take, {whole_numbers({1, 3}, dtype), indices({0, 2}, {2})}), {2}, {0, 2});
    expect_values(value_of(take, {whole_numbers({0, 3}, dtype), indices({}, {0})}), {0}, {});
  }
}

TEST(OneHot, IsRight) {
  for (const DType dtype : {DType::float32, DType::float64, DType::int32, DType::uint8, DType::boolean}) {
    const Build build = [&](const std::vector<Node>& x) { return one_hot(x[0], 3, dtype); };
    expect_values(value_of(build, {indices({2, 0}, {2})}), {2, 3}, {0, 0, 1, 1, 0, 0});
    expect_values(value_of(build, {indices({1}, {})}), {3}, {0, 1, 0});
    expect_values(value_of(build, {indices({}, {0})}), {0, 3}, {});
  }
}

// An index outside its axis is an error of the run, whatever the number of threads: the first one is named.
TEST(Gather, NamesABadIndex) {
  Graph graph;
  const Node i = graph.input("i", {batch}, DType::int32);
  const Node x = graph.constant(whole_numbers({10, 4})), rows = graph.input("rows", {batch, 10}, DType::float64);
  const Node taken = gather(x, i, 0), row = take_along_last(rows, i);
  const std::vector<Node> ys{taken, row}, seeds{graph.input("g", {batch, 4}, DType::float64), graph.input("h", {batch}, DType::float64)},
      xs{x, rows};
  const std::vector<Node> back = vector_jacobian_product(ys, seeds, xs);
  for (const auto& [bad, text] : std::vector<std::pair<std::int32_t, std::string>>{{10, "index 10 at element 3 is not in [0, 10)"},
                                                                                   {-1, "index -1 at element 3 is not in [0, 10)"}}) {
    std::vector<std::int32_t> values(20000, 9);
    values[3] = bad;
    values[15000] = 77;
    const Tensor given = indices(values, {20000});
    for (const Node& y : {taken, row, one_hot(i, 10), back[0], back[1]})
      for (const int threads : {1, 3}) {
        set_thread_count(threads);
        expect_error<IndexError>(
            [&] {
              interpret(y, {{"i", given},
                            {"rows", Tensor(DType::float64, {20000, 10})},
                            {"g", Tensor(DType::float64, {20000, 4})},
                            {"h", Tensor(DType::float64, {20000})}});
            },
            text);
      }
  }
  set_thread_count(1);
}

TEST(Gather, HasTheSameBitsForAnyNumberOfThreads) {
  std::vector<std::int32_t> values(5000);
  for (std::size_t k = 0; k < values.size(); ++k) values[k] = static_cast<std::int32_t>(k * k % 13);
  const Tensor x = spread({2, 13, 70}, -1, 1).cast(DType::float32);
  expect_same_bits([&](const std::vector<Node>& n) { return gather(n[0], places(n[0], values, {5000}), 1); }, {x});
  expect_same_bits(
      [&](const std::vector<Node>& n) {
        const Node y = gather(n[0], places(n[0], values, {5000}), 1);
        return gradient(reduce_sum(y * y), n[0]);
      },
      {x});
}

TEST(Gather, IsReadBackFromItsAttributes) {
  register_builtin_ops();
  Graph graph;
  const Node x = graph.input("x", {batch, 5}, DType::float64), i = graph.input("i", {batch}, DType::int32);
  const Node taken = gather(x, i, 1), row = take_along_last(x, i);
  const Node taken_back = gradient(reduce_sum(taken), x), row_back = gradient(reduce_sum(row), x);
  for (const Node& y : {taken, row, taken_back, row_back, one_hot(i, 4, DType::int32)}) {
    const auto op = make_op(y.op().name(), y.op().attributes());
    EXPECT_TRUE(op->same_as(y.op())) << y.op().name();
  }
  EXPECT_EQ(to_string(taken_back.op().attributes()), "shape={batch, 5}, axis=1");
  EXPECT_EQ(to_string(row_back.op().attributes()), "size={5}");
}

TEST(Gather, RefusesWhatDoesNotFit) {
  Graph graph;
  const Node x = graph.input("x", {batch, 5}), i = graph.input("i", {3}, DType::int32), s = graph.input("s", {});
  expect_error<DtypeError>([&] { gather(x, x, 0); },
                           "gather at gather_test.cpp:{line}: the indices is float32 {batch, 5}, needs int32: cast it");
  expect_error<ShapeError>([&] { gather(x, i, 2); },
                           "gather at gather_test.cpp:{line}: axis 2 is out of range: rank 2 has the axes -2 to 1");
  expect_error<ShapeError>([&] { gather(s, i, 0); }, "gather at gather_test.cpp:{line}: axis 0 of a scalar, which has no axes");
  expect_error<ShapeError>([&] { take_along_last(s, i); },
                           "take_along_last at gather_test.cpp:{line}: x is a scalar, needs an axis to take from");
  expect_error<ShapeError>(
      [&] { take_along_last(x, i); },
      "take_along_last at gather_test.cpp:{line}: x {batch, 5}, indices {3}: {batch} and {3} do not broadcast: batch against 3");
  expect_error<DtypeError>([&] { one_hot(x, 3); },
                           "one_hot at gather_test.cpp:{line}: the indices is float32 {batch, 5}, needs int32: cast it");
  expect_error<ArgumentError>([&] { one_hot(i, -1); }, "one_hot at gather_test.cpp:{line}: n is -1, needs 0 or more");
}

}  // namespace
}  // namespace loglik
