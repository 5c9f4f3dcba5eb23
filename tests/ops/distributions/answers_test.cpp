#include "ops/distributions/answers.h"

#include "framework/error.h"
#include "framework/log_prob_type.h"
#include "ops/ops.h"
#include "tests/ops/derivatives.h"
#include "tests/ops/distributions/samples.h"
#include "tests/ops/expect_error.h"

namespace loglik {
namespace {

// Only some answers, the others to be derived.
struct OnlyCdf {
  Node loc;
  Node log_prob(Node y) const { return Logistic{.loc = loc}.log_prob(y); }
  Node cdf(Node y) const { return Logistic{.loc = loc}.cdf(y); }
};
struct OnlySurvival {
  Node loc;
  Node log_prob(Node y) const { return Logistic{.loc = loc}.log_prob(y); }
  Node survival(Node y) const { return Logistic{.loc = loc}.survival(y); }
};
struct OnlyLogs {
  Node loc;
  Node log_prob(Node y) const { return Logistic{.loc = loc}.log_prob(y); }
  Node log_cdf(Node y) const { return Logistic{.loc = loc}.log_cdf(y); }
  Node log_survival(Node y) const { return Logistic{.loc = loc}.log_survival(y); }
};
struct OnlyQuantile {
  Node loc;
  Node log_prob(Node y) const { return Logistic{.loc = loc}.log_prob(y); }
  Node quantile(Node p) const { return Logistic{.loc = loc}.quantile(p); }
};

TEST(Answers, AreTheDistributionsOwnWhereItHasThem) {
  Graph graph;
  const Gaussian d{.loc = graph.constant(row({1, -2})), .log_scale = graph.constant(row({0.5}))};
  const Node y = graph.constant(row({0.25, 3})), p = graph.constant(row({0.1, 0.75}));
  const std::vector<std::pair<Node, Node>> pairs{
      {mean(d), d.mean()},         {variance(d), d.variance()},    {median(d), d.median()},           {mode(d), d.mode()},
      {entropy(d), d.entropy()},   {cdf(d, y), d.cdf(y)},          {survival(d, y), d.survival(y)},   {log_cdf(d, y), d.log_cdf(y)},
      {crps(d, y), d.crps(y)},     {quantile(d, p), d.quantile(p)}, {log_survival(d, y), d.log_survival(y)},
  };
  for (const auto& [free, own] : pairs) EXPECT_TRUE(interpret(free).same_bits(interpret(own)));
  const Node draw = sample(d, "draw");  // a key is used once: to draw the same, the other is in a graph of its own
  Graph other;
  const Gaussian same{.loc = other.constant(row({1, -2})), .log_scale = other.constant(row({0.5}))};
  EXPECT_TRUE(interpret(draw, {}, 3).same_bits(interpret(same.sample("draw"), {}, 3)));
}

TEST(Answers, FollowFromEachOther) {
  Graph graph;
  const Node loc = graph.constant(row({0.5})), y = graph.constant(row({-3, 0.25, 0.5, 4}));
  const Logistic exact{.loc = loc};
  const auto expect_same = [](Node actual, Node expected, double tolerance = 1e-15) {
    const Tensor a = interpret(actual), b = interpret(expected);
    for (std::int64_t i = 0; i < b.count(); ++i) EXPECT_NEAR(a.at(i), b.at(i), tolerance * std::max(1.0, std::abs(b.at(i))));
  };
  for (const Distribution& d : std::vector<Distribution>{OnlyCdf{loc}, OnlySurvival{loc}, OnlyLogs{loc}}) {
    expect_same(cdf(d, y), exact.cdf(y));
    expect_same(survival(d, y), exact.survival(y));
    expect_same(log_cdf(d, y), exact.log_cdf(y), 1e-14);
    expect_same(log_survival(d, y), exact.log_survival(y), 1e-14);
  }
  expect_same(median(OnlyQuantile{loc}), exact.median());
  const auto [low, high] = central_interval(exact, 0.9);
  expect_same(exact.cdf(low), graph.constant(row({0.05})));
  expect_same(exact.cdf(high), graph.constant(row({0.95})));
  EXPECT_THROW(central_interval(exact, 1), ArgumentError);
}

TEST(Answers, DrawByTheQuantile) {
  Graph graph;
  const Node loc = graph.constant(Tensor(DType::float64, {ks_draws}));
  const Tensor draws = interpret(sample(OnlyQuantile{loc}, "draws"), {}, 7);
  EXPECT_LT(ks_distance(draws, [](double y) { return 1 / (1 + std::exp(-y)); }), ks_bound);
}

TEST(Answers, OfLabels) {  // log_prob takes int32
  Graph graph;
  const Ordinal ordinal{.eta = graph.constant(row({-1, 0.2, 3})), .cut_points = graph.constant(row({-0.5, 0.5, 1.5}))};
  expect_close(interpret(median(ordinal)), {0, 1, 3}, 0);
  const auto [low, high] = central_interval(ordinal, 0.5);  // sigmoid(cut − eta): 0.62, 0.82, …; 0.33, 0.57, 0.79; 0.03, 0.08, 0.18
  expect_close(interpret(low), {0, 0, 3}, 0);
  expect_close(interpret(high), {1, 2, 3}, 0);
  const Node labels = graph.constant(Tensor::from(std::vector<std::int32_t>{0, 3, 2}));
  expect_close(interpret(interval_score(ordinal, labels, 0.5)), {1, 2 + 4, 4}, 0);
  expect_close(interpret(interval_score(ordinal, labels, 0.7)), {2, 3, 1 + 0 / 0.15}, 2);
  const Categorical categorical{.logits = graph.constant(Tensor::from(std::vector<double>{0, 1, 2, 0, 0, 5}, {2, 3}))};
  expect_close(interpret(median(categorical)), {2, 2}, 0);
  struct Labels {  // no support
    Node logits;
    Node log_prob(Node y) const { return Categorical{.logits = logits}.log_prob(y); }
    TensorType target() const { return Categorical{.logits = logits}.target(); }
  };
  EXPECT_EQ(error_of<ArgumentError>([&] { median(Labels{categorical.logits}); }),
            "quantile of the distribution \"distribution\": it has none itself, nor any that this one follows from, and a numerical one "
            "needs its support()");
}

TEST(Answers, WhatIsUnknownIsRefused) {
  Graph graph;
  try {
    mean(OnlyQuantile{graph.constant(row({1}))});
    ADD_FAILURE();
  } catch (const ArgumentError& error) {
    EXPECT_STREQ(error.what(), "mean of the distribution \"distribution\": it has none itself, nor any that this one follows from, and a numerical "
                               "one needs its support()");
  }
}

TEST(Answers, KnowTheirGraph) {
  Graph graph;
  const Node loc = graph.constant(row({1, 2}));
  EXPECT_EQ(&graph_of(OnlyCdf{loc}), &loc.graph());
  const Node logits = graph.constant(Tensor(DType::float32, {4, 10}));
  EXPECT_EQ(&graph_of(Categorical{.logits = logits}), &loc.graph());
  EXPECT_EQ(&graph_of(Gaussian{.loc = loc}), &loc.graph());
  const std::size_t before = graph.node_count();
  EXPECT_EQ(log_prob_type(OnlyCdf{loc}, graph), (TensorType{DType::float64, {2}}));
  EXPECT_EQ(graph.node_count(), before);
}

}  // namespace
}  // namespace loglik
