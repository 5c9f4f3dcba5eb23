#include "framework/passes/schedule.h"

#include <gtest/gtest.h>

#include "framework/leaves.h"
#include "framework/session.h"
#include "tests/framework/small_ops.h"

namespace loglik {
namespace {

// A program without optimiser, and a Session to run it in.
struct Running {
  explicit Running(Graph& graph) : state(std::make_shared<State>()), session(nullptr) {
    for (const auto& [info, node] : graph.data()->variables) state->add(node.name(), dynamic_cast<const VariableOp&>(node.op()).variable());
    program = std::make_shared<const Program>(Graph(graph.data()), state, ProgramOptions{});
    session = std::make_unique<Session>(program);
  }
  std::vector<double> values(std::string_view name) const {
    const Tensor tensor = state->tensor(name);
    std::vector<double> result;
    for (std::int64_t i = 0; i < tensor.count(); ++i) result.push_back(tensor.at(i));
    return result;
  }
  std::shared_ptr<State> state;
  std::shared_ptr<const Program> program;
  std::unique_ptr<Session> session;
};

using Values = std::vector<double>;

Variable variable(Graph& graph, std::string_view name, double value) {
  return graph.variable(name, {DType::float32, {2}}, constant_initializer(value));
}

TEST(Schedule, WritesOverTheVariableWhereItMay) {
  Graph graph;
  const Variable v = variable(graph, "v", 1);
  graph.update(v, v * 2.0);
  const Schedule order = schedule(graph);
  EXPECT_EQ(order.in_place, std::vector<char>{1});
  EXPECT_EQ(order.commit, 0u);
  EXPECT_EQ(order.nodes.size(), 1u);
  Running running(graph);
  running.session->step({});
  running.session->step({});
  EXPECT_EQ(running.values("v"), (Values{4, 4}));
}

TEST(Schedule, ReadsComeBeforeWrites) {
  Graph graph;
  const Variable v = variable(graph, "v", 1);
  graph.update(v, v * 2.0);
  graph.output("read", v + 10.0);  // made after the update, run before it
  const Schedule order = schedule(graph);
  EXPECT_EQ(order.in_place, std::vector<char>{1});
  EXPECT_EQ(order.commit, 1u);
  Running running(graph);
  running.session->step({});
  EXPECT_EQ(running.session->fetch("read").at(0), 11);
}

TEST(Schedule, SwapsTwoVariables) {
  Graph before;
  const Variable a = variable(before, "a", 1), b = variable(before, "b", 2);
  before.update(a, b);
  before.update(b, a);
  Running running(before);
  running.session->step({});
  EXPECT_EQ(running.values("a"), (Values{2, 2}));
  EXPECT_EQ(running.values("b"), (Values{1, 1}));
}

TEST(Schedule, UpdatesTwoVariablesFromEachOthersOldValues) {
  Graph graph;
  const Variable a = variable(graph, "a", 1), b = variable(graph, "b", 2);
  graph.update(a, a + b);
  graph.update(b, b - a);
  Running running(graph);
  running.session->step({});
  EXPECT_EQ(running.values("a"), (Values{3, 3}));
  EXPECT_EQ(running.values("b"), (Values{1, 1}));
}

// Each reads what the next one writes over. Copying one update's value frees the op behind it, which no longer comes after the commit.
TEST(Schedule, CopiesEveryOtherUpdateOfAChain) {
  Graph graph;
  std::vector<Variable> chain;
  for (int i = 0; i < 6; ++i) chain.push_back(variable(graph, "v" + std::to_string(i), i));
  for (std::size_t i = 0; i + 1 < chain.size(); ++i) graph.update(chain[i], chain[i] + chain[i + 1]);
  EXPECT_EQ(schedule(graph).in_place, (std::vector<char>{1, 0, 1, 0, 1}));
  Running running(graph);
  running.session->step({});
  for (int i = 0; i < 5; ++i) EXPECT_EQ(running.values("v" + std::to_string(i)), (Values(2, 2.0 * i + 1)));
}

TEST(Schedule, GivesOneValueToTwoVariables) {
  Graph graph;
  const Variable a = variable(graph, "a", 1), b = variable(graph, "b", 2);
  const Node sum = a + b;
  graph.update(a, sum);
  graph.update(b, sum);
  EXPECT_EQ(schedule(graph).in_place, (std::vector<char>{1, 0}));
  Running running(graph);
  running.session->step({});
  EXPECT_EQ(running.values("a"), (Values{3, 3}));
  EXPECT_EQ(running.values("b"), (Values{3, 3}));
}

// A loss that needs the new value is looked at before the commit, so the new value can't be written over the old one.
TEST(Schedule, KnowsOutputsBeforeTheCommit) {
  Graph graph;
  const Variable v = variable(graph, "v", 1);
  const Node next = v * 2.0;
  graph.update(v, next);
  graph.output("loss", reduce_sum(cast(next, DType::float64)));
  const Schedule order = schedule(graph);
  EXPECT_EQ(order.in_place, std::vector<char>{0});
  EXPECT_EQ(order.commit, order.nodes.size());
  Running running(graph);
  EXPECT_EQ(running.session->step({}).loss, 4);
  EXPECT_EQ(running.values("v"), (Values{2, 2}));
}

TEST(Schedule, CopiesAnInputIntoAVariable) {
  Graph graph;
  const Variable v = variable(graph, "v", 1);
  graph.update(v, graph.input("x", {2}));
  Running running(graph);
  running.session->step({{"x", Tensor::from<float>({5, 6})}});
  EXPECT_EQ(running.values("v"), (Values{5, 6}));
}

TEST(Schedule, AnOutputThatIsAVariableHasItsOldValue) {
  Graph graph;
  const Variable v = variable(graph, "v", 1);
  graph.update(v, v * 2.0);
  graph.output("v before", reshape(v, {2, 1}));
  Running running(graph);
  running.session->step({});
  EXPECT_EQ(running.session->fetch("v before").at(1), 1);
  EXPECT_EQ(running.values("v"), (Values{2, 2}));
}

TEST(Program, DescribesStepsShapesAndMemory) {
  Graph graph;
  const Variable v = variable(graph, "v", 1);
  const Node x = graph.input("x", {batch, 2});
  const Scope scope = graph.scope("net");
  const Node sum = reduce_sum(reshape(x * v, {batch, 2, 1}) * 3.0, {1, 2});
  graph.output("y", sum);
  graph.update(v, v * 0.5);
  Running running(graph);
  Sizes sizes;
  sizes.set(Symbol::batch(), 10);
  EXPECT_EQ(running.program->describe(sizes),
            "program \"program\": 4 steps\n"
            "  %2    mul                x v                      float32 {batch, 2} @128  net\n"
            "  %5    mul                %2 3                     float32 {batch, 2, 1} @128  net\n"
            "  %6    reduce_sum         %5                       float32 {batch} @256  [axes={1, 2}, keep_dims=false]  net\n"
            "  -- from here on the State changes --\n"
            "  %8    mul                v 0.5                    float32 {2} in place  net\n"
            "memory: 320 bytes in one arena (0 of scratch); 448 bytes without reuse, 29 % saved; at most 320 bytes live at once; 8 bytes "
            "of state\n");
}

TEST(Schedule, ProtectingTwiceAddsNothing) {
  Graph graph;
  const Variable a = variable(graph, "a", 1), b = variable(graph, "b", 2);
  graph.update(a, b);
  graph.output("a", a);
  const Graph once = protect_updates(graph);
  EXPECT_EQ(once.node_count(), 4u);
  EXPECT_EQ(protect_updates(once).node_count(), 4u);
}

}  // namespace
}  // namespace loglik
