#include "framework/learning_rate_finder.h"

#include <gtest/gtest.h>

#include "framework/error.h"
#include "framework/fit.h"
#include "tests/framework/training.h"

namespace loglik {
namespace {

using test::message;

Model line() {
  Graph graph;
  const Node x = graph.input("x", {batch, 1}, DType::float64);
  graph.head("y", test::UnitGaussian{x * graph.parameter("w", {1}, constant_initializer(0), DType::float64)});
  return compile(graph, {.optimizer = Adam{.learning_rate = 0.1}});
}
Dataset points() {
  Tensor x(DType::float64, {64, 1}), y(DType::float64, {64, 1});
  for (int i = 0; i < 64; ++i) {
    x.mutable_values<double>()[static_cast<std::size_t>(i)] = 0.1 * (i % 9) - 0.4;
    y.mutable_values<double>()[static_cast<std::size_t>(i)] = 3 * (0.1 * (i % 9) - 0.4);
  }
  return Dataset::from(x, y);
}

TEST(FindLearningRate, PutsTheModelBackBitForBit) {
  Model searched = line(), plain = line();
  fit(searched, points(), {.epochs = 1, .batch_size = 16});
  fit(plain, points(), {.epochs = 1, .batch_size = 16});
  const LearningRateCurve curve = find_learning_rate(searched, points(), {.steps = 20, .batch_size = 16});
  EXPECT_EQ(searched.steps(), 4);
  for (const auto& [name, tensor] : plain.state().tensors()) EXPECT_TRUE(tensor.same_bits(searched.state().tensor(name))) << name;
  fit(searched, points(), {.epochs = 1, .batch_size = 16, .first_epoch = 2});
  fit(plain, points(), {.epochs = 1, .batch_size = 16, .first_epoch = 2});
  for (const auto& [name, tensor] : plain.state().tensors()) EXPECT_TRUE(tensor.same_bits(searched.state().tensor(name))) << name << ", trained on";
}

TEST(FindLearningRate, RisesGeometricallyAndSuggestsWhereTheLossFalls) {
  Model model = line();
  const LearningRateCurve curve = find_learning_rate(model, points(), {.from = 1e-4, .to = 1, .steps = 41, .batch_size = 64, .smoothing = 0});
  ASSERT_GE(curve.points.size(), 20u);
  EXPECT_DOUBLE_EQ(curve.points[0].learning_rate, 1e-4);
  EXPECT_NEAR(curve.points[10].learning_rate, 1e-3, 1e-15);
  EXPECT_EQ(curve.points[3].loss, curve.points[3].smoothed);
  // At w = 0 the loss is ½·E(3x)² + ½·log 2π; E x² of the 64 points by hand: 7 rounds of 9 and one −0.4.
  EXPECT_NEAR(curve.points[0].loss, 0.5 * 9 * (7 * 0.6 + 0.16) / 64 + 0.918938533204673, 1e-12);
  ASSERT_TRUE(curve.suggestion.has_value());
  EXPECT_GT(*curve.suggestion, 1e-3);
  EXPECT_LT(*curve.suggestion, 1);
}

TEST(FindLearningRate, RefusesWhatMakesNoSearch) {
  Model model = line();
  const auto refusal = [&](const LearningRateSearch& search) { return message<ArgumentError>([&] { find_learning_rate(model, points(), search); }); };
  EXPECT_EQ(refusal({.from = 0}), "find_learning_rate: rates from 0 to 10, needs 0 < from < to");
  EXPECT_EQ(refusal({.from = 20}), "find_learning_rate: rates from 20 to 10, needs 0 < from < to");
  EXPECT_EQ(refusal({.steps = 1}), "find_learning_rate: steps = 1, needs at least 2");
  EXPECT_EQ(refusal({.smoothing = 1}), "find_learning_rate: smoothing = 1, needs to be in [0, 1)");
}

}  // namespace
}  // namespace loglik
