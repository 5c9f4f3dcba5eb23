// Binomial, NegativeBinomial, and what Beta has beside its recorded values (references_test.cpp).
#include <cmath>
#include <limits>

#include "framework/autodiff.h"
#include "framework/error.h"
#include "ops/ops.h"
#include "tests/ops/derivatives.h"
#include "tests/ops/distributions/references.h"
#include "tests/ops/distributions/samples.h"

namespace loglik {
namespace {
constexpr double inf = std::numeric_limits<double>::infinity();

std::vector<double> whole(int n) {
  std::vector<double> values;
  for (int k = 0; k < n; ++k) values.push_back(k);
  return values;
}

// Far more counts than have a probability of 1e-20, for the parameters below.
constexpr int many = 400;
constexpr std::int64_t trials = 12;

struct Case {
  const char* name;
  Distribution (*make)(Node first, Node second);
  bool is_binomial;
};
class BinomialCounts : public testing::TestWithParam<Case> {};
INSTANTIATE_TEST_SUITE_P(
    Families, BinomialCounts,
    testing::Values(Case{"negative_binomial", [](Node a, Node b) -> Distribution { return NegativeBinomial{.log_mean = a, .log_size = b}; },
                         false},
                    Case{"binomial", [](Node a, Node) -> Distribution { return Binomial{.logits = a, .trials = trials}; }, true}),
    [](const auto& test) { return std::string(test.param.name); });

TEST_P(BinomialCounts, AnswersAreThoseOfTheirProbabilities) {
  for (const auto& [first, second] : {std::pair{1.25, 0.5}, {-0.75, 2.0}, {0.5, -0.5}}) {
    Graph graph;
    const Distribution d = GetParam().make(graph.constant(row({first})), graph.constant(row({second})));
    const int n = GetParam().is_binomial ? trials + 1 : many;
    const Node k = graph.constant(row(whole(n)));
    const std::vector<Tensor> values = interpret(std::vector<Node>{d.log_prob(k), d.cdf(k), d.survival(k), d.log_cdf(k), d.log_survival(k),
                                                                   d.mean(), d.variance(), d.mode(), d.median()},
                                                 {});
    double total = 0, mean = 0, square = 0, best = -inf, mode = 0, median = -1;
    for (std::int64_t i = 0; i < n; ++i) {
      const double log_p = values[0].at(i), p = std::exp(log_p), x = static_cast<double>(i);
      total += p, mean += x * p, square += x * x * p;
      if (log_p > best) best = log_p, mode = x;
      if (total >= 0.5 && median < 0) median = x;
      double rest = 0;
      for (std::int64_t j = n - 1; j > i; --j) rest += std::exp(values[0].at(j));
      EXPECT_NEAR(values[1].at(i), total, 1e-13) << i;
      EXPECT_NEAR(values[2].at(i), rest, 1e-13 * rest + 1e-18) << i;
      EXPECT_NEAR(values[3].at(i), std::log(values[1].at(i)), 1e-13) << i;
      if (values[2].at(i) > 1e-300) {
        EXPECT_NEAR(values[4].at(i), std::log(values[2].at(i)), 1e-13 * (1 - std::log(values[2].at(i)))) << i;
      }
    }
    EXPECT_NEAR(total, 1, 1e-13);
    EXPECT_NEAR(values[5].at(0), mean, 1e-12);
    EXPECT_NEAR(values[6].at(0), square - mean * mean, 1e-11);
    EXPECT_EQ(values[7].at(0), mode);
    EXPECT_EQ(values[8].at(0), median);
    const Node outside = graph.constant(row({-1, -0.5, 2.75, 1e6}));
    const Tensor cdf = interpret(d.cdf(outside)), survival = interpret(d.survival(outside));
    EXPECT_EQ(cdf.at(0), 0);
    EXPECT_EQ(cdf.at(1), 0);
    EXPECT_EQ(cdf.at(2), values[1].at(2));
    EXPECT_EQ(survival.at(1), 1);
    EXPECT_EQ(survival.at(3), 0);
  }
}

TEST_P(BinomialCounts, ReachTheReferences) {  // of 100 trials: references/counts.py
  expect_references(GetParam().name, GetParam().is_binomial ? [](Node a, Node) -> Distribution { return Binomial{a, 100}; } : GetParam().make, 7);
}

TEST_P(BinomialCounts, GradientsAreThoseOfDifferences) {
  const Tensor y = Tensor::from(std::vector<double>{0, 1, 5}, {3, 1, 1}), a = spread({2, 1}, -1, 1), b = spread({2}, -0.5, 1, 3);
  const Build with_y = [&](const std::vector<Node>& x) { return GetParam().make(x[0], x[1]).log_prob(x[0].graph().constant(y)); };
  const Build cdf = [&](const std::vector<Node>& x) {
    const Distribution d = GetParam().make(x[0], x[1]);
    const Node at = x[0].graph().constant(y);
    return d.cdf(at) + d.log_survival(at) + d.deviance(at) + d.crps(at);
  };
  expect_derivatives(with_y, {a, b}, 2);
  expect_derivatives(cdf, {a, b}, 1);
}

TEST_P(BinomialCounts, QuantileOfTheCdfIsExact) {
  for (const DType dtype : {DType::float64, DType::float32}) {
    Graph graph;
    const Distribution d = GetParam().make(graph.constant(row({0.5}).cast(dtype)), graph.constant(row({1.5}).cast(dtype)));
    const std::vector<double> ks = whole(8);
    expect_close(interpret(d.quantile(d.cdf(graph.constant(row(ks).cast(dtype))))), ks, 0);
  }
}

TEST_P(BinomialCounts, DrawsFollowTheirProbabilities) {
  Graph graph;
  const Node wide = graph.constant(Tensor(DType::float32, {100000}));
  const Distribution d = GetParam().make(wide + 0.25, wide + 0.5);
  const Node k = graph.constant(row(whole(14)).cast(DType::float32));
  const Distribution scalar = GetParam().make(graph.constant(0.25, DType::float32), graph.constant(0.5, DType::float32));
  const std::vector<Tensor> values =
      interpret(std::vector<Node>{minimum(d.sample("draws"), 9.0), scalar.log_prob(k), scalar.survival(k)}, {}, 3);
  std::vector<double> probabilities;
  for (std::int64_t i = 0; i < 9; ++i) probabilities.push_back(std::exp(values[1].at(i)));
  probabilities.push_back(values[2].at(8));
  EXPECT_LT(chi_squared(values[0], probabilities), 46.7);  // χ² of 9 degrees of freedom: exceeded with a probability below 1e-6
  std::swap(probabilities[0], probabilities[4]);
  EXPECT_GT(chi_squared(values[0], probabilities), 46.7);
}

TEST(Binomial, TailsAreRight) {  // from sums at 60 digits (mpmath)
  Graph graph;
  const Binomial d{.logits = graph.constant(row({0.5, -40, 3, -30, 0})), .trials = 10};
  const Node y = graph.constant(row({3, 0, 9, 5, 4}));
  const std::vector<double> survival{-4.0683970558526922e-2, -37.697414907005954, -4.8587351573742059e-1, -174.65289246928341,
                                     -4.7313352225466321e-1};
  expect_close(interpret(d.log_survival(y)), survival, 16);
  const Tensor cdf = interpret(d.log_cdf(y));
  const std::vector<double> expected{-3.2221941280509041, -4.248354255291589e-17, -9.5492660312777858e-1, 0, -9.7563443613462223e-1};
  for (std::int64_t i = 0; i < 5; ++i) EXPECT_NEAR(cdf.at(i), expected[std::size_t(i)], 4e-15) << i;
}

TEST(Binomial, IsBernoulliForOneTrial) {
  Graph graph;
  const Node logits = graph.constant(row({-1e4, -2, 0.25, 40})), other = graph.constant(row({-1, -2, 3, 4})),
             y = graph.constant(row({0, 1, 1, 0}));
  const Binomial d{.logits = logits, .trials = 1}, e{.logits = other, .trials = 1};
  const Bernoulli b{.logits = logits};
  const auto expect_same = [](Node a, Node c) {
    const Tensor x = interpret(a), z = interpret(c);
    for (std::int64_t i = 0; i < 4; ++i) EXPECT_NEAR(x.at(i), z.at(i), 1e-14 * (1 + std::abs(z.at(i)))) << i;
  };
  expect_same(d.log_prob(y), b.log_prob(y));
  expect_same(d.cdf(y), b.cdf(y));
  expect_same(d.kl(e), b.kl({.logits = other}));
  expect_same(d.variance(), b.variance());
  expect_same(d.fisher_information().entries.at(0), b.variance());
  EXPECT_EQ(d.support().text(), "{0, 1}");
  EXPECT_EQ((Binomial{.logits = logits, .trials = 10}.certificate()), "NLL = 10·cross-entropy to y/10 − log (10 choose y)");
  EXPECT_THROW(d.kl(Binomial{.logits = other, .trials = 2}), ArgumentError);
  EXPECT_THROW((Binomial{.logits = logits, .trials = 0}.mean()), ArgumentError);
}

// Against its definition: the log probability under π = y/n.
TEST(Binomial, DevianceIsTwiceWhatTheBestFitGains) {
  Graph graph;
  const Node y = graph.constant(row({1, 3, 6, 9})), logits = graph.constant(row({0.75}));
  const Binomial d{.logits = logits, .trials = 10}, best{.logits = log(y) - log(10.0 - y), .trials = 10};
  const std::vector<Tensor> values = interpret(std::vector<Node>{d.deviance(y), 2.0 * (best.log_prob(y) - d.log_prob(y))}, {});
  for (std::int64_t i = 0; i < 4; ++i) EXPECT_NEAR(values[0].at(i), values[1].at(i), 1e-13) << i;
  EXPECT_NEAR(interpret(d.deviance(graph.constant(row({0})))).at(0), 20 * std::log1p(std::exp(0.75)), 1e-13);
}

TEST(NegativeBinomial, TailsAreRight) {  // from sums at 60 digits (mpmath)
  Graph graph;
  const NegativeBinomial d{.log_mean = graph.constant(row({1, 3, 3, 3, 3})), .log_size = graph.constant(row({0.5, 1, 2, 1, 18}))};
  const Node y = graph.constant(row({2, 40, 0, 300, 5}));
  expect_close(interpret(d.log_cdf(y)),
               {-5.5087812928835707e-1, -7.8800157699534091e-2, -9.7037642816484822, -8.0475569691126746e-15, -9.6055304530049625}, 64);
  expect_close(interpret(d.log_survival(y)),
               {-8.590681167615208e-1, -2.5799816453914076, -6.1055104186024658e-5, -32.453407831638033, -6.735746822567658e-5}, 64);
}

// As Poisson of the same mean, whose probabilities are added up.
TEST(NegativeBinomial, OfALargeSizeIsPoisson) {
  Graph graph;
  const std::vector<double> ks = whole(21);
  const Node y = graph.constant(row(ks));
  const NegativeBinomial d{.log_mean = graph.constant(row({2})), .log_size = graph.constant(row({60}))};
  const Tensor cdf = interpret(d.cdf(y)), log_prob = interpret(d.log_prob(y));
  const double mean = std::exp(2.0);
  double sum = 0, term = std::exp(-mean);
  for (std::int64_t k = 0; k < 21; term *= mean / static_cast<double>(++k)) {
    sum += term;
    EXPECT_NEAR(cdf.at(k), sum, 1e-14) << k;
    EXPECT_NEAR(log_prob.at(k), std::log(term), 1e-13) << k;
  }
  EXPECT_NEAR(interpret(d.variance()).at(0), mean, 1e-14 * mean);
}

TEST(Beta, SqueezesTargetsIntoTheOpenInterval) {
  Graph graph;
  expect_close(interpret(Beta::squeeze(graph.constant(row({0, 0.5, 1})), 100)), {0.005, 0.5, 0.995}, 2);
  EXPECT_THROW(Beta::squeeze(graph.constant(row({0})), 0), ArgumentError);
}

TEST(Beta, HasTheModesOfItsShapes) {
  Graph graph;
  const auto mode = [&](double a, double b) {
    const Node logits = graph.constant(row({std::log(a / b)})), log_precision = graph.constant(row({std::log(a + b)}));
    return interpret(Beta{.logits = logits, .log_precision = log_precision}.mode()).at(0);
  };
  EXPECT_NEAR(mode(3, 2), 2.0 / 3, 1e-14);
  EXPECT_NEAR(mode(2, 5), 0.2, 1e-14);
  EXPECT_EQ(mode(0.5, 2), 0);
  EXPECT_EQ(mode(2, 0.5), 1);
  EXPECT_EQ(mode(0.5, 0.5), 0.5);
}

// By the trapezoidal rule in the logit of the probability, which converges exponentially.
TEST(Beta, FisherIsTheMeanProductOfScores) {
  std::vector<double> levels, weights;
  for (int i = -512; i <= 512; ++i) {
    levels.push_back(1 / (1 + std::exp(-0.0625 * i)));
    weights.push_back(0.0625 * levels.back() / (1 + std::exp(0.0625 * i)));
  }
  Graph graph;
  const Beta one{.logits = graph.constant(row({0.3})), .log_precision = graph.constant(row({2}))};
  const Node y = one.quantile(graph.constant(row(levels)));
  const auto wide = [&](double value) { return broadcast_to(graph.constant(row({value})), y.shape()); };
  const Beta d{.logits = wide(0.3), .log_precision = wide(2)};
  const std::vector<Node> scores = gradients(reduce_sum(d.log_prob(y)), std::vector<Node>{d.logits, d.log_precision});
  const FisherInformation fisher = one.fisher_information();
  for (std::size_t i = 0; i < 2; ++i)
    for (std::size_t j = 0; j < 2; ++j) {
      const double expected = interpret(reduce_sum(graph.constant(row(weights)) * scores[i] * scores[j])).item();
      EXPECT_NEAR(interpret(fisher.entries[2 * i + j]).at(0), expected, 1e-10) << i << ", " << j;
    }
}

TEST(Beta, ExtremeDrawsStayInside) {
  for (const DType dtype : {DType::float64, DType::float32})
    for (const double log_precision : {-8.0, 90.0}) {
      Graph graph;
      const Node logits = graph.constant(Tensor(dtype, {1000}));
      const Tensor draws = interpret(Beta{.logits = logits, .log_precision = logits + log_precision}.sample("draws"));
      for (std::int64_t i = 0; i < draws.count(); ++i) ASSERT_TRUE(draws.at(i) > 0 && draws.at(i) < 1) << draws.at(i);
    }
}

}  // namespace
}  // namespace loglik
