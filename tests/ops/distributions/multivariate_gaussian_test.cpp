#include "ops/distributions/multivariate_gaussian.h"

#include <limits>

#include "framework/distribution.h"
#include "framework/error.h"
#include "framework/head.h"
#include "framework/model.h"
#include "ops/distributions/gaussian.h"
#include "ops/exponential.h"
#include "ops/slice.h"
#include "tests/ops/distributions/samples.h"
#include "tests/ops/matrices.h"
#include "tests/ops/whole_numbers.h"

namespace loglik {
namespace {

const double ln2 = std::log(2.0);

// μ = (¼, −1, 2) with the triangle (1.5; ½, ¾; −¼, 1, 2).
MultivariateGaussian skewed(Graph& graph, bool precision = false, DType dtype = DType::float64) {
  const auto node = [&](const std::vector<double>& values) { return graph.constant(row(values).cast(dtype)); };
  return {.loc = node({0.25, -1, 2}),
          .log_diagonal = node({std::log(1.5), std::log(0.75), ln2}),
          .lower = node({0.5, -0.25, 1}),
          .precision = precision};
}

// ν = (0, ½, 1) with (½; ¼, 1; 1, −½, 1¼).
MultivariateGaussian other(Graph& graph, bool precision = false) {
  const auto node = [&](const std::vector<double>& values) { return graph.constant(row(values)); };
  return {
      .loc = node({0, 0.5, 1}), .log_diagonal = node({-ln2, 0, std::log(1.25)}), .lower = node({0.25, 1, -0.5}), .precision = precision};
}

MultivariateGaussian independent(Graph& graph) {
  return {.loc = graph.constant(row({0, 0.5, 1})), .log_diagonal = graph.constant(row({-ln2, 0, ln2}))};
}

const std::vector<double> targets{0.5, 0.5, 0.5, -3, 2, 10, 0.25, -1, 2};

// From 40 digits, by the inverse and the determinant of Σ.
TEST(MultivariateGaussian, LogProbIsRight) {
  for (const DType dtype : {DType::float64, DType::float32}) {
    Graph graph;
    const Node y = graph.constant(matrix_of(targets, {3, 3}).cast(dtype));
    expect_close(interpret(skewed(graph, false, dtype).log_prob(y)), {-6.7660723976204704, -21.242924249472322, -3.567745815830347}, 4);
    expect_close(interpret(skewed(graph, true, dtype).log_prob(y)), {-7.6411978833976895, -196.92244788339769, -1.9458853833976895}, 4);
  }
}

TEST(MultivariateGaussian, AnswersAreRight) {
  Graph graph;
  const MultivariateGaussian p = skewed(graph), by_precision = skewed(graph, true);
  expect_close(interpret(p.mean()), {0.25, -1, 2}, 0);
  expect_close(interpret(p.variance()), {2.25, 0.8125, 5.0625}, 4);
  expect_close(interpret(by_precision.variance()), {0.73533950617283951, 2.2222222222222222, 0.25}, 8);
  expect_close(interpret(p.entropy()), {5.067745815830347}, 4);
  expect_close(interpret(by_precision.entropy()), {3.4458853833976895}, 4);
  expect_close(interpret(p.covariance()), {2.25, 0.75, -0.375, 0.75, 0.8125, 0.625, -0.375, 0.625, 5.0625}, 4);
  expect_close(interpret(diagonal(by_precision.covariance())), {0.73533950617283951, 2.2222222222222222, 0.25}, 8);
}

TEST(MultivariateGaussian, KlIsRight) {
  Graph graph;
  const auto kl = [](const MultivariateGaussian& p, const MultivariateGaussian& q) { return interpret(p.kl(q)); };
  constexpr double ulps = 16;  // of sums of ten terms of its size
  expect_close(kl(skewed(graph), other(graph)), {9.0381286545379357}, ulps);
  expect_close(kl(skewed(graph, true), other(graph)), {5.0850392412915809}, ulps);
  expect_close(kl(skewed(graph), other(graph, true)), {8.8036046630294068}, ulps);
  expect_close(kl(skewed(graph, true), other(graph, true)), {4.52765452447441}, ulps);
  expect_close(kl(skewed(graph), independent(graph)), {4.6031322837836712}, ulps);
  expect_close(kl(independent(graph), other(graph)), {0.82624637075426445}, ulps);
  EXPECT_EQ(kl(skewed(graph), skewed(graph)).item(), 0);
  EXPECT_NEAR(kl(skewed(graph, true), skewed(graph, true)).item(), 0, 1e-15);
  EXPECT_EQ(kl(independent(graph), independent(graph)).item(), 0);
}

TEST(MultivariateGaussian, IndependentElementsAreGaussians) {
  Graph graph;
  const MultivariateGaussian d = independent(graph);
  const Gaussian each{.loc = d.loc, .log_scale = d.log_diagonal};
  const Node y = graph.constant(matrix_of(targets, {3, 3}));
  const auto expect_same = [](Node a, Node b) {
    const Tensor first = interpret(a), second = interpret(b);
    ASSERT_EQ(first.extents(), second.extents());
    for (std::int64_t i = 0; i < first.count(); ++i) EXPECT_NEAR(first.at(i), second.at(i), 4e-15 * (1 + std::abs(second.at(i)))) << i;
  };
  expect_same(d.log_prob(y), reduce_sum(each.log_prob(y), {-1}));
  expect_same(d.entropy(), reduce_sum(each.entropy(), {-1}));
  expect_same(d.variance(), each.variance());
  expect_same(diagonal(d.covariance()), each.variance());
  MultivariateGaussian inverse = d;
  inverse.precision = true;
  inverse.log_diagonal = -d.log_diagonal;
  expect_same(inverse.log_prob(y), d.log_prob(y));
  expect_same(inverse.variance(), d.variance());
  const MultivariateGaussian standard{.loc = d.loc};
  expect_same(standard.log_prob(y), reduce_sum(Gaussian{.loc = d.loc}.log_prob(y), {-1}));
  expect_same(standard.variance(), graph.constant(row({1, 1, 1})));
}

TEST(MultivariateGaussian, ComesFromACovariance) {
  Graph graph;
  const MultivariateGaussian expected = skewed(graph);
  const MultivariateGaussian d = MultivariateGaussian::of_covariance(expected.loc, expected.covariance());
  const Node y = graph.constant(matrix_of(targets, {3, 3}));
  const Tensor a = interpret(d.log_prob(y)), b = interpret(expected.log_prob(y));
  for (std::int64_t i = 0; i < 3; ++i) EXPECT_NEAR(a.at(i), b.at(i), 1e-13);
}

// The closed forms g_μ = −w, g_C = −wᵢ·vⱼ, g_log Cᵢᵢ = 1 − Cᵢᵢ·wᵢ·vᵢ of −log p, v = C⁻¹e, w = C⁻ᵀv: what distributions are differentiated
// to.
TEST(MultivariateGaussian, GradientsAreThoseOfDifferences) {
  for (const bool precision : {false, true}) {
    const Build build = [=](const std::vector<Node>& x) {
      return MultivariateGaussian{.loc = x[1], .log_diagonal = x[2], .lower = x[3], .precision = precision}.log_prob(x[0]);
    };
    expect_derivatives(build, {spread({2, 2, 3}, -1, 1), spread({2, 3}, -1, 1, 2), spread({3}, -0.5, 0.5, 3), spread({2, 3}, -1, 1, 4)}, 2);
    const Build answers = [=](const std::vector<Node>& x) {
      const MultivariateGaussian p{.loc = x[0], .log_diagonal = x[1], .lower = x[2], .precision = precision};
      const MultivariateGaussian q{.loc = x[0] * 0.5, .log_diagonal = -x[1], .lower = x[2] * x[2], .precision = !precision};
      return p.kl(q) + p.entropy() + reduce_sum(p.variance(), {-1});
    };
    expect_derivatives(answers, {spread({2, 3}, -1, 1, 2), spread({2, 3}, -0.5, 0.5, 3), spread({2, 3}, -1, 1, 4)}, 1);
  }
}

TEST(MultivariateGaussian, Broadcasts) {
  Graph graph;
  const MultivariateGaussian d{.loc = graph.constant(spread({4, 1, 2}, -1, 1)),
                               .log_diagonal = graph.constant(spread({3, 2}, -1, 1)),
                               .lower = graph.constant(spread({1}, -1, 1))};
  EXPECT_EQ(d.target(), (TensorType{DType::float64, {4, 3, 2}}));
  EXPECT_EQ(d.log_prob(graph.constant(spread({5, 4, 3, 2}, -1, 1))).shape(), (Shape{5, 4, 3}));
  EXPECT_EQ(d.log_prob(graph.constant(row({0, 1}))).shape(), (Shape{4, 3}));
  EXPECT_EQ(d.mean().shape(), (Shape{4, 3, 2}));
  EXPECT_EQ(d.entropy().shape(), (Shape{4, 3}));
  EXPECT_EQ(d.sample("draw").shape(), (Shape{4, 3, 2}));
}

// For independent elements whatever the scale, where the true value does not fit a float32 it is infinite; with a triangle where it fits.
TEST(MultivariateGaussian, NothingIsNanAtExtremes) {
  for (const DType dtype : {DType::float64, DType::float32}) {
    const double most = dtype == DType::float32 ? 80 : 700;
    for (const bool full : {false, true})
      for (const bool precision : {false, true})
        for (const double s :
             full ? std::vector<double>{-0.5 * most, -20, 0, 20, 0.5 * most} : std::vector<double>{-1e4, -104, 0, 104, 1e4})
          for (const double e : {0.0, 1e-8, 1.0}) {
            Graph graph;
            const auto node = [&](const std::vector<double>& values) { return graph.constant(row(values).cast(dtype)); };
            const std::vector<Node> x{node({0, 0}), node({s, -s}), node({1})};
            const MultivariateGaussian d{.loc = x[0], .log_diagonal = x[1], .lower = full ? x[2] : Node(), .precision = precision};
            const Node log_prob = d.log_prob(node({e, e}));
            std::vector<Node> results = gradients(log_prob, x);
            results.push_back(log_prob);
            for (const Node& result : results) {
              if (!result) continue;
              const Tensor values = interpret(result);
              for (std::int64_t i = 0; i < values.count(); ++i)
                EXPECT_FALSE(std::isnan(values.at(i))) << s << " " << e << " " << full << precision;
            }
          }
  }
}

// Along any direction the draws are Gaussian with the variance that Σ gives it: with n·Σ·n for n = (1, 0, 0), …, (1, −1, ½).
TEST(MultivariateGaussian, DrawsHaveTheCovariance) {
  for (const bool precision : {false, true}) {
    Graph graph;
    MultivariateGaussian d = skewed(graph, precision, DType::float32);
    const Tensor covariance = interpret(d.covariance());
    d.loc = broadcast_to(d.loc, {ks_draws, 3});
    const Tensor draws = interpret(d.sample("draws"));
    for (const std::array<double, 3>& n : {std::array<double, 3>{1, 0, 0}, {0, 1, 0}, {0, 0, 1}, {1, 1, 0}, {0, 1, 1}, {1, -1, 0.5}}) {
      double variance = 0;
      for (std::int64_t i = 0; i < 9; ++i)
        variance += n[static_cast<std::size_t>(i / 3)] * covariance.at(i) * n[static_cast<std::size_t>(i % 3)];
      Tensor along(DType::float64, {ks_draws});
      for (std::int64_t i = 0; i < ks_draws; ++i)
        along.mutable_values<double>()[static_cast<std::size_t>(i)] =
            n[0] * (draws.at(3 * i) - 0.25) + n[1] * (draws.at(3 * i + 1) + 1) + n[2] * (draws.at(3 * i + 2) - 2);
      const double deviation = std::sqrt(2 * variance);
      EXPECT_LT(ks_distance(along, [&](double y) { return 0.5 * std::erfc(-y / deviation); }), ks_bound) << precision;
    }
  }
}

TEST(MultivariateGaussian, DrawsAreReparameterised) {  // the draw is where v is the noise: ∂v/∂parameter = 0 along it
  for (const bool precision : {false, true}) {
    const auto whitened_draw = [=](const std::vector<Node>& x) {
      const MultivariateGaussian d{.loc = x[0], .log_diagonal = x[1], .lower = x[2], .precision = precision};
      return d.whitened(d.sample("draw") - d.loc);
    };
    Graph graph;
    const std::vector<Node> x{graph.constant(spread({4, 3}, -1, 1)), graph.constant(spread({4, 3}, -0.5, 0.5)),
                              graph.constant(spread({4, 3}, -1, 1))};
    const Node v = whitened_draw(x);
    for (const Node by : gradients(reduce_sum(v * graph.constant(spread({4, 3}, 1, 2, 5))), x)) {
      const Tensor values = interpret(by);
      for (std::int64_t i = 0; i < values.count(); ++i) EXPECT_NEAR(values.at(i), 0, 1e-14);
    }
  }
}

TEST(MultivariateGaussian, TrainsAsAHead) {  // to the mean and covariance of the targets, which are its maximum-likelihood estimates
  for (const bool precision : {false, true}) {
    Graph graph;
    const Node x = graph.input("x", {batch, 1});
    const MultivariateGaussian d{.loc = 0.0 * x + graph.parameter("loc", {2}, {}),
                                 .log_diagonal = graph.parameter("log_diagonal", {2}, {}),
                                 .lower = graph.parameter("lower", {1}, {}),
                                 .precision = precision};
    graph.head("y", d);
    graph.output("covariance", d.covariance());
    Model model = compile(graph, {.optimizer = Adam{.learning_rate = 0.03}});
    Session session = model.session();
    const Tensor y = Tensor::from(std::vector<float>{1, 2, 3, 1, -1, 0, 2, 2}, {4, 2}), zeros(DType::float32, {4, 1});
    for (int step = 0; step < 1500; ++step) session.step({{"x", zeros}, {"y", y}});
    EXPECT_NEAR(model.parameters()["loc"].at(0), 1.25, 2e-3);
    EXPECT_NEAR(model.parameters()["loc"].at(1), 1.25, 2e-3);
    const Tensor covariance = session.fetch("covariance");
    EXPECT_NEAR(covariance.at(0), 2.1875, 0.01);  // mean of squares 3.75 less 1.5625
    EXPECT_NEAR(covariance.at(1), 0.6875, 0.01);  // (2 + 3 + 0 + 4)/4 less 1.5625
    EXPECT_NEAR(covariance.at(3), 0.6875, 0.01);  // 2.25 less 1.5625
  }
}

TEST(MultivariateGaussian, RefusesWhatDoesNotFit) {
  Graph graph;
  const Node loc = graph.input("loc", {batch, 3}), two = graph.input("two", {2}), s = graph.input("s", {});
  const auto refused = [&](const MultivariateGaussian& d, const std::string& text) { expect_error<ShapeError>([&] { d.size(); }, text); };
  refused({.loc = s}, "MultivariateGaussian: loc has shape {}, needs a last axis of constant size");
  refused({.loc = loc, .log_diagonal = two}, "MultivariateGaussian: log_diagonal has shape {2}, needs a last axis of 3, as loc {batch, 3}");
  refused({.loc = loc, .lower = two},
          "MultivariateGaussian: lower has shape {2}, needs a last axis of 3, the elements below a diagonal of 3");
}

TEST(MultivariateGaussian, IsADistribution) {
  Graph graph;
  const Distribution d = skewed(graph);
  EXPECT_TRUE(d.has<Mean>() && d.has<Mode>() && d.has<Variance>() && d.has<Entropy>() && d.has_sample());
  EXPECT_FALSE(d.has<Cdf>() || d.has<Quantile>() || d.has<Median>() || d.has<Crps>());
  EXPECT_EQ(d.event_rank(), 1U);
  EXPECT_EQ(d.support()->text(), "the finite numbers");
  EXPECT_EQ(d.certificate(), "NLL = ½‖C⁻¹(y − μ)‖² + Σ log Cᵢᵢ + 2.756816");
  EXPECT_EQ(skewed(graph, true).certificate(), "NLL = ½‖Lᵀ(y − μ)‖² − Σ log Lᵢᵢ + 2.756816");
  EXPECT_EQ(MultivariateGaussian{.loc = graph.input("x", {batch, 2})}.certificate(), "NLL = ½·squared error + 1.837877");
}

}  // namespace
}  // namespace loglik
