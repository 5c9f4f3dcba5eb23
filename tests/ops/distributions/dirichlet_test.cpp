#include "ops/distributions/dirichlet.h"

#include <limits>

#include "framework/distribution.h"
#include "framework/error.h"
#include "framework/head.h"
#include "framework/model.h"
#include "ops/arithmetic.h"
#include "ops/exponential.h"
#include "ops/shape.h"
#include "ops/slice.h"
#include "ops/softmax.h"
#include "tests/ops/distributions/samples.h"
#include "tests/ops/matrices.h"
#include "tests/ops/whole_numbers.h"

namespace loglik {
namespace {

struct Case {
  std::vector<double> log_concentration;
  std::vector<double> values;      // log p of each of `targets`, then the entropy
  std::vector<double> conditions;  // what one ulp of every input changes, in ulps
};
const std::vector<double> targets{0.25, 0.5, 0.25, 0.0009765625, 0.998046875, 0.0009765625, 0.625, 0.125, 0.25};
const std::vector<Case> cases{
    // from 60 digits, by log Γ and ψ
    {{0, 1, -1}, {0.25396118531263211, 4.946844754291976, -2.1280832242949175, -2.3394102716593126}, {3.94, 3.6, 8.52, 3.33}},
    {{-10, 2, 0.5}, {-10.469786110454663, -4.1060695805102792, -20.243147685620155, -22019.00759598439}, {24.3, 19.2, 49.3, 2.2e+5}},
    {{13, 13.75, 13},
     {-721.3148657606882, -4259869.3707694116, -893729.82285116543, -13.324935931405185},
     {7.44e+5, 7.38e+7, 2.52e+7, 13.6}},
    {{-30, -40, -35},
     {-71.541024540747525, -61.141861797513065, -71.071020911501704, -2.3695012334512733e+17},
     {76.0, 79.0, 76.7, 9.47e+18}},
    {{20, 20, 19},
     {-87548776.484335244, -3432249521.6119742, -315578178.64064953, -19.817109945817365},
     {8.73e+9, 8.58e+10, 1.79e+10, 24.4}},
};

Dirichlet dirichlet(Graph& graph, const std::vector<double>& log_concentration, DType dtype = DType::float64) {
  return {.log_concentration = graph.constant(row(log_concentration).cast(dtype))};
}

// Off by some roundings of the value, or 8 times what one ulp of every input changes.
TEST(Dirichlet, LogProbAndEntropyAreRight) {
  for (const DType dtype : {DType::float64, DType::float32})
    for (const Case& c : cases) {
      Graph graph;
      const Dirichlet d = dirichlet(graph, c.log_concentration, dtype);
      const Tensor log_probs = interpret(d.log_prob(graph.constant(matrix_of(targets, {3, 3}).cast(dtype)))),
                   entropy = interpret(d.entropy());
      const double epsilon = dtype == DType::float32 ? 0x1p-23 : 0x1p-52;
      for (std::int64_t i = 0; i < 4; ++i) {
        const double expected = c.values[static_cast<std::size_t>(i)], condition = c.conditions[static_cast<std::size_t>(i)];
        EXPECT_NEAR(i < 3 ? log_probs.at(i) : entropy.item(), expected, 8 * epsilon * std::max({8.0, std::abs(expected), condition}))
            << c.log_concentration[0] << ", " << i;
      }
    }
}

// At its own mean the log density of α = 4.4e5 and more is some 13: in float32 log Γ(α₀) ≈ 1e7 would leave no digit of it.
TEST(Dirichlet, IsPreciseForLargeConcentrations) {
  for (const DType dtype : {DType::float64, DType::float32}) {
    Graph graph;
    const Dirichlet d = dirichlet(graph, {14, 14, 14, 14}, dtype);
    const Node y = graph.constant(row({0.25, 0.25, 0.25, 0.25}).cast(dtype));
    EXPECT_NEAR(interpret(d.log_prob(y)).item(), 23.095214404452874, dtype == DType::float32 ? 1e-5 : 1e-13);
    EXPECT_NEAR(interpret(d.entropy()).item(), -21.595215391893444, dtype == DType::float32 ? 1e-5 : 1e-13);
  }
}

TEST(Dirichlet, AnswersAreRight) {
  Graph graph;
  const Dirichlet d = dirichlet(graph, {std::log(2.0), std::log(3.0), std::log(5.0)});
  const auto expect_near = [](Node answer, const std::vector<double>& expected) {
    const Tensor values = interpret(answer);
    ASSERT_EQ(values.count(), static_cast<std::int64_t>(expected.size()));
    for (std::size_t i = 0; i < expected.size(); ++i) EXPECT_NEAR(values.at(static_cast<std::int64_t>(i)), expected[i], 2e-15) << i;
  };
  expect_near(d.mean(), {0.2, 0.3, 0.5});
  expect_near(d.mode(), {1 / 7.0, 2 / 7.0, 4 / 7.0});
  expect_near(d.variance(), {0.16 / 11, 0.21 / 11, 0.25 / 11});
  // Where a concentration is 1 or less there is no mode inside.
  expect_near(dirichlet(graph, {std::log(0.5), std::log(3.0), std::log(5.0)}).mode(), {0, 1 / 3.0, 2 / 3.0});
  expect_near(dirichlet(graph, {0, 0, std::log(0.5)}).mode(), {0.4, 0.4, 0.2});
  // Uniform: the density is (K − 1)!.
  expect_near(dirichlet(graph, {0, 0, 0}).log_prob(graph.constant(row({0.7, 0.2, 0.1}))), {std::log(2.0)});
}

TEST(Dirichlet, KlIsRight) {  // from 50 digits
  Graph graph;
  const auto kl = [&](int p, int q) {
    return interpret(dirichlet(graph, cases[static_cast<std::size_t>(p)].log_concentration)
                         .kl(dirichlet(graph, cases[static_cast<std::size_t>(q)].log_concentration)))
        .item();
  };
  const auto expect_relative = [](double actual, double expected) { EXPECT_NEAR(actual, expected, 1e-13 * expected); };
  expect_relative(kl(0, 1), 12.702679014042025);
  expect_relative(kl(1, 0), 22017.556743043153);
  expect_relative(kl(2, 4), 93087187.206173219);
  expect_relative(kl(3, 0), 6.403942692989831e+17);
  expect_relative(kl(0, 3), 70.919919949527501);
  expect_relative(kl(4, 2), 137380.96822893624);
  const Dirichlet p = dirichlet(graph, {13, 13.75, 13}), near = dirichlet(graph, {13.0009765625, 13.75, 12.9990234375});
  EXPECT_NEAR(interpret(p.kl(near)).item(), 0.42191881775656655, 1e-11);  // 13·2⁻⁵² of each concentration, times its change of 430
  for (const Case& c : cases)
    EXPECT_EQ(interpret(dirichlet(graph, c.log_concentration).kl(dirichlet(graph, c.log_concentration))).item(), 0);
}

// Midpoints of a fine mesh of the triangle: its mass and −log p's mean are the integral's to the mesh's square.
TEST(Dirichlet, HasMassOne) {
  constexpr int n = 200;
  std::vector<double> y;
  for (int i = 0; i < n; ++i)
    for (int j = 0; i + j < n; ++j)
      for (const double third : {1 / 3.0, 2 / 3.0}) {
        if (third > 0.5 && i + j == n - 1) continue;  // the upward triangle of the cell, then the other
        const double first = (i + third) / n, second = (j + third) / n;
        y.insert(y.end(), {first, second, 1 - first - second});
      }
  Graph graph;
  const Dirichlet d = dirichlet(graph, {1.25, 1.5, 1});
  const auto rows = static_cast<std::int64_t>(y.size() / 3);
  const Node log_p = d.log_prob(graph.constant(matrix_of(y, {rows, 3})));
  const double area = 0.5 / (n * n);
  EXPECT_NEAR(interpret(reduce_sum(exp(log_p))).item() * area, 1, 1e-4);
  EXPECT_NEAR(-interpret(reduce_sum(exp(log_p) * log_p)).item() * area, interpret(d.entropy()).item(), 2e-4);
}

TEST(Dirichlet, GradientsAreThoseOfDifferences) {
  const Build log_prob = [](const std::vector<Node>& x) { return Dirichlet{.log_concentration = x[1]}.log_prob(softmax(x[0])); };
  expect_derivatives(log_prob, {spread({3, 1, 4}, -1, 1), spread({2, 4}, -1, 3, 2)}, 2);
  const Build answers = [](const std::vector<Node>& x) {
    const Dirichlet p{.log_concentration = x[0]}, q{.log_concentration = x[1]};
    return p.entropy() + p.kl(q) + reduce_sum(p.variance() + square(p.mean()), {-1});
  };
  expect_derivatives(answers, {spread({2, 4}, -1, 3), spread({2, 4}, -2, 2, 2)}, 2);
}

TEST(Dirichlet, NothingIsNanAtExtremes) {
  for (const DType dtype : {DType::float64, DType::float32})
    for (const double first : {-1e38, -710.0, -104.0, -40.0, -39.5, -20.0, 0.0, 20.0, 79.0, 88.0, 104.0, 710.0, 1e38})
      for (const double second : {-104.0, -1.0, 0.0, 80.0, 104.0})
        for (const double y : {1.2e-38, 1e-8, 0.5, 0.99999}) {
          Graph graph;
          const Dirichlet d = dirichlet(graph, {first, second}, dtype);
          const Node at = graph.constant(row({y, 1 - y}).cast(dtype)), log_prob = d.log_prob(at);
          for (const Node& node : {log_prob, gradient(log_prob, d.log_concentration), gradient(log_prob, at), d.entropy(), d.mode(),
                                   d.variance(), gradient(d.entropy(), d.log_concentration)}) {
            const Tensor values = interpret(node);
            for (std::int64_t i = 0; i < values.count(); ++i) EXPECT_FALSE(std::isnan(values.at(i))) << first << " " << second << " " << y;
          }
        }
}

// Sums of elements are beta distributed: here with integer parameters, whose distribution function is a binomial sum, or with ½ and ½.
TEST(Dirichlet, DrawsAreBetaDistributed) {
  Graph graph;
  const Node log_alpha = broadcast_to(graph.constant(row({0, std::log(2.0), std::log(3.0)}).cast(DType::float32)), {ks_draws, 3});
  const Dirichlet d{.log_concentration = log_alpha};
  const Tensor draws = interpret(d.sample("draws"));
  EXPECT_EQ(draws.dtype(), DType::float32);
  const auto beta_cdf = [](int a, int b, double x) {
    double sum = 0;
    for (int j = a; j < a + b; ++j)
      sum += std::exp(std::lgamma(a + b) - std::lgamma(j + 1) - std::lgamma(a + b - j)) * std::pow(x, j) * std::pow(1 - x, a + b - 1 - j);
    return sum;
  };
  const auto column = [&](std::initializer_list<std::int64_t> elements) {
    Tensor sums(DType::float64, {ks_draws});
    for (std::int64_t i = 0; i < ks_draws; ++i)
      for (const std::int64_t k : elements) sums.mutable_values<double>()[static_cast<std::size_t>(i)] += draws.at(3 * i + k);
    return sums;
  };
  EXPECT_LT(ks_distance(column({0}), [&](double y) { return beta_cdf(1, 5, y); }), ks_bound);
  EXPECT_LT(ks_distance(column({1}), [&](double y) { return beta_cdf(2, 4, y); }), ks_bound);
  EXPECT_LT(ks_distance(column({2}), [&](double y) { return beta_cdf(3, 3, y); }), ks_bound);
  EXPECT_LT(ks_distance(column({0, 1}), [&](double y) { return beta_cdf(3, 3, y); }), ks_bound);
  EXPECT_LT(ks_distance(column({0, 2}), [&](double y) { return beta_cdf(4, 2, y); }), ks_bound);
  EXPECT_GT(ks_distance(column({0}), [&](double y) { return beta_cdf(1, 5, y) + 0.02; }), ks_bound);
  for (std::int64_t i = 0; i < draws.count(); ++i) ASSERT_TRUE(Support::simplex.contains(draws.at(i))) << draws.at(i);
}

TEST(Dirichlet, DrawsOfSmallConcentrationsStayInside) {  // most are next to a corner, where gamma draws themselves underflow
  Graph graph;
  const Node log_alpha = broadcast_to(graph.constant(row({std::log(0.5), std::log(0.5)}).cast(DType::float32)), {ks_draws, 2});
  const Tensor draws = interpret(Dirichlet{.log_concentration = log_alpha}.sample("draws"));
  Tensor first(DType::float64, {ks_draws});
  for (std::int64_t i = 0; i < ks_draws; ++i) first.mutable_values<double>()[static_cast<std::size_t>(i)] = draws.at(2 * i);
  EXPECT_LT(ks_distance(first, [](double y) { return 2 / std::numbers::pi * std::asin(std::sqrt(y)); }), ks_bound);
  const Tensor corners =
      interpret(Dirichlet{.log_concentration = broadcast_to(graph.constant(-8.0, DType::float32), {1000, 3})}.sample("corners"));
  for (std::int64_t i = 0; i < corners.count(); ++i) ASSERT_TRUE(Support::simplex.contains(corners.at(i))) << corners.at(i);
}

// ∂y₁/∂log α at the same uniform numbers, averaged, is ∂E[y₁]/∂log α = m₁·(1 − m₁) and −m₁·m₂: its deviation is below 1, so 7 standard
// errors of 40,000 draws are 0.035.
TEST(Dirichlet, DrawsAreReparameterised) {
  Graph graph;
  const Node log_alpha = graph.constant(row({0.5, 1, -0.25}));
  const Node draws = Dirichlet{.log_concentration = broadcast_to(log_alpha, {40000, 3})}.sample("draws");
  const Tensor by = interpret(gradient(reduce_sum(narrow(draws, 1, 0, 1)) / 40000.0, log_alpha));
  const Tensor m = interpret(softmax(log_alpha));
  for (std::int64_t i = 0; i < 3; ++i) EXPECT_NEAR(by.at(i), m.at(0) * ((i == 0 ? 1 : 0) - m.at(i)), 0.035) << i;
}

TEST(Dirichlet, TrainsAsAHead) {  // where the gradient's closed form is 0: ψ(αₖ) − ψ(α₀) is the mean of log yₖ
  Graph graph;
  const Node x = graph.input("x", {batch, 1});
  const Dirichlet d{.log_concentration = 0.0 * x + graph.parameter("log_concentration", {3}, {})};
  graph.head("y", d);
  Model model = compile(graph, {.optimizer = Adam{.learning_rate = 0.03}});
  Session session = model.session();
  const Tensor y = Tensor::from(std::vector<float>{0.25F, 0.5F, 0.25F, 0.125F, 0.75F, 0.125F, 0.5F, 0.25F, 0.25F}, {3, 3}),
               zeros(DType::float32, {3, 1});
  for (int step = 0; step < 3000; ++step) session.step({{"x", zeros}, {"y", y}});
  const Tensor fitted = model.parameters()["log_concentration"];
  for (std::int64_t i = 0; i < 3; ++i)
    EXPECT_NEAR(fitted.at(i), (std::vector<double>{1.0796857, 1.6017229, 0.88873042}[static_cast<std::size_t>(i)]), 2e-3) << i;
}

TEST(Dirichlet, RefusesWhatDoesNotFit) {
  Graph graph;
  expect_error<ShapeError>(
      [&] {
        Dirichlet{.log_concentration = graph.input("x", {batch, 1})}.target();
      },
      "Dirichlet: log_concentration has shape {batch, 1}, needs a last axis of constant size, 2 or more");
  graph.head("y", Dirichlet{.log_concentration = graph.input("z", {batch, 2})});
  const Model model = compile(graph);
  EXPECT_THROW(model.check_targets({{"z", Tensor(DType::float32, {1, 2})}, {"y", Tensor::from(std::vector<float>{0.5F, 0.51F}, {1, 2})}}),
               SupportError);
  EXPECT_NO_THROW(
      model.check_targets({{"z", Tensor(DType::float32, {1, 2})}, {"y", Tensor::from(std::vector<float>{0.25F, 0.75F}, {1, 2})}}));
}

TEST(Dirichlet, IsADistribution) {
  Graph graph;
  const Distribution d = Dirichlet{.log_concentration = graph.input("x", {batch, 3})};
  EXPECT_TRUE(d.has<Mean>() && d.has<Mode>() && d.has<Variance>() && d.has<Entropy>() && d.has_sample());
  EXPECT_FALSE(d.has<Cdf>() || d.has<Quantile>() || d.has<Crps>());
  EXPECT_EQ(d.event_rank(), 1U);
  EXPECT_EQ(d.target(), (TensorType{DType::float32, {batch, 3}}));
  EXPECT_TRUE(d.support()->is_simplex());
}

}  // namespace
}  // namespace loglik
