#include "ops/distributions/answers.h"

#include <functional>

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

// Uniform numbers of 53 bits, of which this seed has 1 − 1.2e-8 at place 41: in float32 that would be 1, and its quantile infinite.
TEST(Answers, DrawsAreFinite) {
  struct NoAnswer {
    Node log_mean;
    Node log_prob(Node y) const { return Exponential{.log_mean = log_mean}.log_prob(y); }
    Support support() const { return Support::nonnegative; }
  };
  struct OwnQuantile : NoAnswer {
    Node quantile(Node p) const { return Exponential{.log_mean = log_mean}.quantile(p); }
  };
  struct Power : NoAnswer {  // 1 − y is (1 − u)², below an ulp of 1
    Node log_prob(Node y) const { return log_mean - 0.5 * log(1.0 - y) - std::log(2); }
    Support support() const { return Support::open_unit; }
  };
  constexpr std::uint64_t seed = 133376;
  const auto draws = [](const auto& d) { return interpret(sample(d, "draws"), {}, seed); };
  Graph graph, other, third;
  const Tensor zeros(DType::float32, {256});
  EXPECT_NEAR(draws(NoAnswer{graph.constant(zeros)}).at(41), -std::log(1.1674601729794176e-08), 1e-5);
  EXPECT_NEAR(draws(OwnQuantile{{other.constant(zeros)}}).at(41), 24 * std::log(2), 1e-5);
  const Tensor inside = draws(Power{{third.constant(zeros)}});
  for (std::int64_t i = 0; i < 256; ++i) EXPECT_TRUE(inside.at(i) > 0 && inside.at(i) < 1) << i << ": " << inside.at(i);
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

// An error says what would answer in place of the distribution itself, if anything does.
TEST(Answers, ThatADistributionLacksAreLookedForElsewhere) {
  struct NoAnswer {
    Node loc;
    Node log_prob(Node y) const { return Gaussian{.loc = loc}.log_prob(y); }
  };
  Graph graph;
  const Distribution d = NoAnswer{graph.constant(row({1}))};
  const Node y = graph.constant(row({1}));
  const std::vector<std::pair<std::function<void()>, std::string>> cases{
      {[&] { d.mean(); }, "Mean of its own: ask with has<Mean>() first, or the function mean of ops/distributions/answers.h"},
      {[&] { d.log_survival(y); },
       "LogSurvival of its own: ask with has<LogSurvival>() first, or the function log_survival of ops/distributions/answers.h"},
      {[&] { d.sample("s"); }, "sample of its own: ask with has_sample() first, or the function sample of ops/distributions/answers.h"},
      {[&] { d.kl(d); }, "kl of its own: ask with has_kl() first, or the function kl of ops/distributions/divergence.h"},
      {[&] { d.fisher_information(); }, "fisher_information: ask with has_fisher_information() first"},
      {[&] { d.deviance(y); }, "Deviance: ask with has<Deviance>() first"},
      {[&] { d.probabilities(); }, "Probabilities: ask with has<Probabilities>() first"},
  };
  for (const auto& [ask, text] : cases) {
    try {
      ask();
      ADD_FAILURE() << text;
    } catch (const ArgumentError& error) {
      EXPECT_EQ(error.what(), "the distribution \"distribution\" has no " + text);
    }
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
