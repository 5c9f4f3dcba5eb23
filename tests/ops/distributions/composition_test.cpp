// Wrappers around wrappers: what each promises holds however they are stacked.
#include <functional>

#include "framework/distribution.h"
#include "framework/head.h"
#include "framework/model.h"
#include "ops/ops.h"
#include "tests/conformance/check_gradient.h"
#include "tests/ops/derivatives.h"
#include "tests/ops/distributions/samples.h"

namespace loglik {
namespace {

struct Case {
  const char* name;
  Distribution (*make)(Node a, Node b);
  double low, high;  // of y
  bool reparameterised = true;
};

Node pair_of(Node a, Node b) { return concat({expand_dims(a, -1), expand_dims(b, -1)}, -1); }

const Case cases[] = {
    {"mixture of truncated of affine",
     [](Node a, Node b) -> Distribution {
       return Mixture{.logits = pair_of(a, b),
                      .components = {Truncated{.base = Affine{.base = Gumbel{.loc = a}, .loc = b, .scale = -0.5}, .lower = -2},
                                     Truncated{.base = Affine{.base = Laplace{.loc = a}, .loc = b}, .lower = -1, .upper = 3}}};
     },
     -1.9, 4, false},
    {"exp of mixture",
     [](Node a, Node b) -> Distribution {
       return Transformed{Mixture{.logits = pair_of(a, b), .components = {Gaussian{a, b}, Logistic{.loc = b, .log_scale = a}}},
                          Bijection::exp()};
     },
     0.05, 20, false},
    {"affine of sigmoid of affine",
     [](Node a, Node b) -> Distribution {
       return Affine{.base = Transformed{Affine{.base = Gumbel{.loc = a}, .log_scale = b, .scale = -1}, Bijection::sigmoid()}, .scale = -3};
     },
     -2.9, -0.1},
    {"truncated of exp",
     [](Node a, Node b) -> Distribution {
       return Truncated{.base = Transformed{Logistic{.loc = a, .log_scale = b}, Bijection::exp()}, .lower = 0.5, .upper = 8};
     },
     0.6, 7.5},
    {"inverse box-cox of truncated",
     [](Node a, Node b) -> Distribution {
       return Transformed{Truncated{.base = Gaussian{a, b}, .lower = -1.75}, Bijection::inverse_box_cox(0.5)};
     },
     0.1, 8},
};

class Compositions : public testing::TestWithParam<Case> {};
INSTANTIATE_TEST_SUITE_P(Wrappers, Compositions, testing::ValuesIn(cases), [](const auto& test) {
  std::string name = test.param.name;
  for (char& c : name)
    if (c == ' ' || c == '-') c = '_';
  return name;
});

TEST_P(Compositions, AreOneDistribution) {
  Graph graph;
  const Node a = graph.constant(0.4, DType::float64), b = graph.constant(-0.3, DType::float64);
  const Distribution d = GetParam().make(a, b);
  ASSERT_TRUE(d.has<Cdf>() && d.has<Survival>() && d.has<LogCdf>() && d.has<LogSurvival>() && d.has<Quantile>() && d.has_sample());
  const Node y = graph.constant(spread({40}, GetParam().low, GetParam().high));
  const Tensor density = interpret(exp(d.log_prob(y))), slope = interpret(gradient(reduce_sum(d.cdf(y)), y));
  const Tensor cdf = interpret(d.cdf(y)), survival = interpret(d.survival(y)), back = interpret(d.quantile(d.cdf(y)));
  const Tensor log_cdf = interpret(d.log_cdf(y)), log_survival = interpret(d.log_survival(y)), at = interpret(y);
  for (std::int64_t i = 0; i < 40; ++i) {
    EXPECT_NEAR(slope.at(i), density.at(i), 1e-12 * (1 + density.at(i))) << at.at(i);
    EXPECT_NEAR(cdf.at(i) + survival.at(i), 1, 1e-14) << at.at(i);
    EXPECT_NEAR(std::exp(log_cdf.at(i)), cdf.at(i), 1e-14) << at.at(i);
    EXPECT_NEAR(std::exp(log_survival.at(i)), survival.at(i), 1e-14) << at.at(i);
    EXPECT_NEAR(back.at(i), at.at(i), 1e-13 * (1 + 1 / density.at(i))) << at.at(i);
  }
  // Far outside of what it can be: all or nothing.
  const Support support = *d.support();
  if (std::isfinite(support.lower())) {
    EXPECT_EQ(interpret(d.cdf(graph.constant(support.lower() - 1, DType::float64))).item(), 0);
  }
  if (std::isfinite(support.upper())) {
    EXPECT_EQ(interpret(d.survival(graph.constant(support.upper() + 1, DType::float64))).item(), 0);
  }
}

TEST_P(Compositions, GradientsAreThoseOfDifferences) {
  Graph graph;
  const Node a = graph.input("a", {2, 1}), b = graph.input("b", {2, 1}), y = graph.input("y", {3});
  const Tensor points = spread({3}, GetParam().low, GetParam().high, 4).cast(DType::float32);
  const Distribution d = GetParam().make(a, b);
  conformance::check_gradient(reduce_sum(square(d.log_prob(y))), {a, b, y},
                              {.feed = {{"y", points}}, .domain = {-0.8, 0.8}, .float32_ulps = 4096});
}

TEST_P(Compositions, DrawsFollowTheCdf) {
  Graph graph;
  const Node zero = graph.constant(Tensor(DType::float32, {ks_draws}));
  const Distribution d = GetParam().make(zero + 0.4, zero - 0.3);
  const Tensor draws = interpret(d.sample("draws"));
  EXPECT_LT(ks_distance(interpret(d.cdf(graph.constant(draws))), [](double u) { return u; }), ks_bound);
  const Support support = *d.support();
  for (std::int64_t i = 0; i < ks_draws; ++i) ASSERT_TRUE(support.contains(draws.at(i))) << draws.at(i);
}

TEST_P(Compositions, AHeadOfThemTrains) {
  Graph graph;
  const Node x = graph.input("x", {batch, 1});
  const Node a = 0.0 * x + graph.parameter("a", {1}, {}), b = 0.0 * x + graph.parameter("b", {1}, {});
  graph.head("y", GetParam().make(a, b), {.target = graph.input("y", {batch, 1})});
  Model model = compile(graph, {.optimizer = Adam{.learning_rate = 0.02}});
  Session session = model.session();
  const Tensor y = spread({16, 1}, GetParam().low, (GetParam().low + GetParam().high) / 2).cast(DType::float32);
  double first = 0, last = 0;
  for (int step = 0; step < 100; ++step) {
    last = session.step({{"x", Tensor(DType::float32, {16, 1})}, {"y", y}}).loss;
    if (step == 0) first = last;
  }
  EXPECT_LT(last, first);
}

// Zeros stay zeros when all is scaled: a scaled base with zeros is a scaled distribution with zeros.
TEST(ZerosInside, StretchWithTheRest) {
  Graph graph;
  const auto number = [&](double x) { return graph.constant(x, DType::float64); };
  const Node zeros = number(-0.5), log_scale = number(0.7), y = graph.constant(row({-1, 0, 0.5, 2, 30})),
             p = graph.constant(row({0.1, 0.3, 0.6, 0.99}));
  const Distribution base = LogNormal{.loc = number(0.3)};
  const Distribution outside = Affine{.base = ZeroInflated{.base = base, .logits = zeros}, .log_scale = log_scale, .scale = 3};
  const Distribution inside = ZeroInflated{.base = Affine{.base = base, .log_scale = log_scale, .scale = 3}, .logits = zeros};
  EXPECT_EQ(outside.support()->text(), "[0, ∞)");
  ASSERT_EQ(outside.atoms().size(), 1U);
  const Node at = graph.constant(row({0, 0.5, 2, 30}));
  for (const auto& [left, right] : std::vector<std::pair<Node, Node>>{{outside.log_prob(at), inside.log_prob(at)},
                                                                      {outside.cdf(y), inside.cdf(y)},
                                                                      {outside.survival(y), inside.survival(y)},
                                                                      {outside.log_survival(y), inside.log_survival(y)},
                                                                      {outside.quantile(p), inside.quantile(p)},
                                                                      {outside.mean(), inside.mean()},
                                                                      {outside.variance(), inside.variance()}}) {
    const Tensor a = interpret(left), b = interpret(right);
    for (std::int64_t i = 0; i < a.count(); ++i) EXPECT_NEAR(a.at(i), b.at(i), 1e-13 * (1 + std::abs(b.at(i)))) << i;
  }
}

TEST(ZerosInside, AreOneComponentsOwn) {
  Graph graph;
  const auto number = [&](double x) { return graph.constant(x, DType::float64); };
  const Node zeros = number(-0.5);
  const double of_zero = 1 / (1 + std::exp(0.5));
  const Mixture d{.logits = graph.constant(row({std::log(0.25), std::log(0.75)})),
                  .components = {Hurdle{.base = LogNormal{.loc = number(0.3)}, .logits = zeros}, Exponential{number(0.2)}}};
  const Node zero = graph.constant(row({0}));
  EXPECT_NEAR(interpret(exp(d.log_prob(zero))).at(0), 0.25 * of_zero, 1e-15);
  EXPECT_NEAR(interpret(d.cdf(zero)).at(0), 0.25 * of_zero, 1e-15);
  EXPECT_NEAR(interpret(d.responsibilities(zero)).at(0), 1, 1e-15);
  EXPECT_EQ(interpret(d.quantile(graph.constant(row({0.2 * of_zero})))).at(0), 0);
  EXPECT_GT(interpret(d.quantile(graph.constant(row({0.26 * of_zero})))).at(0), 0);
  // By its logit: R − π = 1 − π of the zeros' own, where the Hurdle made it for certain.
  EXPECT_NEAR(interpret(gradient(reduce_sum(d.log_prob(zero)), zeros)).item(), 1 - of_zero, 1e-14);
}

TEST(ZerosInside, AreThoseOfAnInstrumentThatStops) {
  Graph graph;
  const auto number = [&](double x) { return graph.constant(x, DType::float64); };
  const double below = 0.15865525393145707;  // Φ(−1)
  const Distribution seen = Censored{.base = Gaussian{.loc = number(1)}, .lower = number(0)};
  const Mixture d{.logits = graph.constant(row({0, 0})), .components = {seen, Gaussian{.loc = number(-4)}}};
  EXPECT_NEAR(interpret(exp(d.log_prob(number(0)))).item(), 0.5 * below, 1e-15);
  EXPECT_NEAR(interpret(d.quantile(number(0.5 + 0.4 * below))).item(), 0, 0);
  EXPECT_LT(interpret(d.quantile(number(0.49))).item(), -1);
  const Distribution doubled = Affine{.base = seen, .loc = number(5), .scale = -2};  // 5 and below
  EXPECT_NEAR(interpret(exp(doubled.log_prob(number(5)))).item(), below, 1e-15);
  EXPECT_NEAR(interpret(doubled.cdf(number(5))).item(), 1, 1e-15);
  EXPECT_NEAR(interpret(doubled.cdf(number(4.999))).item(), 1 - below, 1e-3);
  const Distribution raised = Transformed{seen, Bijection::exp()};
  EXPECT_NEAR(interpret(exp(raised.log_prob(number(1)))).item(), below, 1e-15);
}

TEST(Counts, OfAMixtureHaveExactQuantiles) {  // from SciPy's poisson.cdf: the first y at which the weighted sum reaches p
  for (const DType dtype : {DType::float64, DType::float32}) {
    Graph graph;
    const auto number = [&](double x) { return graph.constant(x, dtype); };
    const Distribution d = Mixture{.logits = graph.constant(row({std::log(0.3), std::log(0.7)}).cast(dtype)),
                                   .components = {Poisson{.log_rate = number(std::log(2.5))}, Poisson{.log_rate = number(std::log(5000))}}};
    const std::vector<double> levels{0.01, 0.2, 0.29, 0.5, 0.99};
    expect_close(interpret(d.quantile(graph.constant(row(levels).cast(dtype)))), {0, 3, 6, 4960, 5155}, 0);
    EXPECT_EQ(d.support()->text(), "{0, 1, …}");
    if (dtype == DType::float64) expect_close(interpret(d.quantile(graph.constant(row({0.3001, 0.999999999})))), {4746, 5426}, 0);
    // log p of y about 5000 is a sum of terms as large as y·log λ = 42,000, an ulp of which is 7e-12, and 4e-3 in float32.
    std::vector<double> counts(6001);
    for (std::size_t k = 0; k < counts.size(); ++k) counts[k] = static_cast<double>(k);
    const Node y = graph.constant(row(counts).cast(dtype));
    EXPECT_NEAR(interpret(reduce_sum(exp(d.log_prob(y)))).item(), 1, dtype == DType::float64 ? 1e-11 : 1e-2);
  }
}

}  // namespace
}  // namespace loglik
