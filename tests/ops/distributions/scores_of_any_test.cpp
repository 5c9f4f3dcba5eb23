// Residuals, scores, divergences and information of any distribution.
#include "ops/distributions/divergence.h"
#include "ops/distributions/forecast_scores.h"
#include "ops/distributions/raw_information.h"
#include "ops/distributions/residuals.h"

#include <limits>
#include <numbers>

#include "framework/error.h"
#include "ops/distributions/answers.h"
#include "ops/ops.h"
#include "tests/ops/derivatives.h"
#include "tests/ops/distributions/bare.h"
#include "tests/ops/distributions/samples.h"
#include "tests/ops/expect_error.h"

namespace loglik {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

double normal_cdf(double z) { return 0.5 * std::erfc(-z / std::sqrt(2)); }

TEST(Residuals, OfDrawsAreUniformAndNormal) {
  Graph graph;
  const Tensor zeros(DType::float64, {ks_draws});
  const auto uniform = [](double u) { return std::clamp(u, 0.0, 1.0); };
  const Poisson counts{.log_rate = graph.constant(zeros) + 0.5};
  const Node y = counts.sample("y");
  EXPECT_LT(ks_distance(interpret(pit(counts, y, "u"), {}, 3), uniform), ks_bound);
  EXPECT_LT(ks_distance(interpret(quantile_residual(counts, y, "v"), {}, 4), normal_cdf), ks_bound);
  EXPECT_GT(ks_distance(interpret(counts.cdf(y), {}, 3), uniform), ks_bound);  // F itself jumps
  const Gumbel density{.loc = graph.constant(zeros)};
  const Node x = density.sample("x");
  EXPECT_LT(ks_distance(interpret(pit(density, x, "w"), {}, 5), uniform), ks_bound);
  EXPECT_LT(ks_distance(interpret(quantile_residual(density, x, "w"), {}, 5), normal_cdf), ks_bound);
}

// Of the lowest count by v·f: F − (1 − v)·f would be rounded to 2⁻²⁴, and −∞ below.
TEST(Residuals, OfTheLowestCountAreAsGoodInFloat32) {
  const auto residuals = [](DType dtype) {  // the same v: their bits are the name's
    Graph graph;
    const Node y = graph.constant(Tensor(dtype, {100000}));
    return interpret(quantile_residual(Poisson{.log_rate = y - 3.0}, y, "v"), {}, 4);
  };
  const Tensor narrow = residuals(DType::float32), wide = residuals(DType::float64);
  double lowest = 0;
  for (std::int64_t i = 0; i < wide.count(); ++i) {
    lowest = std::min(lowest, wide.at(i));
    ASSERT_NEAR(narrow.at(i), wide.at(i), 2e-6) << i;
  }
  EXPECT_LT(lowest, -3.8);  // v of 1e-4 and less came
}

TEST(Residuals, KeepFarOutliers) {
  Graph graph;
  const Gaussian d{.loc = graph.constant(row({1})), .scale = 2};
  const Node y = graph.constant(row({-59, 1, 5, 61}));
  expect_close(interpret(quantile_residual(d, y, "")), {-30, 0, 2, 30}, 64);
  const Node twice = graph.constant(row({0.25, 1, 3}));
  const Exponential e{.log_mean = graph.constant(row({0}))};
  const Tensor r = interpret(deviance_residual(e, twice)), dev = interpret(deviance(e, twice));
  for (std::int64_t i = 0; i < 3; ++i) {
    const double v = interpret(twice).at(i), expected = 2 * (v - 1 - std::log(v));  // unit gamma deviance
    EXPECT_NEAR(dev.at(i), expected, 1e-14);
    EXPECT_NEAR(r.at(i), (v < 1 ? -1 : 1) * std::sqrt(expected), 1e-14);
  }
  EXPECT_THROW(deviance(bare(d), y), ArgumentError);
}

// About the y of deviance 0, whether that is a mean, a median, a mode or none of them.
TEST(Residuals, HaveTheSignOfTheDeviationFromTheBestFit) {
  for (const DType dtype : {DType::float32, DType::float64}) {
    Graph graph;
    const auto number = [&](double v) { return graph.constant(v, dtype); };
    struct Case {
      Distribution d;
      double centre;
      std::vector<double> others;
    };
    const std::vector<double> places{-1e15, -1e3, -1, 0.25, 0.49, 0.51, 0.75, 4, 1e3, 1e15}, shares{1e-15, 1e-3, 0.4, 0.9, 1.1, 1.6, 2.6, 1e3, 1e15};
    const std::vector<double> numbers{0, 1, 2, 3, 4, 7};
    const double shared = std::exp(0.5);
    const std::vector<Case> cases{
        {Gaussian{.loc = number(0.5), .scale = 3}, 0.5, places},
        {Laplace{.loc = number(0.5), .scale = 3}, 0.5, places},
        {Logistic{.loc = number(0.5), .scale = 3}, 0.5, places},
        {StudentT{.loc = number(0.5), .scale = 3, .degrees = 0.7}, 0.5, places},
        {Gumbel{.loc = number(0.5), .scale = 3}, 0.5, places},
        {AsymmetricLaplace{.loc = number(0.5), .level = 0.9, .scale = 3}, 0.5, places},
        {LogNormal{.loc = number(0.5), .scale = 1}, shared, shares},
        {Exponential{.log_mean = number(0.5)}, shared, shares},
        {Gamma{.log_mean = number(0.5), .log_shape = number(1)}, shared, shares},
        {Weibull{.log_scale = number(0.5), .log_shape = number(1)}, shared, shares},
        {InverseGaussian{.log_mean = number(0.5), .log_concentration = number(1)}, shared, shares},
        {Poisson{.log_rate = number(0.5)}, shared, numbers},
        {NegativeBinomial{.log_mean = number(0.5), .log_size = number(0)}, shared, numbers},
        {Binomial{.logits = number(0.5), .trials = 7}, 7 / (1 + std::exp(-0.5)), numbers},
    };
    for (const auto& [d, centre, others] : cases) {
      SCOPED_TRACE(d.name());
      const bool is_share = d.support()->lower() == 0 && !d.support()->is_integer();
      std::vector<double> ys;
      for (const double y : others) ys.push_back(is_share ? centre * y : y);
      const Node y = graph.constant(row(ys).cast(dtype));
      const std::vector<Tensor> got = interpret(std::vector<Node>{deviance_residual(d, y), deviance(d, y)});
      for (std::size_t i = 0; i < ys.size(); ++i) {
        const auto at = static_cast<std::int64_t>(i);
        EXPECT_EQ(got[0].at(at) > 0, ys[i] > centre) << "y = " << ys[i] << ": " << got[0].at(at);
        const double expected = std::sqrt(got[1].at(at));  // may be ∞
        EXPECT_TRUE(std::abs(got[0].at(at)) == expected || std::abs(std::abs(got[0].at(at)) / expected - 1) < 1e-6) << "y = " << ys[i];
      }
    }
  }
}

// An event that has not come by y, or is known to lie between two times, is anywhere in what is left of F.
TEST(Residuals, OfCensoredValuesAreUniformToo) {
  const Tensor zeros(DType::float64, {ks_draws});
  const auto uniform = [](double u) { return std::clamp(u, 0.0, 1.0); };
  const auto expect_uniform = [&](const Distribution& d, Node y, std::uint64_t seed) {
    EXPECT_LT(ks_distance(interpret(pit(d, y, "u"), {}, seed), uniform), ks_bound) << d.name();
    EXPECT_LT(ks_distance(interpret(quantile_residual(d, y, "v"), {}, seed), normal_cdf), ks_bound) << d.name();
  };
  const auto times = [&](Graph& graph) { return Weibull{.log_scale = graph.constant(zeros), .log_shape = graph.constant(zeros) + 0.5}; };
  {
    Graph graph;
    const Weibull base = times(graph);
    const Node t = base.sample("t"), end = graph.constant(spread({ks_draws}, 0.2, 2));
    expect_uniform(RightCensored{.base = base, .event = less_equal(t, end)}, minimum(t, end), 3);
  }
  {
    Graph graph;
    const Poisson base{.log_rate = graph.constant(zeros) + 0.5};
    const Node k = base.sample("k"), end = floor(graph.constant(spread({ks_draws}, 0, 4)));
    expect_uniform(RightCensored{.base = base, .event = less_equal(k, end)}, minimum(k, end), 4);
  }
  {
    Graph graph;
    const Weibull base = times(graph);
    const Node t = base.sample("t"), known = less(graph.constant(spread({ks_draws}, 0, 1)), 0.3);
    const Node visit = minimum(0.25 * floor(4.0 * t), 1.5), next = where(equal(visit, 1.5), infinity, visit + 0.25);  // none after the last
    const Node lower = where(known, t, visit), upper = where(known, t, next);
    expect_uniform(IntervalCensored{.base = base, .lower = lower, .upper = upper}, upper, 5);
  }
  {
    Graph graph;
    const Weibull base = times(graph);
    expect_uniform(IntervalCensored{.base = base, .edges = {0.25, 0.5, 1, 1.5}}, base.sample("t"), 6);
  }
}

TEST(ForecastScores, AreRight) {
  Graph graph;
  const Gaussian d{.loc = graph.constant(row({1})), .scale = 2};
  const Node y = graph.constant(row({-3, 1, 7}));
  expect_close(interpret(dawid_sebastiani(d, y)), {std::log(4) + 4, std::log(4), std::log(4) + 9}, 8);
  const double q = 2 * 1.6448536269514722;  // level 0.9: ±q about 1
  expect_close(interpret(interval_score(d, y, 0.9)), {2 * q + 20 * (4 - q), 2 * q, 2 * q + 20 * (6 - q)}, 64);
  EXPECT_THROW(interval_score(d, y, 0), ArgumentError);
  EXPECT_THROW(energy_score(d, y, "e", 1), ArgumentError);
}

// Of single numbers its expectation is the CRPS.
TEST(ForecastScores, TheEnergyScoreIsFair) {
  Graph graph;
  const std::int64_t n = 20000;
  const Node loc = graph.constant(Tensor(DType::float64, {n})), y = loc + 0.75;
  const Gaussian d{.loc = loc, .scale = 2};
  for (const std::int64_t draws : {2, 5}) {
    const Tensor scores = interpret(energy_score(d, y, "a" + std::to_string(draws), draws), {}, 9);
    double sum = 0, squares = 0;
    for (std::int64_t i = 0; i < n; ++i) sum += scores.at(i), squares += scores.at(i) * scores.at(i);
    const double mean = sum / n, error = std::sqrt((squares / n - mean * mean) / n);
    EXPECT_NEAR(mean, interpret(d.crps(y)).at(0), 5 * error);  // 6e-7
  }
  // Rows: one score each.
  const MultivariateGaussian rows{.loc = graph.constant(Tensor(DType::float64, {4, 3})), .log_diagonal = graph.constant(Tensor(DType::float64, {4, 3}))};
  const Node at = graph.constant(Tensor(DType::float64, {4, 3})) + 1.0;
  const Node score = energy_score(rows, at, "r", 2);
  EXPECT_EQ(score.shape(), (Shape{4}));
  for (const Node g : gradients(reduce_sum(score), std::vector<Node>{rows.loc})) EXPECT_TRUE(std::isfinite(interpret(g).at(0)));
}

TEST(Divergences, ClosedFormsAndQuadratureAgree) {
  Graph graph;
  const auto numbers = [&](const std::vector<double>& v) { return graph.constant(row(v)); };
  const Gaussian p{.loc = numbers({0, 1, -3}), .log_scale = numbers({0, 1, -1})}, q{.loc = numbers({1}), .log_scale = numbers({0.5})};
  const Gumbel g{.loc = numbers({0, 2, 1}), .log_scale = numbers({0, 0.5, -2})};
  const auto expect_same = [](const Divergence& a, Node b) {
    const Tensor x = interpret(a.value), y = interpret(b), error = interpret(a.standard_error);
    for (std::int64_t i = 0; i < y.count(); ++i) {
      EXPECT_NEAR(x.at(i), y.at(i), 1e-10 * (1 + y.at(i)));
      EXPECT_EQ(error.at(i), 0);
    }
  };
  EXPECT_TRUE(interpret(kl(p, q).value).same_bits(interpret(p.kl(q))));
  expect_same(kl(bare(p), bare(q)), p.kl(q));
  expect_same(kl(bare(g), q), kl(g, q).value);
  const Laplace l{.loc = numbers({0.5}), .log_scale = numbers({0.25})}, m{.loc = numbers({-1})};
  expect_same(kl(bare(l), m), l.kl(m));
  const Poisson a{.log_rate = numbers({0.5})}, b{.log_rate = numbers({1.5})};  // λ·(x − y) − λ + μ
  expect_same(kl(bare(a), bare(b)), numbers({-std::exp(0.5) - std::exp(0.5) + std::exp(1.5)}));
  // By log(1 + z²) a Cauchy density falls too slowly for a Gaussian; and a support that is too small.
  struct Cauchy {
    Node loc;
    Node log_prob(Node y) const { return -log1p(square(y - loc)) - std::log(std::numbers::pi); }
    Support support() const { return Support::real; }
  };
  EXPECT_EQ(interpret(kl(Cauchy{numbers({0})}, q).value).item(), infinity);
  EXPECT_EQ(interpret(kl(bare(p), Exponential{.log_mean = numbers({0})}).value).at(0), infinity);
  EXPECT_NEAR(interpret(kl(Cauchy{numbers({0})}, Cauchy{numbers({2})}).value).item(), std::log(1 + 4.0 / 4), 1e-9);  // Chyzak & Nielsen 2019
}

// A density gives each single number probability 0: of what has probabilities it is infinitely far, and that of it.
TEST(Divergences, OfProbabilitiesToADensityAreInfinite) {
  Graph graph;
  const Node zeros = graph.constant(row({0, 1}));
  const Poisson counts{.log_rate = zeros};
  const Gaussian density{.loc = graph.constant(row({0.5}))};
  const Gamma positive{.log_mean = zeros, .log_shape = zeros};
  const ZeroInflated rain{.base = positive, .logits = zeros};
  const auto expect_infinite = [&](const Distribution& p, const Distribution& q, const std::string& key) {
    const Divergence d = kl(p, q, {.key = key, .draws = 64});
    const std::vector<Tensor> values = interpret(std::vector<Node>{d.value, d.standard_error}, {}, 5);
    ASSERT_EQ(values[0].count(), 2) << key;
    for (std::int64_t i = 0; i < 2; ++i) {
      EXPECT_EQ(values[0].at(i), infinity) << key;
      EXPECT_EQ(values[1].at(i), 0) << key;
    }
  };
  expect_infinite(counts, density, "a");
  expect_infinite(density, counts, "b");
  expect_infinite(bare(counts), bare(density), "c");
  expect_infinite(rain, positive, "d");  // by its zeros
  expect_infinite(counts, rain, "e");    // by its other numbers
  expect_infinite(Laplace{.loc = zeros}, positive, "f");
  const Divergence drawn = kl(positive, rain, {.key = "g"});  // −log(1 − π)
  EXPECT_NEAR(interpret(drawn.value).at(0), std::log(2), 1e-14);
  EXPECT_NEAR(interpret(drawn.value).at(1), std::log1p(std::exp(1)), 1e-14);
}

TEST(Divergences, AreDrawnWithTheirError) {
  Graph graph;
  const std::int64_t n = 4000;
  struct Two {  // no kl of its own, and of rows
    MultivariateGaussian d;
    Node log_prob(Node y) const { return d.log_prob(y); }
    Node sample(std::string_view key) const { return d.sample(key); }
    std::size_t event_rank() const { return 1; }
  };
  const Node zero = graph.constant(Tensor(DType::float64, {n, 2}));
  const MultivariateGaussian p{.loc = zero, .log_diagonal = zero}, q{.loc = zero + 0.5, .log_diagonal = zero};
  const Divergence drawn = kl(Two{p}, Two{q}, {.key = "k", .draws = 16});
  const std::vector<Tensor> values = interpret(std::vector<Node>{drawn.value, drawn.standard_error}, {}, 21);
  const double expected = 0.25;  // ½·(½² + ½²)
  double mean = 0, squares = 0, stated = 0;
  for (std::int64_t i = 0; i < n; ++i) {
    mean += values[0].at(i) / n;
    squares += (values[0].at(i) - expected) * (values[0].at(i) - expected) / n;
    stated += values[1].at(i) * values[1].at(i) / n;
  }
  EXPECT_NEAR(mean, expected, 5 * std::sqrt(squares / n));
  EXPECT_NEAR(stated / squares, 1, 0.15);  // variances of 4,000 means: 2 % each, six times over
  EXPECT_THROW(kl(Two{p}, Two{q}, {.draws = 1}), ArgumentError);
}

// Of the outer products of scores: E ∂ᵢ log p·∂ⱼ log p over the gradients by raw itself, at the points of a Gauss–Hermite rule.
TEST(RawInformation, IsOfTheLinksToo) {
  Graph graph;
  const Node raw = graph.constant(Tensor::from(std::vector<double>{0.5, -0.25, 2, 0.125}, {2, 2}));
  const Node first = slice(raw, 1, {.begin = 0, .end = 1}), second = slice(raw, 1, {.begin = 1, .end = 2});
  // μ = r₀·r₁ and log σ = softplus(r₁): J = [[r₁, r₀], [0, S(r₁)]], I = diag(1/σ², 2).
  const Gaussian d{.loc = first * second, .log_scale = softplus(second)};
  ASSERT_TRUE(Distribution(d).has_fisher_information());
  const Tensor information = interpret(raw_fisher_information(d, raw));
  ASSERT_EQ(information.extents(), (Extents{2, 2, 2}));
  for (std::int64_t b = 0; b < 2; ++b) {
    const double r0 = interpret(raw).at(2 * b), r1 = interpret(raw).at(2 * b + 1), sigma = 1 + std::exp(r1), s = 1 / (1 + std::exp(-r1));
    const double w = 1 / (sigma * sigma);
    EXPECT_NEAR(information.at(4 * b), r1 * r1 * w, 1e-14);
    EXPECT_NEAR(information.at(4 * b + 1), r0 * r1 * w, 1e-14);
    EXPECT_NEAR(information.at(4 * b + 2), r0 * r1 * w, 1e-14);
    EXPECT_NEAR(information.at(4 * b + 3), r0 * r0 * w + 2 * s * s, 1e-14);
  }
}

TEST(RawInformation, AddsUpOverValues) {
  Graph graph;
  const Node raw = graph.constant(Tensor::from(std::vector<double>{0.5, -0.25, 1, 2, 0.125, -1}, {2, 3}));
  const Exponential d{.log_mean = 2.0 * raw};  // I = 1 by log μ: diag(4, 4, 4)
  const Tensor information = interpret(raw_fisher_information(d, raw));
  ASSERT_EQ(information.extents(), (Extents{2, 3, 3}));
  for (std::int64_t i = 0; i < 18; ++i) EXPECT_EQ(information.at(i), i % 9 % 4 == 0 ? 4 : 0) << i;
  const Gumbel gumbel{.loc = slice(raw, 1, {.begin = 0, .end = 1}), .log_scale = slice(raw, 1, {.begin = 2, .end = 3})};
  const Tensor of_gumbel = interpret(raw_fisher_information(gumbel, raw));
  const double beta = std::exp(1.0), gamma = std::numbers::egamma;
  EXPECT_NEAR(of_gumbel.at(0), 1 / (beta * beta), 1e-15);
  EXPECT_NEAR(of_gumbel.at(2), (gamma - 1) / beta, 1e-15);
  EXPECT_NEAR(of_gumbel.at(8), std::numbers::pi * std::numbers::pi / 6 + (1 - gamma) * (1 - gamma), 1e-14);
  EXPECT_EQ(of_gumbel.at(4), 0);
  EXPECT_THROW(raw_fisher_information(bare(d), raw), ArgumentError);
  EXPECT_THROW(raw_fisher_information(d, slice(raw, 0, {.end = 1})), ShapeError);
}

// What was seen of a value is no density of it: to be stretched, binned or looked at through another distribution.
TEST(Residuals, OfCensoredValuesWithinAnotherDistributionAreRefused) {
  Graph graph;
  const Node x = graph.constant(row({0.5}));
  const Distribution seen = RightCensored{.base = Weibull{x, x}, .event = x}, between = IntervalCensored{.base = Gaussian{.loc = x}, .edges = {0}};
  for (const Distribution& d : {Distribution(Affine{.base = seen, .scale = 2}), Distribution(Transformed{between, Bijection::exp()}),
                                Distribution(Discretised{.base = between})})
    EXPECT_NE(error_of<ArgumentError>([&] { d.log_prob(x); }).find("is no density of y, but of what was seen of it: censor outside of"), std::string::npos) << d.name();
  for (const Distribution& d : {Distribution(ZeroInflated{seen, x}), Distribution(Truncated{.base = seen, .lower = 0.1}),
                                Distribution(Mixture{.logits = graph.constant(row({0})), .components = {between}})})
    EXPECT_NE(error_of<ArgumentError>([&] { pit(d, x, "u"); }).find("only where no other distribution is around it"), std::string::npos) << d.name();
}

}  // namespace
}  // namespace loglik
