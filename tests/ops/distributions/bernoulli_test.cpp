#include "ops/distributions/bernoulli.h"

#include <limits>

#include "framework/distribution.h"
#include "ops/exponential.h"
#include "tests/ops/derivatives.h"
#include "tests/ops/distributions/samples.h"

namespace loglik {
namespace {

Node log_prob(const std::vector<Node>& x) { return Bernoulli{.logits = x[0]}.log_prob(x[1]); }

const std::vector<double> extremes{0, 1e-8, -1e-8, 1, -1, 20, -20, 88, -88, 104, -104, 710, -710, 1e4, -1e4};

TEST(Bernoulli, LogProbIsRight) {  // from 40 digits
  const std::vector<double> logits{-1e4, -1e4, -20, -20, 0, 17, 40, 1e4, 1e4}, y{0, 1, 0, 1, 1, 1, 1, 0, 1};
  const std::vector<double> expected{
      0, -1e4, -2.061153620314381e-09, -20.000000002061153, -0.6931471805599453, -4.139937633089748e-08, -4.248354255291589e-18, -1e4, 0};
  expect_close(value_of(log_prob, {row(logits), row(y)}), expected, 4);
  expect_close(value_of(log_prob, {row(logits).cast(DType::float32), row(y).cast(DType::float32)}), expected, 4);
}

TEST(Bernoulli, TakesIntegersAndBool) {
  const Tensor logits = row({-1, 2, 0.5}).cast(DType::float32), y = row({1, 0, 1});
  const Tensor expected = value_of(log_prob, {logits, y.cast(DType::float32)});
  for (const DType dtype : {DType::int32, DType::uint8, DType::boolean})
    EXPECT_TRUE(value_of(log_prob, {logits, y.cast(dtype)}).same_bits(expected)) << name(dtype);
}

TEST(Bernoulli, GradientIsRight) {  // −log p: sigmoid(ℓ) − y, never NaN
  for (const DType dtype : {DType::float32, DType::float64}) {
    Graph graph;
    for (const double y : {0.0, 1.0}) {
      const Node logits = graph.constant(row(extremes).cast(dtype));
      const Tensor actual = interpret(gradient(reduce_sum(-Bernoulli{.logits = logits}.log_prob(graph.constant(y, dtype))), logits));
      for (std::size_t i = 0; i < extremes.size(); ++i)  // a rounding of 1
        EXPECT_NEAR(actual.at(static_cast<std::int64_t>(i)), 1 / (1 + std::exp(-extremes[i])) - y,
                    dtype == DType::float32 ? 1.2e-7 : 2.3e-16)
            << extremes[i];
    }
  }
  expect_derivatives(log_prob, {spread({3, 1}, -2, 2), spread({4}, 0, 1, 2)});
}

TEST(Bernoulli, AnswersAgreeWithItsProbabilities) {
  Graph graph;
  const Node logits = graph.constant(row({-6, -1, 0, 0.5, 30})), other = graph.constant(row({2, -1, 1, -4, 30}));
  const Bernoulli p{.logits = logits}, q{.logits = other};
  const auto sum = [&](auto f) { return f(graph.constant(0.0, DType::float64)) + f(graph.constant(1.0, DType::float64)); };
  const auto expect = [&](Node answer, Node expected) {
    for (std::int64_t i = 0; i < 5; ++i)
      EXPECT_NEAR(interpret(answer).at(i), interpret(expected).at(i), 4e-16 * (1 + std::abs(interpret(expected).at(i)))) << i;
  };
  expect(sum([&](Node y) { return exp(p.log_prob(y)); }), graph.constant(row({1, 1, 1, 1, 1})));
  expect(p.mean(), sum([&](Node y) { return y * exp(p.log_prob(y)); }));
  expect(p.variance(), sum([&](Node y) { return (y - p.mean()) * (y - p.mean()) * exp(p.log_prob(y)); }));
  expect(p.entropy(), sum([&](Node y) { return -exp(p.log_prob(y)) * p.log_prob(y); }));
  expect(p.kl(q), sum([&](Node y) { return exp(p.log_prob(y)) * (p.log_prob(y) - q.log_prob(y)); }));
  expect_close(interpret(p.mode()), {0, 0, 0, 1, 1}, 0);  // 0 where both are as likely
}

TEST(Bernoulli, AnswersAreSaneAtExtremes) {
  for (const DType dtype : {DType::float32, DType::float64}) {
    Graph graph;
    const Node logits = graph.constant(row(extremes).cast(dtype));
    const Bernoulli p{.logits = logits}, q{.logits = -logits};
    for (const Node& answer : {p.mean(), p.variance(), p.entropy(), p.kl(q)})
      for (const Node& node : {answer, gradient(reduce_sum(answer), logits)})
        for (std::size_t i = 0; i < extremes.size(); ++i)
          EXPECT_TRUE(std::isfinite(interpret(node).at(static_cast<std::int64_t>(i)))) << extremes[i];
    EXPECT_EQ(interpret(p.kl(q)).at(13), 1e4);
    // e^−20·21, which softplus(ℓ) − ℓ·sigmoid(ℓ) would lose
    EXPECT_NEAR(interpret(p.entropy()).at(5), 4.3284225861e-8, 1e-14);
  }
}

TEST(Bernoulli, CdfSurvivalAndQuantileAreRight) {
  Graph graph;
  const Bernoulli d{.logits = graph.constant(std::log(3.0), DType::float64)};  // P(1) = ¾
  const Node y = graph.constant(row({-0.5, 0, 0.5, 1, 2}));
  expect_close(interpret(d.cdf(y)), {0, 0.25, 0.25, 1, 1}, 2);
  expect_close(interpret(d.survival(y)), {1, 0.75, 0.75, 0, 0}, 2);
  expect_close(interpret(d.quantile(graph.constant(row({0.01, 0.2499, 0.2501, 0.99})))), {0, 0, 1, 1}, 0);
}

TEST(Bernoulli, LogTailsAreRight) {  // log S(∓ℓ) at 20 digits (mpmath), where S itself has rounded to 1, or underflows
  Graph graph;
  const Bernoulli d{.logits = graph.constant(row({40, -2, -800}))};
  const double inf = std::numeric_limits<double>::infinity();
  const auto at = [&](double y) { return graph.constant(row({y})); };
  expect_close(interpret(d.log_cdf(at(0.5))), {-40, -0.12692801104297249645, 0}, 2);
  expect_close(interpret(d.log_survival(at(0.5))), {-4.248354255291589e-18, -2.1269280110429724964, -800}, 2);
  expect_close(interpret(d.log_cdf(at(-1))), {-inf, -inf, -inf}, 0);
  expect_close(interpret(d.log_survival(at(1))), {-inf, -inf, -inf}, 0);
  expect_close(interpret(d.log_cdf(at(1))), {0, 0, 0}, 0);
}

// P(1) = ¾. The CRPS is ∫₀¹ (F(t) − 1{t ≥ y})² dt, the deviance −2·log p(y), of a soft y less twice its own entropy.
TEST(Bernoulli, ScoresAreRight) {
  Graph graph;
  const Bernoulli d{.logits = graph.constant(std::log(3.0), DType::float64)};
  const Node y = graph.constant(row({0, 1, 0.25}));
  expect_close(interpret(d.crps(y)), {0.5625, 0.0625, 0.25 * 0.0625 + 0.75 * 0.5625}, 4);
  const double soft = 2 * (0.25 * std::log(0.25 / 0.75) + 0.75 * std::log(0.75 / 0.25));
  expect_close(interpret(d.deviance(y)), {2 * std::log(4.0), 2 * std::log(4.0 / 3), soft}, 8);
  expect_close(interpret(d.deviance(cast(graph.constant(row({0, 1})), DType::int32))), {2 * std::log(4.0), 2 * std::log(4.0 / 3)}, 8);
  EXPECT_NEAR(interpret(d.fisher_information().entries.at(0)).item(), 0.1875, 1e-16);
}

TEST(Bernoulli, SamplesFollowItsProbability) {
  Graph graph;
  const Node logits = graph.constant(Tensor(DType::float32, {100000}));
  const Tensor draws = interpret(Bernoulli{.logits = logits + std::log(3.0)}.sample("draws"), {}, 7);
  EXPECT_LT(chi_squared(draws, {0.25, 0.75}), 23.93);  // χ² of 1 degree of freedom: exceeded with probability 1e-6
  EXPECT_GT(chi_squared(draws, {0.27, 0.73}), 23.93);
}

TEST(Bernoulli, SoftTargetsAreNoLikelihoodAndSaySo) {
  Graph graph;
  const Node logits = graph.constant(row({-1, 2}));
  const Distribution hard = Bernoulli{.logits = logits}, soft = Bernoulli{.logits = logits, .soft_targets = true};
  EXPECT_EQ(hard.support()->text(), "{0, 1}");
  EXPECT_EQ(soft.support()->text(), "[0, 1]");
  EXPECT_EQ(hard.certificate(), "NLL = binary cross-entropy");
  EXPECT_EQ(soft.certificate(), "NLL = cross-entropy to a soft target, not a likelihood");
  // Y = ¼ loses ¼ of what 1 and ¾ of what 0 lose.
  const auto at = [&](double y) { return interpret(soft.log_prob(graph.constant(y, DType::float64))).at(1); };
  EXPECT_NEAR(at(0.25), 0.25 * at(1) + 0.75 * at(0), 1e-15);
}

TEST(Bernoulli, IsADistribution) {
  Graph graph;
  const Distribution d = Bernoulli{.logits = graph.constant(row({1, 2}))};
  EXPECT_TRUE(d.has<Mean>() && d.has<Mode>() && d.has<Variance>() && d.has<Entropy>() && d.has<Cdf>() && d.has<Quantile>());
  EXPECT_TRUE(d.has_sample());
  EXPECT_FALSE(d.has<Median>());
  EXPECT_TRUE(d.has<Crps>() && d.has<Deviance>() && d.has_fisher_information());
  EXPECT_EQ(d.name(), "bernoulli");
}

// Of 2²⁶ draws at a probability of 1e-13 none is 1. Compared with a float32 number, of which one in 2²⁴ is 0, four would be.
TEST(Bernoulli, RareDrawsAreAsRareAsTheLogitSays) {
  Graph graph;
  const Node rare = graph.constant(Tensor(DType::float32, {1 << 22})) - 30.0;
  const Node ones = reduce_sum(Bernoulli{.logits = rare}.sample("draws"));
  double total = 0;
  for (std::uint64_t seed = 0; seed < 16; ++seed) total += interpret(ones, {}, seed).item();
  EXPECT_EQ(total, 0);
}

}  // namespace
}  // namespace loglik
