#include "tests/conformance/check_gradient.h"

#include <gtest/gtest.h>

#include "framework/elementwise.h"
#include "framework/error.h"
#include "framework/graph.h"
#include "framework/primitives.h"
#include "ops/activations.h"
#include "ops/dense.h"
#include "ops/softmax.h"

namespace loglik {
namespace {

TEST(CheckGradient, PassesLayersAndTheirParameters) {  // float32, as users write them; random initial weights
  Graph graph;
  const Node x = graph.input("x", {batch, 4});
  Dense first(graph, {.units = 5, .activation = tanh}), second(graph, {.units = 3});
  const Node y = log_softmax(second(first(cast(x, DType::float32))));
  const auto report = conformance::check_gradient(-reduce_sum(y * y), {x, first.weight(), first.bias(), second.weight()});
  EXPECT_TRUE(report.was_tested(conformance::Property::second_order));
  EXPECT_TRUE(report.was_tested(conformance::Property::float32));
}

struct Slanted {
  static constexpr std::string_view name = "slanted";
  template <class T>
  T operator()(T x) const {
    return x * x * x;
  }
  static std::vector<Node> gradient(const GradientArgs& args) { return {3.0003 * args.output_gradient(0) * args.input(0) * args.input(0)}; }
};

TEST(CheckGradient, FindsAWrongGradientWithin) {
  Graph graph;
  const Node x = graph.input("x", {2, 3}), hidden = x * 2.0, loss = reduce_sum(tanh(elementwise<Slanted>({hidden})));
  for (const Node at : {x, hidden}) {
    const auto report = conformance::examine_gradient(loss, {at}, {.domain = {-0.4, 0.4}, .orders = 1});
    EXPECT_TRUE(report.failed(conformance::Property::gradient)) << to_string(report);
    EXPECT_FALSE(report.failed(conformance::Property::float32)) << to_string(report);
  }
  EXPECT_TRUE(conformance::examine_gradient(reduce_sum(tanh(hidden)), {x, hidden}).passed());
}

TEST(CheckGradient, WantsIntegersFed) {
  Graph graph;
  const Node x = graph.input("x", {2}), n = graph.input("n", {2}, DType::int32);
  const Node loss = reduce_sum(x * cast(n, DType::float32));
  EXPECT_THROW(conformance::examine_gradient(loss, {x}), ArgumentError);
  const Tensor counts = Tensor::from(std::vector<std::int32_t>{3, 4});
  EXPECT_TRUE(conformance::examine_gradient(loss, {x}, {.feed = {{"n", counts}}}).passed());
}

}  // namespace
}  // namespace loglik
