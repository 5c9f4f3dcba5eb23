#include "framework/model.h"

#include <gtest/gtest.h>

#include "framework/autodiff.h"
#include "framework/error.h"
#include "framework/interpret.h"
#include "tests/framework/expect_throw.h"
#include "tests/framework/small_ops.h"
#include "tests/framework/training.h"

namespace loglik {
namespace {

using test::expect_throw;
using test::UnitGaussian;

Tensor column(const std::vector<double>& values) { return Tensor::from(values); }

// y ~ N(w·x, 1) with one parameter: the smallest model there is.
struct Line {
  Graph graph;
  Node x = graph.input("x", {batch}, DType::float64);
  Node w = graph.parameter("w", {}, constant_initializer(0.5), DType::float64);
  Node line = x * w;
};

TEST(Model, StepsByHand) {  // ∂/∂w of the mean of ½(y − wx)²: −mean (y − wx)·x
  Line m;
  m.graph.head("y", UnitGaussian{m.line});
  const Model model = compile(m.graph, {.optimizer = Sgd{.learning_rate = 0.1}});
  Session session = model.session();
  const StepResult result = session.step({{"x", column({1, 2})}, {"y", column({2, 3})}});
  const double g = -(1.5 * 1 + 2 * 2) / 2;
  EXPECT_DOUBLE_EQ(result.gradient_norm, -g);
  EXPECT_DOUBLE_EQ(result.loss, (1.5 * 1.5 + 2 * 2) / 4 + 0.5 * std::log(2 * std::numbers::pi));
  EXPECT_DOUBLE_EQ(model.parameters()["w"].item(), 0.5 - 0.1 * g);
  EXPECT_EQ(model.steps(), 1);
}

TEST(Model, ParametersCanBeWrittenTo) {
  Line m;
  m.graph.head("y", UnitGaussian{m.line});
  const Model model = compile(m.graph);
  Tensor w = model.parameters()["w"];
  w.mutable_values<double>()[0] = 3;
  EXPECT_EQ(model.predict(column({2}))["y.mean"].at(0), 6);
  expect_throw<NameError>([&] { model.parameters()["v"]; }, "there is no \"v\"; did you mean \"w\"?");
}

// Two losses over two parameters, in turn: a ← a − η·∂/∂a (a·b − 1)², then b ← b − η·∂/∂b (a·b + b)².
TEST(Model, AlternatesObjectives) {
  Graph graph;
  const Node a = graph.parameter("a", {}, constant_initializer(2), DType::float64);
  const Node b = graph.parameter("b", {}, constant_initializer(0.25), DType::float64);
  const Node first = (a * b - 1.0) * (a * b - 1.0), second = (a * b + b) * (a * b + b);
  graph.add_term("first", first, Per::dataset);
  const Model model = compile(graph, {.optimizer = Sgd{.learning_rate = 0.1}, .dataset_weight = 1});
  const auto move_a = model.compile({.name = "move a", .minimize = first, .over = {"a"}});
  const auto move_b = model.compile({.name = "move b", .minimize = second, .over = {"b"}, .optimizer = Sgd{.learning_rate = 0.2}});
  Session turn_a(move_a), turn_b(move_b);
  double va = 2, vb = 0.25;
  for (int i = 0; i < 5; ++i) {
    EXPECT_NEAR(turn_a.step({}).loss, (va * vb - 1) * (va * vb - 1), 1e-14);
    va -= 0.1 * 2 * (va * vb - 1) * vb;
    turn_b.step({});
    vb -= 0.2 * 2 * (va * vb + vb) * (va + 1);
    EXPECT_NEAR(model.parameters()["a"].item(), va, 1e-14) << i;  // a few roundings of numbers near 1
    EXPECT_NEAR(model.parameters()["b"].item(), vb, 1e-14) << i;
  }
  EXPECT_EQ(model.steps(), 0);  // of the model's own objective
}

TEST(Model, TrainsLayersThatOnlyAFurtherProgramNeeds) {
  Line m;
  const auto layer = [&](Node x) {
    const Scope scope = m.graph.numbered_scope("dense");
    return x * m.graph.parameter("weight", {}, constant_initializer(1), DType::float64);
  };
  m.graph.head("y", UnitGaussian{layer(m.line)});
  const Node critic = layer(m.line), idle = layer(m.line);
  const Node loss = reduce_sum(critic * critic);
  static_cast<void>(idle);
  const Model model = compile(m.graph, {.optimizer = Sgd{.learning_rate = 0.5}});
  const auto program = model.compile({.minimize = loss, .over = {"dense_2/weight"}});
  Session session(program);
  session.step({{"x", column({2})}});
  EXPECT_EQ(model.parameters()["dense_2/weight"].item(), 0);  // 1 − ½·2·(0.5·2)²
  EXPECT_EQ(model.parameters()["dense_1/weight"].item(), 1);
}

TEST(Model, RefusesFurtherProgramsThatMakeNoSense) {
  Line m;
  m.graph.head("y", UnitGaussian{m.line});
  const Node other = m.graph.parameter("other", {}, {}, DType::float64);
  const Node loss = reduce_sum(m.line);
  static_cast<void>(other);
  const Model model = compile(m.graph);
  expect_throw<ShapeError>(
      [&] { model.compile({.name = "p", .minimize = m.line}); },
      "program \"p\": mul at model_test.cpp:{line} can't be minimised: it is float64 {batch}, needs to be a float scalar");
  expect_throw<NameError>([&] { model.compile({.name = "p", .minimize = loss, .over = {"v"}}); },
                          "the model has no parameter \"v\"; did you mean \"w\"?");
  expect_throw<ArgumentError>([&] { model.compile({.name = "p", .minimize = loss, .over = {"other"}}); },
                              "program \"p\": reduce_sum at model_test.cpp:{line} does not depend on the parameter \"other\"");
  expect_throw<NameError>([&] { model.compile({.outputs = {"y.meen"}}); }, "the model has no output \"y.meen\"; did you mean \"y.mean\"?");
  Graph foreign;
  const Node foreign_loss = reduce_sum(foreign.input("x", {2}));
  expect_throw<ArgumentError>([&] { model.compile({.name = "p", .minimize = foreign_loss}); },
                              "program \"p\": the node to minimise is not of the model's graph");
}

TEST(Model, RefusesNamesThatTheObjectiveHas) {
  Line m;
  m.graph.head("y", UnitGaussian{m.line});
  reduce_sum(m.line).named("loss");
  expect_throw<NameError>([&] { compile(m.graph); },
                          "the name \"loss\" of reduce_sum at model_test.cpp:{line} is taken: the objective is called so");
  Graph empty;
  expect_throw<ArgumentError>([&] { compile(empty); },
                              "compile: the graph has nothing to minimise: end it in graph.head(…) or graph.add_term(…)");
}

TEST(Model, AddsTermsToTheObjective) {
  Line m;
  m.graph.head("y", UnitGaussian{m.line});
  m.graph.add_term("kl", m.line * m.line, Per::sample);
  m.graph.add_term("prior", 0.5 * m.w * m.w, Per::dataset);
  const Scope open = m.graph.scope("open");  // must not matter
  Model model = compile(m.graph, {.optimizer = Sgd{.learning_rate = 0}});
  Session session = model.session();
  const Batch data{{"x", column({1, 2})}, {"y", column({0.5, 1})}, {"weight", column({3, 1})}};
  expect_throw<ArgumentError>(
      [&] { session.step(data); },
      "the objective has a term per data set: tell the model the data set's total weight (set_dataset_weight) before the first step");
  model.set_dataset_weight(8);
  const double constant = 0.5 * std::log(2 * std::numbers::pi);
  EXPECT_DOUBLE_EQ(session.step(data).loss, constant + (3 * 0.25 + 1 * 1) / 4 + 0.125 / 8);
  EXPECT_DOUBLE_EQ(session.scalar("kl"), 0.4375);
  EXPECT_DOUBLE_EQ(session.scalar("prior"), 0.125 / 8);
  EXPECT_DOUBLE_EQ(session.scalar("y.total_nll"), 4 * constant);
}

// A running mean, as batch normalisation keeps it: read in this step, written for the next.
TEST(Model, KeepsARunningStatistic) {
  Line m;
  const Variable mean = m.graph.variable("mean", {DType::float64, {}}, constant_initializer(10));
  m.graph.update(mean, mean * 0.5 + reduce_sum(m.x) * 0.25);
  m.graph.head("y", UnitGaussian{m.line + mean.value() * 0.0});
  const Model model = compile(m.graph);
  Session session = model.session(), evaluation = model.evaluation_session();
  const Batch data{{"x", column({1, 3})}, {"y", column({1, 1})}};
  session.step(data);
  EXPECT_EQ(model.state().tensor("mean").item(), 6);
  evaluation.step(data);
  EXPECT_EQ(model.state().tensor("mean").item(), 6);  // evaluation changes nothing
  session.step(data);
  EXPECT_EQ(model.state().tensor("mean").item(), 4);
}

TEST(Model, MinimisesTheEvaluationFormIfAsked) {
  Graph graph;
  const Node w = graph.parameter("w", {}, constant_initializer(1));
  const Node y = test::doubled(w) * 3.0;
  graph.add_term("y", y, Per::dataset);
  const Model model = compile(graph, {.optimizer = Sgd{.learning_rate = 0.1}, .dataset_weight = 1});
  Session train(model.compile({.minimize = y})), evaluate(model.compile({.minimize = y, .mode = ProgramMode::evaluate}));
  EXPECT_EQ(train.step({}).gradient_norm, 6);
  EXPECT_EQ(evaluate.step({}).gradient_norm, 3);
}

TEST(Model, HoldsSeveralHeads) {
  Graph graph = test::two_heads();
  const Model model = compile(graph);
  const Batch data{{"features", test::normal_tensor({4, 3}, 1)},
                   {"delay", column({1, 2, 3, 4})},
                   {"late", Tensor::from<std::uint8_t>({0, 1, 1, 0})},
                   {"late.weight", column({1, 0, 2, 1})}};
  Session session = model.evaluation_session();
  const double loss = session.step(data).loss;
  EXPECT_EQ(session.scalar("late.total_weight"), 4);
  EXPECT_DOUBLE_EQ(loss, session.scalar("delay.total_nll") / 4 + session.scalar("late.total_nll") / 4);
  EXPECT_EQ(session.scalar("late.total_correct") + 0, session.scalar("late.total_correct"));
  const TensorMap predicted = model.predict(Batch{{"features", data[0].second}});
  EXPECT_TRUE(predicted.contains("delay.mean"));
  EXPECT_TRUE(predicted.contains("late.mode"));
  expect_throw<NameError>(
      [&] {
        session.step({{"x", data[0].second}});
      },
      "the program \"targets\" needs the input \"delay\": float64 {batch}");
}

TEST(Model, CompilesAGraphMoreThanOnce) {
  Line m;
  m.graph.head("y", UnitGaussian{m.line});
  const std::size_t nodes = m.graph.node_count();
  const Model a = compile(m.graph, {.seed = 1}), b = compile(m.graph, {.seed = 1});
  EXPECT_EQ(m.graph.node_count(), nodes);
  Session session = a.session();
  session.step({{"x", column({1})}, {"y", column({1})}});
  EXPECT_NE(a.parameters()["w"].item(), b.parameters()["w"].item());  // a State each
}

TEST(Model, DescribesItself) {
  Line m;
  m.graph.head("y", UnitGaussian{m.line});
  const Model model = compile(m.graph, {.optimizer = Sgd{}});
  const std::string text = model.describe(2, true), brief = model.describe(2);
  EXPECT_NE(text.find("parameters\n  w                            float64 {}                          1\n"), std::string::npos) << text;
  EXPECT_NE(text.find("  y                            UnitGaussian of float64 {batch}\n"), std::string::npos) << text;
  EXPECT_NE(text.find("program \"train\": "), std::string::npos) << text;
  EXPECT_NE(text.find("  -- from here on the State changes --\n"), std::string::npos) << text;
  EXPECT_NE(text.find(" % saved; at most "), std::string::npos) << text;
  // Without its steps it is the same but for their lines.
  const std::size_t steps = text.find('\n', text.find("program ")) + 1;
  EXPECT_EQ(brief, text.substr(0, steps) + text.substr(text.find("memory: ")));
}

}  // namespace
}  // namespace loglik
