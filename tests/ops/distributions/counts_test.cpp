// Every family of counts: against recorded values, which references/make.py says the source of, and against sums over its probabilities.
#include "framework/distribution.h"
#include "ops/ops.h"
#include "tests/ops/derivatives.h"
#include "tests/ops/distributions/references.h"
#include "tests/ops/distributions/samples.h"

namespace loglik {
namespace {

struct Case {
  const char* name;
  MakeDistribution make;
  std::size_t parameters;
  std::size_t references;  // functions recorded
};

const Case cases[] = {
    {"poisson", [](Node a, Node) -> Distribution { return Poisson{a}; }, 1, 8},
};

class Counts : public testing::TestWithParam<Case> {};
INSTANTIATE_TEST_SUITE_P(Families, Counts, testing::ValuesIn(cases), [](const auto& test) { return std::string(test.param.name); });

// 0, 1, …, n − 1
std::vector<double> counts(int n) {
  std::vector<double> values(static_cast<std::size_t>(n));
  for (int i = 0; i < n; ++i) values[static_cast<std::size_t>(i)] = i;
  return values;
}

Distribution make(const Case& c, Graph& graph, double first, double second, DType dtype = DType::float64) {
  return c.make(graph.constant(row({first}).cast(dtype)), graph.constant(row({second}).cast(dtype)));
}

TEST_P(Counts, ReachTheReferences) { expect_references(GetParam().name, GetParam().make, GetParam().references); }

TEST_P(Counts, AddUp) {  // to 200: less than 1e-16 is left out
  Graph graph;
  const Distribution d = make(GetParam(), graph, 0.75, 0.25);
  const Node y = graph.constant(row(counts(200))), p = exp(d.log_prob(y));
  EXPECT_NEAR(interpret(reduce_sum(p)).item(), 1, 1e-14);
  EXPECT_NEAR(interpret(reduce_sum(p * y)).item(), interpret(d.mean()).at(0), 1e-13);
  const Tensor terms = interpret(p), cdf = interpret(d.cdf(y)), survival = interpret(d.survival(y));
  double sum = 0;
  for (std::int64_t i = 0; i < terms.count(); ++i) {
    sum += terms.at(i);
    ASSERT_NEAR(cdf.at(i), sum, 1e-14);
    ASSERT_NEAR(survival.at(i), 1 - sum, 1e-14);
  }
}

TEST_P(Counts, AnswerForAnyRealNumber) {
  Graph graph;
  const Distribution d = make(GetParam(), graph, 0.75, 0.25);
  const Node y = graph.constant(row({-3, -1e-9, 0, 0.999, 2, 2.5, 2.999})), whole = graph.constant(row({-3, -1, 0, 0, 2, 2, 2}));
  for (const auto function : {&Distribution::cdf, &Distribution::survival, &Distribution::log_cdf, &Distribution::log_survival}) {
    const Tensor a = interpret((d.*function)(y)), b = interpret((d.*function)(whole));
    for (std::int64_t i = 0; i < a.count(); ++i) EXPECT_EQ(a.at(i), b.at(i)) << i;
  }
  EXPECT_EQ(interpret(d.cdf(y)).at(1), 0);
  EXPECT_EQ(interpret(d.log_survival(y)).at(1), 0);
}

// The quantile of F(n), as the dtype has it, is n, that of the next number above is n + 1.
TEST_P(Counts, QuantilesAreExact) {
  for (const DType dtype : {DType::float64, DType::float32})
    for (const double first : {-3.0, 0.75, 3.5, 6.0}) {
      Graph graph;
      const Distribution d = make(GetParam(), graph, first, 0.25, dtype);
      const Node y = graph.constant(row(counts(600)).cast(dtype)), cdf = d.cdf(y);
      const Tensor f = interpret(cdf);
      std::vector<double> next;
      for (std::int64_t i = 0; i < f.count(); ++i)
        next.push_back(dtype == DType::float64 ? std::nextafter(f.at(i), 2) : double{std::nextafter(static_cast<float>(f.at(i)), 2.0F)});
      const Tensor same = interpret(d.quantile(cdf)), above = interpret(d.quantile(graph.constant(row(next).cast(dtype))));
      for (std::int64_t i = 0; i + 1 < f.count() && f.at(i + 1) < 1; ++i) {
        const bool first_of_its_value = i == 0 || f.at(i - 1) < f.at(i);
        if (f.at(i) > 1e-37 && first_of_its_value) {
          ASSERT_EQ(same.at(i), i) << first;
        }
        if (f.at(i) > 1e-37 && f.at(i + 1) > f.at(i)) {
          ASSERT_EQ(above.at(i), i + 1) << first;
        }
      }
      const double inf = std::numeric_limits<double>::infinity(), nan = std::numeric_limits<double>::quiet_NaN();
      expect_close(interpret(d.quantile(graph.constant(row({0, 1, -0.5, 1.5, nan}).cast(dtype)))), {0, inf, nan, nan, nan}, 0);
    }
}

TEST_P(Counts, NoGradientIsNan) {
  for (const DType dtype : {DType::float64, DType::float32}) {
    std::vector<double> raws;
    for (const double magnitude : {0.0, 1e-30, 1e-8, 1.0, 20.0, 88.0, 104.0, 710.0, 1e4, 1e10, 1.6e38})
      for (const double sign : {1.0, -1.0}) raws.push_back(sign * magnitude);
    const std::vector<double> ys{0, 1, 2, 9, 10, 1000, 1e6};
    Graph graph;
    const auto n = static_cast<std::int64_t>(raws.size()), m = static_cast<std::int64_t>(ys.size());
    const Node a = broadcast_to(graph.constant(row(raws).cast(dtype).reshape({1, n, 1})), {m, n, n});
    const Node b = broadcast_to(graph.constant(row(raws).cast(dtype).reshape({1, 1, n})), {m, n, n});
    const Node y = broadcast_to(graph.constant(row(ys).cast(dtype).reshape({m, 1, 1})), {m, n, n});
    const Node log_prob = GetParam().make(a, b).log_prob(y);
    std::vector<Node> results = gradients(reduce_sum(log_prob), std::vector<Node>{a, b});
    results.insert(results.begin(), log_prob);
    for (std::size_t r = 0; r < results.size(); ++r) {
      if (!results[r]) continue;
      const Tensor values = interpret(results[r]);
      for (std::int64_t i = 0; i < values.count(); ++i)
        ASSERT_FALSE(std::isnan(values.at(i))) << (r == 0 ? "log_prob" : "gradient by parameter " + std::to_string(r))
                                               << " of y = " << ys[static_cast<std::size_t>(i / (n * n))] << ", parameters "
                                               << raws[static_cast<std::size_t>(i / n % n)] << ", "
                                               << raws[static_cast<std::size_t>(i % n)];
    }
  }
}

TEST_P(Counts, GradientsAreThoseOfDifferences) {
  const Tensor y = row({0, 1, 4, 12}).reshape({4, 1, 1});
  const auto of = [&](Node (Distribution::*function)(Node) const) {
    return Build([=](const std::vector<Node>& x) { return (GetParam().make(x[0], x[1]).*function)(x[0].graph().constant(y)); });
  };
  const std::vector<Tensor> at{spread({2, 1}, -0.7, 1.2, 2), spread({2}, -0.5, 0.5, 3)};
  expect_derivatives(of(&Distribution::log_prob), at, 2);
  expect_derivatives(of(&Distribution::cdf), at, 1);
  expect_derivatives(of(&Distribution::log_survival), at, 1);
  expect_derivatives(of(&Distribution::crps), at, 1);
}

// Classes 0, …, 8 and more. A correct sampler fails with a probability of 1e-6.
TEST_P(Counts, DrawsFollowTheProbabilities) {
  Graph graph;
  const Node first = graph.constant(Tensor::from(std::vector<float>(ks_draws, 0.75F))),
             second = graph.constant(Tensor::from(std::vector<float>(ks_draws, 0.25F)));
  const Node draws = GetParam().make(first, second).sample("draws");
  EXPECT_EQ(draws.dtype(), DType::float32);
  const Distribution d = make(GetParam(), graph, 0.75, 0.25);
  const Tensor below = interpret(exp(d.log_prob(graph.constant(row(counts(9)))))), rest = interpret(d.survival(graph.constant(row({8}))));
  std::vector<double> probabilities(below.values<double>().begin(), below.values<double>().end());
  probabilities.push_back(rest.at(0));
  EXPECT_LT(chi_squared(interpret(minimum(draws, 9.0)), probabilities), 44.81);  // of 9 degrees of freedom
  const Tensor values = interpret(draws);
  for (std::int64_t i = 0; i < values.count(); ++i) ASSERT_TRUE(d.support()->contains(values.at(i))) << values.at(i);
}

TEST_P(Counts, KlIsTheMeanLogRatio) {
  Graph graph;
  const Distribution p = make(GetParam(), graph, 0.75, 0.25), q = make(GetParam(), graph, 1.5, -0.5);
  const Node y = graph.constant(row(counts(200)));
  const Node mean = reduce_sum(exp(p.log_prob(y)) * (p.log_prob(y) - q.log_prob(y)));
  EXPECT_NEAR(interpret(p.kl(q)).at(0), interpret(mean).item(), 1e-13);
  EXPECT_EQ(interpret(p.kl(p)).at(0), 0);
}

}  // namespace
}  // namespace loglik
