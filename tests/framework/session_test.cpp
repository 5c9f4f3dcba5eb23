#include "framework/session.h"

#include <gtest/gtest.h>

#include <limits>

#include "framework/error.h"
#include "framework/interpret.h"
#include "tests/framework/expect_throw.h"
#include "tests/framework/small_ops.h"
#include "tests/framework/training.h"
#include "tests/support/allocation_counter.h"

namespace loglik {
namespace {

using test::expect_throw;
constexpr double nan = std::numeric_limits<double>::quiet_NaN();

Tensor features(std::int64_t n, double first = 0.1) {
  Tensor x(DType::float64, {n, 3});
  for (double& value : x.mutable_values<double>()) value = first += 0.3;
  return x;
}
Tensor targets(std::int64_t n) {
  Tensor y(DType::float64, {n});
  for (double& value : y.mutable_values<double>()) value = 0.7;
  return y;
}
Batch sample(std::int64_t n) { return {{"x", features(n)}, {"y", targets(n)}}; }

std::vector<Tensor> copies(const Model& model) {
  std::vector<Tensor> result;
  for (const auto& [name, tensor] : model.state().tensors()) result.push_back(tensor.clone());
  return result;
}
void expect_unchanged(const Model& model, const std::vector<Tensor>& before) {
  const std::vector<Tensor> now = copies(model);
  for (std::size_t i = 0; i < now.size(); ++i) EXPECT_TRUE(now[i].same_bits(before[i])) << i;
}

// x, by way of scratch memory: the fewer rows the more, as of an op that cuts little work into more pieces.
class ByScratch final : public Op {
 public:
  std::string_view name() const override { return "by_scratch"; }
  std::vector<TensorType> infer(std::span<const TensorType> inputs) const override { return {inputs[0]}; }
  std::size_t workspace(std::span<const TensorType> inputs) const override { return floats(inputs[0].shape.count().constant()) * sizeof(float); }
  void run(const KernelArgs& args) const override {
    const std::span<const float> x = args.input<float>(0);
    float* scratch = args.workspace<float>();
    for (std::size_t i = 0; i < floats(args.inputs[0].count); ++i) scratch[i] = i < x.size() ? x[i] : -1;
    std::copy_n(scratch, x.size(), args.output<float>(0).data());
  }

