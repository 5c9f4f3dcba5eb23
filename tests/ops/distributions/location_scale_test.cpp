// What families of a location and a scale promise beside their values: certificates, a fixed scale, errors.
#include "ops/distributions/location_scale.h"

#include <limits>

#include "framework/error.h"
#include "ops/ops.h"
#include "tests/ops/derivatives.h"

namespace loglik {
namespace {

TEST(LocationScale, CertificatesNameTheLoss) {
  Graph graph;
  const Node loc = graph.constant(0.0, DType::float64);
  EXPECT_EQ(Laplace{.loc = loc}.certificate(), "NLL = absolute error + 0.693147");
  EXPECT_EQ((Laplace{.loc = loc, .scale = 0.25}.certificate()), "NLL = 4·absolute error − 0.693147");
  EXPECT_EQ((Laplace{.loc = loc, .log_scale = loc}.certificate()), "NLL = |y − μ|/b + log b + 0.693147");
  EXPECT_EQ((AsymmetricLaplace{.loc = loc, .level = 0.9}.certificate()), "NLL = pinball loss of level 0.9 + 2.407946");
  EXPECT_EQ((AsymmetricLaplace{.loc = loc, .level = 0.9, .log_scale = loc}.certificate()),
            "NLL = pinball loss of level 0.9 / b + log b + 2.407946");
  EXPECT_EQ(LogNormal{.loc = loc}.certificate(), "NLL = 0.5·squared error of logs + log y + 0.918939");
}

// Two ways to say σ = 3·e^0.5.
TEST(LocationScale, ScaleAndLogScaleMultiply) {
  const auto answers = [](const auto& d) {
    const Node y = d.loc.graph().constant(row({0.5, 2, 7}));
    return interpret(std::vector<Node>{d.log_prob(y), d.cdf(y), d.quantile(d.cdf(y)), d.variance(), d.entropy()}, {});
  };
  const auto expect_same = [](const std::vector<Tensor>& a, const std::vector<Tensor>& b) {
    for (std::size_t i = 0; i < a.size(); ++i)
      for (std::int64_t k = 0; k < a[i].count(); ++k) EXPECT_NEAR(a[i].at(k), b[i].at(k), 1e-13 * (1 + std::abs(b[i].at(k)))) << i;
  };
  Graph graph;
  const Node loc = graph.constant(row({0.25})), half = graph.constant(row({0.5})), whole = graph.constant(row({0.5 + std::log(3.0)}));
  expect_same(answers(Gaussian{.loc = loc, .log_scale = half, .scale = 3}), answers(Gaussian{.loc = loc, .log_scale = whole}));
  expect_same(answers(Laplace{.loc = loc, .log_scale = half, .scale = 3}), answers(Laplace{.loc = loc, .log_scale = whole}));
  expect_same(answers(Logistic{.loc = loc, .log_scale = half, .scale = 3}), answers(Logistic{.loc = loc, .log_scale = whole}));
  expect_same(answers(Gumbel{.loc = loc, .log_scale = half, .scale = 3}), answers(Gumbel{.loc = loc, .log_scale = whole}));
  expect_same(answers(LogNormal{.loc = loc, .log_scale = half, .scale = 3}), answers(LogNormal{.loc = loc, .log_scale = whole}));
  expect_same(answers(AsymmetricLaplace{.loc = loc, .level = 0.2, .log_scale = half, .scale = 3}),
              answers(AsymmetricLaplace{.loc = loc, .level = 0.2, .log_scale = whole}));
}

// At the location the density has a kink, what it adds up to has none: there the slope of abs, 0, is not to be taken for the density.
TEST(LocationScale, DistributionFunctionsHaveTheDensityForSlopeAtTheLocation) {
  Graph graph;
  const Node y = graph.constant(row({0.25})), log_scale = graph.constant(row({-1.5}));
  for (const Distribution& d : {Distribution(Laplace{.loc = y, .log_scale = log_scale}),
                                Distribution(AsymmetricLaplace{.loc = y, .level = 0.3, .log_scale = log_scale})}) {
    const auto value = [](Node node) { return interpret(node).at(0); };
    const Node at = y + 0.0;
    const auto slope = [&](Node answer) { return value(gradients(reduce_sum(answer), std::vector<Node>{at})[0]); };
    const double density = std::exp(value(d.log_prob(at)));
    EXPECT_NEAR(slope(d.cdf(at)), density, 1e-14);
    EXPECT_NEAR(slope(d.survival(at)), -density, 1e-14);
    EXPECT_NEAR(slope(d.log_cdf(at)), density / value(d.cdf(at)), 1e-14);
    EXPECT_NEAR(slope(d.log_survival(at)), -density / value(d.survival(at)), 1e-14);
  }
}

TEST(LocationScale, WhatIsOutOfRangeIsRefused) {
  Graph graph;
  const Node loc = graph.constant(0.0, DType::float64);
  for (const double scale : {0.0, -1.0, std::numeric_limits<double>::infinity(), std::numeric_limits<double>::quiet_NaN()}) {
    EXPECT_THROW((Laplace{.loc = loc, .scale = scale}.log_prob(loc)), ArgumentError) << scale;
    EXPECT_THROW((LogNormal{.loc = loc, .scale = scale}.mean()), ArgumentError) << scale;
    EXPECT_THROW((Gaussian{.loc = loc, .scale = scale}.certificate()), ArgumentError) << scale;
    EXPECT_THROW((Laplace{.loc = loc, .scale = scale}.certificate()), ArgumentError) << scale;
    EXPECT_THROW((LogNormal{.loc = loc, .scale = scale}.certificate()), ArgumentError) << scale;
  }
  for (const double level : {0.0, 1.0, -0.5, std::numeric_limits<double>::quiet_NaN()}) {
    const AsymmetricLaplace d{.loc = loc, .level = level};
    EXPECT_THROW(d.log_prob(loc), ArgumentError) << level;
    EXPECT_THROW(d.cdf(loc), ArgumentError) << level;
    EXPECT_THROW(d.certificate(), ArgumentError) << level;
  }
}

}  // namespace
}  // namespace loglik
