#include "ops/straight_through.h"

#include "framework/error.h"
#include "framework/model.h"
#include "framework/registry.h"
#include "ops/arithmetic.h"
#include "ops/builtin.h"
#include "ops/exponential.h"
#include "tests/ops/cases.h"
#include "tests/ops/derivatives.h"
#include "tests/ops/expect_error.h"

namespace loglik {
namespace {

const ConformanceCases conforming{{"straight_through",
                                   [](Node a, Node b) { return straight_through(a, b); },
                                   {.shapes = {{{3, 5}, {3, 5}}, {{1}, {1}}, {{0, 4}, {0, 4}}},
                                    .large = {{{301, 403}, {301, 403}}},
                                    .skip = {{conformance::Property::gradient, "it lies about its gradient: that is what it is for"}}}}};
const References by_definition{"StraightThrough.HasTheValueOfOneAndTheGradientOfTheOther", {"straight_through"}};

TEST(StraightThrough, Conforms) { conforming.check(); }

TEST(StraightThrough, HasTheValueOfOneAndTheGradientOfTheOther) {
  register_builtin_ops();
  Graph graph;
  const Node x = graph.constant(row({1, -2, 3}));
  const Node y = straight_through(x * x, exp(x));
  EXPECT_TRUE(interpret(y).same_bits(row({1, 4, 9})));
  const Tensor by_x = interpret(gradient(reduce_sum(y * graph.constant(row({1, 2, 3}))), x));
  for (std::int64_t i = 0; i < 3; ++i) EXPECT_NEAR(by_x.at(i), (1.0 + static_cast<double>(i)) * std::exp(interpret(x).at(i)), 1e-12);
  EXPECT_TRUE(make_op("straight_through", {})->same_as(y.op()));
}

TEST(StraightThrough, CostsNothingOnceGradientsAreTaken) {
  Graph graph;
  const Node x = graph.input("x", {batch, 3});
  graph.output("y", straight_through(x, exp(x)));
  graph.add_term("loss of x", reduce_sum(x * graph.parameter("w", {}, {})), Per::dataset);
  const Model model = compile(graph);
  EXPECT_EQ(model.predict_program().describe([] { Sizes sizes; sizes.set(batch.symbol(), 4); return sizes; }()).find("exp"), std::string::npos);
}

TEST(StraightThrough, RefusesOtherShapes) {
  Graph graph;
  const Node a = graph.input("a", {batch, 3}), b = graph.input("b", {batch, 1}), c = graph.input("c", {batch, 3}, DType::float64);
  expect_error<ShapeError>([&] { straight_through(a, b); }, "straight_through", "straight_through_test.cpp",
                           "value is {batch, 3}, its surrogate {batch, 1}: they must have one shape");
  EXPECT_NE(error_of<DtypeError>([&] { straight_through(a, c); }), "");
}

}  // namespace
}  // namespace loglik
