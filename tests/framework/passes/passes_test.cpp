#include "framework/passes/passes.h"

#include <gtest/gtest.h>

#include "framework/initializer.h"
#include "framework/interpret.h"
#include "framework/optimizers/sgd.h"
#include "tests/framework/expect_throw.h"
#include "tests/framework/small_ops.h"

// Each pass alone on a small graph: before, expected, and a second time, when nothing may change.
namespace loglik {
namespace {

// The graph's text without lines of sources, which change when this file does.
std::string text(const Graph& graph) {
  const std::string all = to_string(graph);
  std::string out;
  for (std::size_t begin = 0; begin < all.size();) {
    const std::size_t end = all.find('\n', begin);
    const std::string line = all.substr(begin, end - begin);
    const std::size_t site = line.find(".cpp:");
    out += (site == std::string::npos ? line : line.substr(0, line.rfind("  ", site))) + "\n";
    begin = end + 1;
  }
  return out;
}

template <class Pass>
void expect_pass(const Pass& pass, const Graph& before, const std::string& expected) {
  const Graph once = pass(before);
  EXPECT_EQ(text(once), expected);
  EXPECT_EQ(text(pass(once)), expected) << "the second time";
}

TEST(FoldConstants, ComputesWhatIsConstant) {
  Graph graph;
  const Node seven = graph.constant(2.0, DType::float32) * 3.0 + 1.0;
  graph.output("y", graph.input("x", {3}) * seven);
  expect_pass([](const Graph& g) { return remove_dead_nodes(fold_constants(g)); }, graph,
              "%0 = constant(value=7) float32 {}\n"
              "%1 = input(name=x, dtype=float32, shape={3}) float32 {3}\n"
              "%2 = mul(%1, %0) float32 {3}\n"
              "output y = %2.0\n");
}

TEST(FoldConstants, LeavesRandomAndStretchedOnes) {
  Graph graph;
  const Node zero = graph.constant(0.0, DType::float32);
  graph.output("noise", test::noisy(zero));
  graph.output("wide", broadcast_to(zero, {1000, 1000}));
  EXPECT_EQ(text(fold_constants(graph)), text(graph));
}

TEST(FoldConstants, NamesTheLineOfABadIndex) {
  Graph graph;
  graph.output("y", test::checked(graph.constant(7.0, DType::int32), 5));
  test::expect_throw<IndexError>([&] { fold_constants(graph); },
                                 "checked at passes_test.cpp:{line}: index 7 at element 0 is not in [0, 5)");
}

TEST(EliminateCommonSubexpressions, MergesWhatIsEqual) {
  Graph graph;
  const Node x = graph.input("x", {3});
  graph.output("y", (x + 1.0) * (x + 1.0));
  expect_pass([](const Graph& g) { return eliminate_common_subexpressions(g); }, graph,
              "%0 = input(name=x, dtype=float32, shape={3}) float32 {3}\n"
              "%1 = constant(value=1) float32 {}\n"
              "%2 = add(%0, %1) float32 {3}\n"
              "%3 = mul(%2, %2) float32 {3}\n"
              "output y = %3.0\n");
}

TEST(EliminateCommonSubexpressions, KeepsApartWhatDiffers) {
  Graph graph;
  const Node x = graph.input("x", {3});
  graph.output("zeros", graph.constant(0.0, DType::float32) - graph.constant(-0.0, DType::float32));  // other bits
  graph.output("dtypes", cast(graph.constant(0.0, DType::float64), DType::float32));
  graph.output("noise", test::noisy(x) + test::noisy(x));
  graph.output("attributes", reduce_sum(x, {0}) + reshape(reduce_sum(x, {0}, true), {}));
  const Graph after = eliminate_common_subexpressions(graph);
  EXPECT_EQ(after.node_count(), graph.node_count());
}

TEST(RemoveDeadNodes, DropsWhatNothingNeeds) {
  Graph graph;
  const Variable v = graph.variable("v", {DType::float32, {3}}, {});
  const Node x = graph.input("x", {3});
  const Node y = x + 1.0;
  static_cast<void>(y * y);
  graph.output("y", y);
  graph.update(v, x);
  expect_pass([](const Graph& g) { return remove_dead_nodes(g); }, graph,
              "%0 = variable(dtype=float32, shape={3}, initializer=zeros, trainable=false) float32 {3}  v\n"
              "%1 = input(name=x, dtype=float32, shape={3}) float32 {3}\n"
              "%2 = constant(value=1) float32 {}\n"
              "%3 = add(%1, %2) float32 {3}\n"
              "output y = %3.0\n"
              "update v = %1.0\n");
}

// What becomes of y = f(x): whether it is x itself.
template <class F>
bool becomes_its_input(F f) {
  Graph graph;
  const Node x = graph.input("x", {2, 3});
  graph.output("y", f(x));
  const Graph after = simplify(graph);
  return after.node_count() == 1;
}

TEST(Simplify, KnowsNeutralElements) {
  EXPECT_TRUE(becomes_its_input([](Node x) { return x * 1.0; }));
  EXPECT_TRUE(becomes_its_input([](Node x) { return 1.0 * x; }));
  EXPECT_TRUE(becomes_its_input([](Node x) { return x / 1.0; }));
  EXPECT_TRUE(becomes_its_input([](Node x) { return x - 0.0; }));
  EXPECT_TRUE(becomes_its_input([](Node x) { return -(-x); }));
  EXPECT_TRUE(becomes_its_input([](Node x) { return reshape(reshape(x, {6}), {2, 3}); }));
  EXPECT_TRUE(becomes_its_input([](Node x) { return broadcast_to(x, {2, 3}); }));
}

TEST(Simplify, LeavesWhatWouldChangeBits) {
  EXPECT_FALSE(becomes_its_input([](Node x) { return x + 0.0; }));     // −0 + 0 = 0
  EXPECT_FALSE(becomes_its_input([](Node x) { return x - (-0.0); }));  // −0 − −0 = 0
  EXPECT_FALSE(becomes_its_input([](Node x) { return x * 0.0; }));     // NaN·0 = NaN
  EXPECT_FALSE(becomes_its_input([](Node x) {
    return x * broadcast_to(x.graph().constant(1.0, DType::float32), {4, 2, 3});
  }));  // another shape
  EXPECT_FALSE(becomes_its_input([](Node x) { return cast(cast(x, DType::int32), DType::float32); }));
}

TEST(Simplify, MakesOneReshapeOfTwo) {
  Graph graph;
  graph.output("y", reshape(reshape(graph.input("x", {batch, 6}), {batch, 2, 3}), {batch, 3, 2}));
  expect_pass(simplify, graph,
              "%0 = input(name=x, dtype=float32, shape={batch, 6}) float32 {batch, 6}\n"
              "%1 = reshape(%0, shape={batch, 3, 2}) float32 {batch, 3, 2}\n"
              "output y = %1.0\n");
}

TEST(Simplify, ReadsWhatWasStretchedInItsSmallForm) {
  Graph graph;
  const Node x = graph.input("x", {batch, 3});
  graph.output("y", x * broadcast_to(graph.input("row", {3}), {batch, 3}));
  expect_pass(simplify, graph,
              "%0 = input(name=x, dtype=float32, shape={batch, 3}) float32 {batch, 3}\n"
              "%1 = input(name=row, dtype=float32, shape={3}) float32 {3}\n"
              "%2 = mul(%0, %1) float32 {batch, 3}\n"
              "output y = %2.0\n");
}

TEST(Simplify, KeepsTheStretchingThatGivesTheShape) {
  Graph graph;
  const Node row = graph.input("row", {3});
  graph.output("y", -broadcast_to(row, {4, 3}));
  EXPECT_EQ(simplify(graph).outputs()[0].second.shape(), (Shape{4, 3}));
}

TEST(Simplify, LetsRandomNodesKeepTheirNames) {
  Graph graph;
  const Node noise = test::noisy(graph.input("x", {3}));
  reshape(noise, {3}).named("z");  // becomes the noise itself, which goes on drawing by its own name
  const Tensor x = Tensor::from<float>({1, 2, 3});
  const Graph after = simplify(extract(graph, std::vector<std::pair<std::string, Node>>{{"z", graph.named("z")}}, {}));
  EXPECT_TRUE(interpret(after.outputs()[0].second, {{"x", x}}).same_bits(interpret(noise, {{"x", x}})));
}

TEST(EvaluationForm, ReplacesWhatHasOne) {
  Graph graph;
  const Scope scope = graph.scope("block");
  const Node x = graph.input("x", {3});
  graph.output("y", test::doubled(x + 1.0) * 3.0);
  expect_pass([](const Graph& g) { return evaluation_form(g); }, graph,
              "%0 = input(name=x, dtype=float32, shape={3}) float32 {3}  block/input\n"
              "%1 = constant(value=1) float32 {}  block/constant\n"
              "%2 = add(%0, %1) float32 {3}  block/add\n"
              "%3 = constant(value=3) float32 {}  block/constant\n"
              "%4 = mul(%2, %3) float32 {3}  block/mul\n"
              "output y = %4.0\n");
}

TEST(Extract, TakesWhatIsAskedFor) {
  Graph graph;
  const Node a = graph.input("a", {2}), b = graph.input("b", {2});
  static_cast<void>(a * b);
  const std::vector<std::pair<std::string, Node>> outputs{{"y", b + a}};
  EXPECT_EQ(text(extract(graph, outputs, {})),
            "%0 = input(name=b, dtype=float32, shape={2}) float32 {2}\n"
            "%1 = input(name=a, dtype=float32, shape={2}) float32 {2}\n"
            "%2 = add(%0, %1) float32 {2}\n"
            "output y = %2.0\n");
}

TEST(Differentiate, AddsAGradientForEachParameter) {
  Graph graph;
  const Node w = graph.parameter("w", {2}, constant_initializer(3), DType::float64);
  const Node frozen = graph.variable("frozen", {DType::float64, {2}}, constant_initializer(5));
  static_cast<void>(graph.parameter("unused", {2}, {}, DType::float64));
  graph.output("loss", reduce_sum(w * w * frozen));
  const Graph after = differentiate(graph, "loss");
  ASSERT_EQ(after.outputs().size(), 2u);
  EXPECT_EQ(after.outputs()[1].first, "/gradient/w");
  EXPECT_EQ(interpret(after.outputs()[1].second).at(0), 30);  // 2·3·5
  EXPECT_EQ(graph.node_count(), 6u) << "the graph it was given has grown";
  test::expect_throw<NameError>([&] { differentiate(graph, "cost"); }, "there is no output \"cost\" to differentiate");
}

TEST(AttachUpdates, JoinsParametersAndGradientsIntoSlabs) {
  Graph graph;
  const Node w = graph.parameter("w", {2}, constant_initializer(3)), b = graph.parameter("b", {}, constant_initializer(1));
  graph.output("loss", cast(reduce_sum(w * b), DType::float64));
  const std::vector<Slab> slabs{{.parameters = {"w", "b"}}};
  const Graph after = attach_updates(differentiate(graph, "loss"), Sgd{.learning_rate = 0.5}, slabs, "optimizer");
  ASSERT_EQ(after.outputs().size(), 2u);  // the gradients are no outputs any more
  EXPECT_EQ(after.outputs()[1].first, "gradient_norm_squared");
  EXPECT_EQ(interpret(after.outputs()[1].second).item(), 1 + 1 + 36);
  ASSERT_EQ(after.updates().size(), 2u);
  EXPECT_EQ(after.updates()[0].variable.name(), "optimizer/step");
  EXPECT_EQ(after.updates()[1].variable.name(), "optimizer/parameters");
  EXPECT_EQ(after.updates()[1].variable.info().type.shape, (Shape{3}));
}

TEST(NumberLayers, GoesByTheFinishedGraphNotByCreation) {
  Graph graph;
  const auto layer = [&](Node x) {
    const Scope scope = graph.numbered_scope("dense");
    return x * graph.parameter("weight", {3}, {});
  };
  const Node x = graph.input("x", {batch, 3});
  std::vector<Node> made{layer(x), layer(x), layer(x)};
  graph.output("y", made[2] + made[0]);
  graph.output("z", made[1]);
  number_layers(graph);
  EXPECT_EQ(made[2].inputs()[1].name(), "dense_1/weight");
  EXPECT_EQ(made[0].inputs()[1].name(), "dense_2/weight");
  EXPECT_EQ(made[1].inputs()[1].name(), "dense_3/weight");
  const Node late = layer(made[2]);
  graph.output("late", late);
  number_layers(graph);  // numbers once given stay
  EXPECT_EQ(made[2].inputs()[1].name(), "dense_1/weight");
  EXPECT_EQ(late.inputs()[1].name(), "dense_4/weight");
}

TEST(NumberLayers, NumbersWithinEachScope) {
  Graph graph;
  const auto layer = [&](Node x) {
    const Scope scope = graph.numbered_scope("dense");
    return x * graph.parameter("weight", {3}, {});
  };
  const Node x = graph.input("x", {3});
  Node a, b, outer = layer(x);
  {
    const Scope encoder = graph.scope("encoder");
    a = layer(x);
    const Scope block = graph.numbered_scope("block");
    b = layer(a);
  }
  graph.output("y", b + outer);
  number_layers(graph);
  EXPECT_EQ(a.inputs()[1].name(), "encoder/dense_1/weight");
  EXPECT_EQ(b.inputs()[1].name(), "encoder/block_1/dense_1/weight");
  EXPECT_EQ(outer.inputs()[1].name(), "dense_1/weight");
}

TEST(NumberLayers, LetsLayersWaitThatNothingNeeds) {
  Graph graph;
  const auto layer = [&](Node x) {
    const Scope scope = graph.numbered_scope("dense");
    return x * graph.parameter("weight", {3}, {});
  };
  const Node x = graph.input("x", {3});
  const Node unused = layer(x), another = layer(x), used = layer(x);
  graph.output("y", used);
  number_layers(graph);
  EXPECT_EQ(used.inputs()[1].name(), "dense_1/weight");
  number_layers(graph, std::vector<Node>{another});
  EXPECT_EQ(another.inputs()[1].name(), "dense_2/weight");
  EXPECT_EQ(unused.inputs()[1].name(), "dense_?/weight");
}

TEST(NumberLayers, RefusesTwoVariablesOfOneName) {
  Graph graph;
  Node y;
  {
    const Scope scope = graph.numbered_scope("dense");
    y = graph.parameter("weight", {}, {});
  }
  const Scope scope = graph.scope("dense_1");
  graph.output("y", y + graph.parameter("weight", {}, {}));
  test::expect_throw<NameError>([&] { number_layers(graph); },
                                "two Variables are named \"dense_1/weight\", made at passes_test.cpp:{line} and passes_test.cpp:{line}: "
                                "name one of their scopes otherwise");
}

}  // namespace
}  // namespace loglik
