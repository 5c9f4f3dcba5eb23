// Against scikit-learn: metrics_reference.py.
#include "framework/metrics.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "framework/evaluate.h"
#include "framework/head.h"
#include "framework/initializer.h"
#include "framework/primitives.h"
#include "ops/distributions/bernoulli.h"
#include "ops/distributions/categorical.h"
#include "ops/distributions/gaussian.h"
#include "ops/distributions/poisson.h"
#include "ops/exponential.h"
#include "tests/framework/metrics_reference.h"

namespace loglik {
namespace {

constexpr double rounding = 1e-12;  // some thousand sums in float64

// A head on the features themselves: what the model says is what it is given.
Node features(Graph& graph, const Shape& shape) {
  return graph.input("x", shape, DType::float64) + graph.parameter("shift", {}, constant_initializer(0), DType::float64);
}

template <class T, std::size_t n> Tensor tensor(const T (&values)[n], Extents extents) { return Tensor::from(std::span<const T>(values), std::move(extents)); }

HeadMetrics measure_one(Graph& graph, const Tensor& x, const Tensor& y, const std::optional<Tensor>& weights, std::int64_t batch_size = 16) {
  const Model model = compile(graph);
  const Dataset data = Dataset::from(x, y, {.weights = weights});
  const std::vector<HeadMetrics> heads = measure(model, data, batch_size);
  const Evaluation evaluation = evaluate(model, data);
  EXPECT_EQ(heads.size(), 1u);
  EXPECT_NEAR(heads[0].nll, evaluation.nll, rounding);
  EXPECT_NEAR(heads[0].bits(), evaluation.nll / std::log(2.0), rounding);
  EXPECT_EQ(heads[0].weight, evaluation.heads[0].weight);
  return heads[0];
}

template <std::size_t n> void expect_near(const std::vector<double>& actual, const double (&expected)[n]) {
  ASSERT_EQ(actual.size(), n);
  for (std::size_t i = 0; i < n; ++i) EXPECT_NEAR(actual[i], expected[i], rounding) << i;
}

TEST(Metrics, OfClassesAreThoseOfScikitLearn) {
  namespace r = reference;
  Graph graph;
  graph.head("label", Categorical{.logits = features(graph, {batch, r::classes})});
  const HeadMetrics head = measure_one(graph, tensor(r::logits, {r::rows, r::classes}), tensor(r::labels, {r::rows}), tensor(r::weights, {r::rows}));
  EXPECT_EQ(head.head, "label");
  EXPECT_NEAR(head.nll, r::log_loss, rounding);
  ASSERT_TRUE(head.classes);
  EXPECT_FALSE(head.numbers || head.calibration);
  EXPECT_NEAR(head.classes->accuracy, r::accuracy, rounding);
  expect_near(head.classes->top, r::top);
  expect_near(head.classes->confusion, r::confusion);
  for (std::size_t k = 0; k < r::classes; ++k) EXPECT_NEAR(head.classes->auroc[k].value(), r::auroc[k], rounding) << k;
  EXPECT_NEAR(head.classes->mean_auroc.value(), r::mean_auroc, rounding);
}

TEST(Metrics, OfTwoClassesAreThoseOfScikitLearn) {
  namespace r = reference;
  Graph graph;
  graph.head("y", Bernoulli{.logits = features(graph, {batch})});
  Tensor logits(DType::float64, {r::rows});
  for (std::size_t i = 0; i < r::rows; ++i) logits.mutable_values<double>()[i] = r::logits[i * r::classes];
  const HeadMetrics head = measure_one(graph, logits, tensor(r::binary_labels, {r::rows}).cast(DType::float64), tensor(r::weights, {r::rows}));
  ASSERT_TRUE(head.classes);
  EXPECT_NEAR(head.classes->accuracy, r::binary_accuracy, rounding);
  expect_near(head.classes->confusion, r::binary_confusion);
  EXPECT_NEAR(head.classes->mean_auroc.value(), r::binary_auroc, rounding);
  EXPECT_EQ(head.classes->top, std::vector<double>{head.classes->accuracy});
}

TEST(Metrics, OfNumbersAreThoseOfScikitLearn) {
  namespace r = reference;
  Graph graph;
  graph.head("y", Gaussian{.loc = features(graph, {batch})});
  const HeadMetrics head = measure_one(graph, tensor(r::means, {r::rows}), tensor(r::targets, {r::rows}), tensor(r::weights, {r::rows}));
  ASSERT_TRUE(head.numbers && head.calibration);
  EXPECT_FALSE(head.classes);
  EXPECT_NEAR(head.numbers->rmse.value(), r::rmse, rounding);
  EXPECT_NEAR(head.numbers->mae.value(), r::mae, rounding);
  EXPECT_NEAR(head.numbers->r2.value(), r::r2, rounding);
  for (std::size_t i = 0; i < 3; ++i) EXPECT_NEAR(head.calibration->coverage[i], r::coverage[i], rounding) << i;
  for (std::size_t i = 0; i < Calibration::bins; ++i) EXPECT_NEAR(head.calibration->transform[i], r::transform[i], rounding) << i;
}

// A target that does not count may be anything, and may be masked: the rest decides, however it is cut into batches.
TEST(Metrics, WhatHasNoWeightCountsNothing) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const Tensor x = Tensor::from(std::vector<double>{1, 2, 3, 5}), y = Tensor::from(std::vector<double>{1, nan, 4, 5}), w = Tensor::from(std::vector<double>{1, 0, 2, 1});
  for (const std::int64_t batch_size : {1, 3, 4}) {
    Graph graph;
    graph.head("y", Gaussian{.loc = features(graph, {batch})});
    const HeadMetrics head = measure_one(graph, x, y, w, batch_size);
    EXPECT_EQ(head.weight, 4);
    EXPECT_NEAR(head.numbers->rmse.value(), std::sqrt(0.5), rounding);
    EXPECT_NEAR(head.numbers->r2.value(), 1 - 2.0 / 9, rounding);  // ȳ = 3.5, Σ w·(y − ȳ)² = 6.25 + 0.5 + 2.25
    EXPECT_NEAR(head.numbers->mae.value(), 0.5, rounding);
  }
}

// Counts of rate log 2: P(0) = 1/2, P(1) = 0.3466, P(2) = 0.1201. The interval of 50 % is {0, 1}, that of 90 % {0, …, 2}: half of F(0) lies below 1/4.
TEST(Metrics, SpreadThePointsOfDiscreteTargets) {
  Graph graph;
  graph.head("y", Poisson{.log_rate = features(graph, {batch})});
  const double log_rate = std::log(std::log(2.0));
  const HeadMetrics head = measure_one(graph, Tensor::from(std::vector<double>(4, log_rate)), Tensor::from(std::vector<double>{0, 1, 2, 9}), {});
  ASSERT_TRUE(head.calibration);
  EXPECT_EQ(head.calibration->coverage, (std::array<double, 3>{0.5, 0.75, 0.75}));
  for (std::size_t bin = 0; bin < 10; ++bin) EXPECT_NEAR(head.calibration->transform[bin], 0.25 / 10, 1e-9) << bin;  // all of y = 0
  double sum = 0;
  for (const double share : head.calibration->transform) sum += share;
  EXPECT_NEAR(sum, 1, rounding);
}

TEST(Metrics, RankTiesHalf) {
  const std::vector<double> scores{1, 2, 2, 3}, ones(4, 1.0);
  EXPECT_EQ(auroc(scores, {false, false, true, true}, ones), 3.5 / 4);
  EXPECT_EQ(auroc(scores, {true, true, true, true}, ones), std::nullopt);
  EXPECT_EQ(auroc(scores, {false, false, true, false}, std::vector<double>{1, 1, 0, 1}), std::nullopt);
  EXPECT_EQ(auroc({}, {}, {}), std::nullopt);
  const std::vector<double> with_nan{1, std::numeric_limits<double>::quiet_NaN()};
  EXPECT_EQ(auroc(with_nan, {true, false}, std::vector<double>{1, 1}), std::nullopt);
  namespace r = reference;
  std::vector<double> logits(r::rows);
  for (std::size_t k = 0; k < r::classes; ++k) {
    std::vector<bool> positive(r::rows);
    for (std::size_t i = 0; i < r::rows; ++i) {
      logits[i] = r::logits[i * r::classes + k];
      positive[i] = r::labels[i] == static_cast<int>(k);
    }
    EXPECT_NEAR(auroc(logits, positive, r::weights).value(), r::auroc_of_logits[k], rounding) << k;
  }
}

TEST(Metrics, LeaveTheGraphAsItWas) {
  Graph graph;
  graph.head("y", Poisson{.log_rate = features(graph, {batch})});
  const Model model = compile(graph);
  const std::size_t nodes = graph.node_count();
  measure(model, Dataset::from(Tensor::from(std::vector<double>{0}), Tensor::from(std::vector<double>{3})));
  EXPECT_EQ(graph.node_count(), nodes);
}

}  // namespace
}  // namespace loglik
