// Accumulated gradients and kept averages; clipping and decay are in trajectories_test.cpp.
#include "framework/optimizers/transforms.h"

#include <gtest/gtest.h>

#include "framework/error.h"
#include "framework/optimizers/adam.h"
#include "framework/optimizers/sgd.h"
#include "framework/session.h"
#include "tests/framework/training.h"

namespace loglik {
namespace {

using test::message;

// y = w·x with two parameters of different dtypes, so that there are two slabs; the gradient depends on the batch.
Model line(const Optimizer& optimizer) {
  Graph graph;
  const Node x = graph.input("x", {batch, 2}, DType::float64);
  const Node w = graph.parameter("w", {2}, constant_initializer(1), DType::float64), b = graph.parameter("b", {1}, constant_initializer(0.5));
  graph.add_term("squares", reduce_sum((x * w + cast(b, DType::float64)) * (x * w), {-1}), Per::sample);
  return compile(graph, {.optimizer = optimizer});
}
Batch rows(std::vector<double> values) {
  Tensor x(DType::float64, {static_cast<std::int64_t>(values.size()) / 2, 2});
  std::copy(values.begin(), values.end(), x.mutable_values<double>().begin());
  return {{"x", x}};
}
void expect_equal(const Model& a, const Model& b, double tolerance) {
  for (const auto& [name, tensor] : a.parameters())
    for (std::int64_t i = 0; i < tensor.count(); ++i) EXPECT_NEAR(tensor.at(i), b.parameters()[name].at(i), tolerance * std::abs(tensor.at(i))) << name;
}

TEST(Accumulate, IsOneStepOfTheJoinedBatches) {
  for (const Optimizer& optimizer : {Optimizer(Adam{.learning_rate = 0.1}), Optimizer(Sgd{.learning_rate = 0.1, .momentum = 0.9}),
                                     clip_by_norm(Sgd{.learning_rate = 0.1}, 0.25), clip_by_norm(keep_average(Adam{}), 1)}) {
    const Model whole = line(optimizer), parts = line(accumulate(optimizer, 2));
    Session whole_session = whole.session(), part_session = parts.session();
    for (int round = 0; round < 3; ++round) {
      const double r = round;
      whole_session.step(rows({1, 2, 0.5, r, -1, 0.25, 2, 1}));
      const double before = parts.parameters()["w"].at(0);
      part_session.step(rows({1, 2, 0.5, r}));
      EXPECT_EQ(parts.parameters()["w"].at(0), before) << "a parameter moved before the round was over";
      part_session.step(rows({-1, 0.25, 2, 1}));
      expect_equal(whole, parts, 1e-6);  // b is float32
    }
    EXPECT_EQ(parts.steps(), 6);
  }
}

TEST(Accumulate, OfOneIsTheOptimizerItself) {
  const Model plain = line(Adam{.learning_rate = 0.1}), same = line(accumulate(Adam{.learning_rate = 0.1}, 1));
  Session a = plain.session(), b = same.session();
  for (int i = 0; i < 3; ++i) a.step(rows({1, 2})), b.step(rows({1, 2}));
  for (const auto& [name, tensor] : plain.parameters()) EXPECT_TRUE(tensor.same_bits(same.parameters()[name])) << name;
}

TEST(KeepAverage, FollowsTheParametersAndSwaps) {
  const Model model = line(keep_average(Sgd{.learning_rate = 0.1}, 0.5));
  Session session = model.session();
  double average = 0;
  for (int t = 1; t <= 20; ++t) {
    session.step(rows({1, 2}));
    const double d = t == 1 ? 0 : std::min(0.5, (1.0 + t) / (10.0 + t));
    average = d * average + (1 - d) * model.parameters()["w"].at(1);
  }
  const double theta = model.parameters()["w"].at(1), b = model.parameters()["b"].at(0);
  swap_averages(model);
  EXPECT_NEAR(model.parameters()["w"].at(1), average, 1e-14);
  EXPECT_NE(model.parameters()["b"].at(0), b);
  swap_averages(model);
  EXPECT_EQ(model.parameters()["w"].at(1), theta);
  EXPECT_EQ(model.parameters()["b"].at(0), b);
}

TEST(Transforms, RefuseWhatCannotBe) {
  EXPECT_EQ(message<ArgumentError>([] { accumulate(Adam{}, 0); }), "accumulate: batches = 0, needs at least 1");
  EXPECT_EQ(message<ArgumentError>([] { keep_average(Adam{}, 1); }), "keep_average: decay = 1, needs to be in [0, 1)");
  EXPECT_EQ(message<ArgumentError>([] { swap_averages(line(Adam{})); }), "swap_averages: the model's optimiser keeps no averages: wrap it in keep_average");
}

}  // namespace
}  // namespace loglik
