#include "framework/profile.h"

#include <gtest/gtest.h>

#include <chrono>
#include <limits>

#include "framework/error.h"
#include "framework/fit.h"
#include "ops/conv2d.h"
#include "ops/dense.h"
#include "ops/ops.h"
#include "tests/framework/expect_throw.h"
#include "tests/framework/training.h"
#include "tests/support/allocation_counter.h"

namespace loglik {
namespace {

using namespace test;

Graph two_layers() {  // 8 → 4 → 1
  Graph graph;
  const Node h = dense(graph.input("x", {batch, 8}), {.units = 4, .activation = relu});
  graph.head("y", UnitGaussian{dense(h, {.units = 1})});
  return graph;
}

Batch rows(std::int64_t n) {
  return {{"x", normal_tensor({n, 8}, 1).cast(DType::float32)}, {"y", normal_tensor({n, 1}, 2).cast(DType::float32)}};
}

/// One run of the outputs "y" of a graph whose loss is of no interest, in float32.
std::vector<Profile::Step> steps_of(Graph& graph, const Batch& data) {
  const Node loss = graph.parameter("unused", {}, constant_initializer(1));
  graph.add_term("unused", loss * loss, Per::dataset);
  const Model model = compile(graph, {.dataset_weight = 1});
  Session session(model.compile({.outputs = {"y"}}));
  const auto profile = std::make_shared<Profile>();
  session.set_profile(profile);
  session.step(data);
  return profile->steps();
}

Tensor zeros(Extents extents) { return Tensor(DType::float64, std::move(extents)).cast(DType::float32); }

const Profile::Step& step_named(const std::vector<Profile::Step>& steps, std::string_view op) {
  const auto found = std::find_if(steps.begin(), steps.end(), [&](const Profile::Step& step) { return step.op == op; });
  if (found == steps.end()) throw NameError(std::string(op));
  return *found;
}

TEST(Profile, HasEveryStepOnceARun) {
  Graph graph = two_layers();
  const Model model = compile(graph);
  Session session = model.session();
  const auto profile = std::make_shared<Profile>(3);
  session.set_profile(profile);
  const auto start = std::chrono::steady_clock::now();
  for (const std::int64_t n : {16, 16, 5, 16, 5}) session.step(rows(n));
  const double wall = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();

  std::vector<std::uint32_t> expected, nodes;
  for (const std::uint32_t index : model.train_program().schedule().nodes)
    if (!model.train_program().graph().record(index).op->is_alias()) expected.push_back(index);
  double sum = 0, matmul_flops = 0;
  for (const Profile::Step& step : profile->steps()) {
    nodes.push_back(step.node);
    EXPECT_EQ(step.runs, 5) << step.op;
    EXPECT_GT(step.seconds, 0) << step.op;
    sum += step.seconds;
    if (step.op == "matmul") matmul_flops += step.work.flops;
  }
  const auto first_product = static_cast<std::size_t>(&step_named(profile->steps(), "matmul") - profile->steps().data());
  EXPECT_EQ(nodes, expected);
  EXPECT_EQ(profile->program(), "train");
  EXPECT_EQ(profile->runs(), 5);
  EXPECT_LE(sum, profile->seconds());
  EXPECT_LE(profile->seconds(), wall);
  // Products forward and for the weights' gradients; for the input's gradient in the second layer only. 58 rows in all. Their epilogues: bias
  // and activation of 4 units, where their gradient goes through, and the bias of the second layer with what is computed of it, six ops.
  EXPECT_EQ(matmul_flops, 58 * (2 * (2 * 8 * 4 + 3 * 4) + (4 + 4 + 4 + 4) + 6));

  EXPECT_EQ(step_named(profile->steps(), "adam").work.bytes, 5 * (4 * 7 * (8 * 4 + 4 + 4 + 1) + 2 * 8));  // 7 vectors and two float64

  const std::vector<const Profile::Run*> last = profile->traced();
  ASSERT_EQ(last.size(), 3u);
  for (std::size_t r = 0; r < 3; ++r) {
    EXPECT_EQ(last[r]->number, static_cast<std::int64_t>(r + 3));
    const std::string& product = profile->shapes(last[r]->sizes, first_product);
    EXPECT_EQ(product, r == 1 ? "{16, 8} {8, 4} {4} → {16, 4}" : "{5, 8} {8, 4} {4} → {5, 4}");
    std::int64_t since = last[r]->event.begin;
    ASSERT_EQ(last[r]->steps.size(), expected.size());
    for (const Profile::Event& event : last[r]->steps) {
      EXPECT_GE(event.begin, since);
      EXPECT_GE(event.end, event.begin);
      since = event.end;
    }
    EXPECT_GE(last[r]->event.end, since);
  }
}

TEST(Profile, CountsTheWorkOfFusedOps) {
  Graph graph;
  graph.output("y", tanh(graph.input("a", {batch, 1}) * graph.input("b", {1, 6})) + 1.0);
  const std::vector<Profile::Step> steps = steps_of(graph, {{"a", zeros({7, 1})}, {"b", zeros({1, 6})}});
  const Profile::Step& fused = step_named(steps, "fused");
  EXPECT_EQ(fused.fused, "mul tanh add");
  EXPECT_EQ(fused.work.flops, 3 * 7 * 6);
  EXPECT_EQ(fused.work.bytes, 4 * (7 + 6 + 1 + 7 * 6));  // what is stretched is read once
}

TEST(Profile, CountsTheWorkOfConvolutions) {
  Graph graph;
  const Node x = graph.input("x", {batch, 2, 5, 4});
  const ConvolutionOptions options{.padding = 1};
  const Node y = conv2d(x, graph.input("filters", {3, 2, 3, 3}), options);
  const Node dx = conv2d_input_gradient(y, graph.input("filters_2", {3, 2, 3, 3}), {5, 4}, options);
  graph.output("y", conv2d_filter_gradient(dx, y, {3, 3}, options));
  const Tensor filters = zeros({3, 2, 3, 3});
  const std::vector<Profile::Step> steps = steps_of(graph, {{"x", zeros({7, 2, 5, 4})}, {"filters", filters}, {"filters_2", filters}});
  for (const std::string_view op : {"conv2d", "conv2d_input_gradient", "conv2d_filter_gradient"}) {
    const Profile::Step& step = step_named(steps, op);
    EXPECT_EQ(step.work.flops, 2.0 * (7 * 3 * 5 * 4) * (2 * 3 * 3)) << op;  // each output, and what it sees
    EXPECT_EQ(step.work.bytes, 4 * (7 * 2 * 5 * 4 + 3 * 2 * 3 * 3 + 7 * 3 * 5 * 4)) << op;
  }
}

TEST(Profile, CountsOnlyWhatIsMoved) {
  Graph graph;
  const Node x = graph.input("x", {batch, 10});
  const Node part = slice(x, -1, {.begin = 2, .end = 5}).named("part");
  graph.output("y", part * part);
  const std::vector<Profile::Step> steps = steps_of(graph, {{"x", zeros({7, 10})}});
  EXPECT_EQ(step_named(steps, "slice").work.flops, 0);
  EXPECT_EQ(step_named(steps, "slice").work.bytes, 2 * 4 * 7 * 3);
  EXPECT_EQ(step_named(steps, "mul").work.bytes, 2 * 4 * 7 * 3);  // both operands are one

  Graph trained = two_layers();
  const Model model = compile(trained);
  Session session = model.session();
  const auto profile = std::make_shared<Profile>();
  session.set_profile(profile);
  session.step(rows(3));
  const double parameters = 8 * 4 + 4 + 4 + 1;
  EXPECT_EQ(step_named(profile->steps(), "pack").work.bytes, 0);  // every gradient is computed in its place
  EXPECT_EQ(step_named(profile->steps(), "adam").work.flops, 12 * parameters);
  EXPECT_EQ(step_named(profile->steps(), "adam").work.bytes, 4 * 7 * parameters + 2 * 8);
  EXPECT_EQ(step_named(profile->steps(), "sum_of_squares").work.flops, 2 * parameters);
}

TEST(Profile, LeavesOutRunsThatThrow) {
  Graph graph = two_layers();
  const Model model = compile(graph);
  Session session = model.session();
  const auto profile = std::make_shared<Profile>(2);
  session.set_profile(profile);
  Batch bad = rows(4);
  bad[0].second.mutable_values<float>()[3] = std::numeric_limits<float>::quiet_NaN();
  EXPECT_THROW(session.step(bad), NumericError);
  EXPECT_EQ(profile->runs(), 0);
  EXPECT_TRUE(profile->traced().empty());
  for (int i = 0; i < 2; ++i) session.step(rows(4));
  EXPECT_THROW(session.step(bad), NumericError);
  EXPECT_EQ(profile->runs(), 2);
  ASSERT_EQ(profile->traced().size(), 1u);  // its event has been written over the first run's
  EXPECT_EQ(profile->traced()[0]->number, 2);
}

TEST(Profile, ChangesNoBitsAndAllocatesNothing) {
  const auto train = [](std::shared_ptr<Profile> profile) {
    Graph graph = two_layers();
    const Model model = compile(graph);
    Session session = model.session();
    session.set_profile(std::move(profile));
    session.set_target_check(nullptr);  // as in fit
    const Batch large = rows(16), small = rows(5);
    const auto both = [&] {
      session.step(large);
      session.step(small);
    };
    both();
    const std::int64_t before = allocations();
    for (int i = 0; i < 20; ++i) both();
    EXPECT_EQ(allocations() - before, 0);
    std::vector<Tensor> result;
    for (const auto& [name, tensor] : model.parameters()) result.push_back(tensor.clone());
    return result;
  };
  const std::vector<Tensor> with = train(std::make_shared<Profile>()), without = train(nullptr);
  for (std::size_t i = 0; i < with.size(); ++i) EXPECT_TRUE(with[i].same_bits(without[i])) << i;
}

TEST(Profile, BelongsToOneProgram) {
  Graph graph = two_layers();
  const Model model = compile(graph);
  const auto profile = std::make_shared<Profile>();
  for (int i = 0; i < 2; ++i) {  // Sessions of it, one after the other
    Session session = model.session();
    session.set_profile(profile);
    session.step(rows(4));
    session.set_profile(nullptr);
    session.step(rows(4));
  }
  EXPECT_EQ(profile->runs(), 2);
  Session evaluation = model.evaluation_session();
  expect_throw<ArgumentError>([&] { evaluation.set_profile(profile); },
                              "set_profile: this Profile is of the program \"train\", \"evaluate\" needs one of its own");
}

TEST(Profile, IsTakenByFit) {
  Graph graph = regression();
  Model model = compile(graph);
  const auto profile = std::make_shared<Profile>();
  const History history = fit(model, line_data(100), {.epochs = 2, .batch_size = 32, .validation = line_data(50), .profile = profile});
  EXPECT_EQ(profile->runs(), history.steps);
}

}  // namespace
}  // namespace loglik