 private:
  static std::size_t floats(std::int64_t count) { return static_cast<std::size_t>(100000 / count); }
};

TEST(Session, MakesRoomForScratchThatSmallerBatchesNeed) {
  Graph graph;
  const Node x = graph.input("x", {batch});
  const Node kept = x + 1.0;  // lies beside the scratch
  graph.output("kept", kept);
  graph.output("y", make_node(std::make_shared<ByScratch>(), {kept * 2.0}) + kept);
  const auto program = std::make_shared<const Program>(graph, std::make_shared<State>(), ProgramOptions{});
  Session session(program);
  for (const std::int64_t n : {64, 2, 64, 1, 3}) {
    Tensor values(DType::float32, {n});
    for (std::int64_t i = 0; i < n; ++i) values.mutable_values<float>()[static_cast<std::size_t>(i)] = static_cast<float>(i);
    session.step({{"x", values}});
    for (std::int64_t i = 0; i < n; ++i) {
      EXPECT_EQ(session.fetch("kept").at(i), static_cast<double>(i + 1));
      EXPECT_EQ(session.fetch("y").at(i), static_cast<double>(3 * (i + 1)));
    }
    EXPECT_GE(session.arena_bytes(), static_cast<std::size_t>(100000 / n) * sizeof(float));
  }
}

// Losses of one-row batches add up to that of any batch, whichever sizes came before.
TEST(Session, TakesBatchesOfAnySizeInAnyOrder) {
  Graph graph = test::regression();
  const Model model = compile(graph);
  Session session = model.evaluation_session();
  double single = 0;
  for (std::int64_t row = 0; row < 12; ++row) {
    session.step({{"x", features(12).rows(row, row + 1)}, {"y", targets(1)}});
    single += session.scalar("y.total_nll");
  }
  for (const std::int64_t n : {12, 1, 3, 2, 5, 7, 4, 6, 8, 9, 10, 11, 12, 0, 12}) {  // more sizes than are kept
    session.step(sample(n));
    EXPECT_EQ(session.scalar("y.total_weight"), static_cast<double>(n));
    if (n == 12) {
      EXPECT_NEAR(session.scalar("y.total_nll"), single, 1e-12 * single);  // in another order of addition
    }
    EXPECT_EQ(session.fetch("y.nll").count(), n);
  }
}

TEST(Session, TakesABatchOfNothing) {
  Graph graph = test::regression();
  const Model model = compile(graph, {.optimizer = Sgd{.learning_rate = 0.1}});
  Session session = model.session();
  const StepResult result = session.step(sample(0));
  EXPECT_EQ(result.loss, 0);
  EXPECT_EQ(result.gradient_norm, 0);
  EXPECT_EQ(model.predict(features(0))["y.mean"].count(), 0);
}

TEST(Session, SaysWhichDataItWants) {
  Graph graph = test::regression();
  const Model model = compile(graph);
  Session session = model.session();
  expect_throw<NameError>([&] { session.step({{"y", targets(2)}}); }, "the program \"train\" needs the input \"x\": float64 {batch, 3}");
  expect_throw<NameError>(
      [&] {
        session.step({{"x", features(2)}, {"y", targets(2)}, {"wieght", targets(2)}});
      },
      "there is no input \"wieght\"; did you mean \"weight\"?");
  expect_throw<ShapeError>(
      [&] {
        session.step({{"x", Tensor(DType::float64, {2, 4})}, {"y", targets(2)}});
      },
      "input \"x\" is float64 {batch, 3}, got float64 {2, 4}");
  expect_throw<DtypeError>(
      [&] {
        session.step({{"x", Tensor(DType::int32, {2, 3})}, {"y", targets(2)}});
      },
      "input \"x\" is float64 {batch, 3}, got int32 {2, 3}");
  expect_throw<NameError>([&] { session.fetch("y.nl"); }, "the program \"train\" has no output \"y.nl\"; did you mean \"y.nll\"?");
  expect_throw<ArgumentError>([&] { session.fetch("y.nll"); }, "\"y.nll\" was asked for before the first step");
  expect_throw<ShapeError>(
      [&] {
        session.step({{"x", features(2)}, {"y", targets(3)}});
      },
      "input \"x\" is float64 {batch, 3}, got float64 {2, 3}, where batch is 3, as other inputs have it");
}

TEST(Session, WidensAndTakesColumns) {
  Graph graph;
  const Node x = graph.input("x", {batch, 1}, DType::float64), i = graph.input("i", {batch}, DType::int32);
  graph.output("sum", reduce_sum(x, {1}) + cast(i, DType::float64));
  Session session(std::make_shared<const Program>(Graph(graph.data()), std::make_shared<State>(), ProgramOptions{}));
  session.step({{"x", Tensor::from<float>({0.5F, 1.5F})}, {"i", Tensor::from<std::uint8_t>({200, 255})}});
  EXPECT_TRUE(session.fetch("sum").same_bits(Tensor::from<double>({200.5, 256.5})));
  EXPECT_THROW(session.step({{"x", Tensor(DType::float32, {2, 1, 1})}, {"i", Tensor(DType::uint8, {2})}}), ShapeError);
  EXPECT_THROW(session.step({{"x", Tensor(DType::float32, {2})}, {"i", Tensor(DType::float32, {2})}}), DtypeError);
}

TEST(Session, CountsSamplesByWeightAndMask) {
  Graph graph = test::regression();
  const Model model = compile(graph, {.optimizer = Sgd{.learning_rate = 0.1}});
  Session session = model.evaluation_session();
  session.step(sample(3));
  const Tensor nll = session.fetch("y.nll");
  session.step({{"x", features(3)}, {"y", Tensor::from<double>({0.7, nan, 0.7})}, {"weight", Tensor::from<double>({2, 0, 0.5})}});
  EXPECT_DOUBLE_EQ(session.scalar("y.total_nll"), 2 * nll.at(0) + 0.5 * nll.at(2));
  EXPECT_EQ(session.scalar("y.total_weight"), 2.5);
  EXPECT_EQ(session.fetch("y.nll").at(1), 0);
  session.step(
      {{"x", features(3)}, {"y", Tensor::from<double>({nan, 0.7, 0.7})}, {"mask", Tensor::from(std::vector<bool>{false, true, true})}});
  EXPECT_EQ(session.scalar("y.total_weight"), 2);
  EXPECT_DOUBLE_EQ(session.scalar("loss"), (nll.at(1) + nll.at(2)) / 2);
  expect_throw<ShapeError>(
      [&] {
        session.step({{"x", features(3)}, {"y", targets(3)}, {"mask", Tensor(DType::boolean, {2})}});
      },
      "the mask beside \"y.weight\" is bool {2}, needs bool {3}");
  expect_throw<ArgumentError>(
      [&] {
        session.step({{"x", features(3)}, {"y", targets(3)}, {"weight", Tensor::from<double>({1, -1, 1})}});
      },
      "head \"y\": the weight at row 1 is -1, needs to be finite and not negative");
}

TEST(Session, NamesTheFirstNodeThatIsNotFinite) {
  Graph graph;
  const Node x = graph.input("x", {batch, 3}, DType::float64);
  const Node line = test::linear(graph, x, "line");
  const Scope scope = graph.scope("tail");
  const Node root = sqrt(line);
  graph.head("y", test::UnitGaussian{root * 2.0});
  const Model model = compile(graph, {.optimizer = Adam{.learning_rate = cosine_decay(0.1, 10)}});
  Session session = model.session();
  session.step(sample(2));
  const std::vector<Tensor> before = copies(model);
  Tensor bad = features(2);
  bad.mutable_values<double>()[4] = -100;
  expect_throw<NumericError>(
      [&] {
        session.step({{"x", bad}, {"y", targets(2)}});
      },
      "the loss is NaN in step 2, nothing was updated: sqrt at session_test.cpp:{line} (tail/sqrt) is the first to give NaN, element 1 of "
      "{2}");
  expect_unchanged(model, before);
  bad.mutable_values<double>()[4] = nan;
  expect_throw<NumericError>(
      [&] {
        session.step({{"x", bad}, {"y", targets(2)}});
      },
      "the loss is NaN in step 2, nothing was updated: the input \"x\" is NaN at element 4");
  expect_unchanged(model, before);
  EXPECT_NO_THROW(session.step(sample(2)));
  EXPECT_EQ(model.steps(), 2);
}

TEST(Session, NamesTheOpOfABadIndex) {
  Graph graph;
  const Node x = graph.input("x", {batch, 3}, DType::float64);
  const Node label = test::checked(graph.input("label", {batch}, DType::int32), 10);
  graph.head("y", test::UnitGaussian{test::linear(graph, x, "line") + cast(label, DType::float64)});
  const Model model = compile(graph);
  Session session = model.session();
  const std::vector<Tensor> before = copies(model);
  Batch batch{{"x", features(5)}, {"y", targets(5)}, {"label", Tensor::from<std::int32_t>({0, 9, 3, 10, -1})}};
  expect_throw<IndexError>([&] { session.step(batch); }, "checked at session_test.cpp:{line}: index 10 at element 3 is not in [0, 10)");
  expect_unchanged(model, before);
}

TEST(Session, RefusesTargetsOutsideTheSupport) {
  Graph graph;
  graph.head("late", test::Coin{test::linear(graph, graph.input("x", {batch, 3}, DType::float64), "line")});
  const Model model = compile(graph);
  Session session = model.session();
  const Tensor labels = Tensor::from<std::uint8_t>({0, 1, 2});
  expect_throw<SupportError>(
      [&] {
        session.step({{"x", features(3)}, {"y", labels}});
      },
      "head \"late\": y = 2 at row 2 lies outside {0, 1}, the support of Coin");
  EXPECT_NO_THROW(session.step({{"x", features(3)}, {"y", labels}, {"weight", Tensor::from<double>({1, 1, 0})}}));
}

TEST(Session, FetchesWhatWasNamed) {
  Graph graph;
  const Node x = graph.input("x", {batch, 3}, DType::float64);
  Node h;
  {
    const Scope scope = graph.scope("encoder");
    h = (test::linear(graph, x, "line") * 2.0).named("h");
  }
  graph.head("y", test::UnitGaussian{h});
  const Model model = compile(graph);
  Session session = model.session();
  session.step(sample(4));
  EXPECT_TRUE(session.fetch("encoder/h").same_bits(interpret(h, {{"x", features(4)}})));  // from before the update
  EXPECT_TRUE(model.predict(features(4)).contains("encoder/h"));
}

TEST(Session, MayBeMovedBetweenSteps) {
  Graph graph;
  const Node noise = test::noisy(graph.input("x", {3}));
  graph.output("noise", noise);
  const auto program = std::make_shared<const Program>(Graph(graph.data()), std::make_shared<State>(5), ProgramOptions{});
  auto session = std::make_unique<Session>(program);
  const Batch batch{{"x", Tensor::from<float>({1, 2, 3})}};
  session->step(batch);
  Session moved = std::move(*session);
  session.reset();
  moved.step(batch);
  EXPECT_TRUE(moved.fetch("noise").same_bits(interpret(noise, {{"x", batch[0].second}}, 5)));
}

TEST(Session, DrawsAnewWhereItIsTold) {
  Graph graph;
  graph.output("noise", test::noisy(graph.input("x", {3})));
  Session session(std::make_shared<const Program>(Graph(graph.data()), std::make_shared<State>(5), ProgramOptions{}));
  const Batch batch{{"x", Tensor::from<float>({1, 2, 3})}};
  const auto draw = [&](std::uint64_t number) {
    session.set_draw(number);
    session.step(batch);
    return session.fetch("noise");
  };
  const Tensor first = draw(0), second = draw(1);
  EXPECT_FALSE(first.same_bits(second));
  EXPECT_TRUE(draw(0).same_bits(first));
  EXPECT_TRUE(draw(1).same_bits(second));
  Graph regression = test::regression();
  EXPECT_THROW(compile(regression).session().set_draw(1), ArgumentError);
}

TEST(Session, SeveralShareOneState) {
  Graph graph = test::regression();
  const Model model = compile(graph, {.optimizer = Sgd{.learning_rate = 0.01}});
  Session a = model.session(), b = model.session(), evaluation = model.evaluation_session();
  const double first = a.step(sample(4)).loss, second = b.step(sample(4)).loss;
  EXPECT_LT(second, first);
  evaluation.step(sample(4));
  EXPECT_LT(evaluation.scalar("loss"), second);
  EXPECT_EQ(model.steps(), 2);
}

TEST(Session, AllocatesNothingOnceASizeWasSeen) {
  if (!test::allocations_are_counted()) GTEST_SKIP() << "allocations are not counted here";
  Graph graph = test::two_heads();
  const Model model = compile(graph);
  Session session = model.session();
  const auto batch = [](std::int64_t n) {
    return Batch{
        {"features", features(n)}, {"delay", targets(n)}, {"late", Tensor(DType::uint8, {n})}, {"late.mask", Tensor(DType::boolean, {n})}};
  };
  const Batch large = batch(8), small = batch(3);
  session.step(large);
  session.step(small);
  const std::int64_t before = test::allocations();
  for (int i = 0; i < 3; ++i) {
    session.step(large);
    session.step(small);
    session.scalar("delay.total_nll");
  }
  EXPECT_EQ(test::allocations() - before, 0);
}

}  // namespace
}  // namespace loglik
