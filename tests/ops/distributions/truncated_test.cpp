#include "ops/distributions/truncated.h"

#include <limits>

#include "framework/error.h"
#include "ops/ops.h"
#include "tests/conformance/check_gradient.h"
#include "tests/ops/derivatives.h"

namespace loglik {
namespace {
constexpr double infinity = std::numeric_limits<double>::infinity();

Node constant(Graph& graph, double value, DType dtype = DType::float64) { return graph.constant(value, dtype); }

TEST(Truncated, IsRightFarInATail) {  // from 60 digits; 40 and 1,000 σ above the mean, where log L is −803 and −500,008
  for (const DType dtype : {DType::float64, DType::float32}) {
    const double ulp = dtype == DType::float64 ? 0x1p-52 : 0x1p-23;
    Graph graph;
    const Node zero = constant(graph, 0, dtype), half = constant(graph, 0.5, dtype);
    const auto expect = [&](Node node, double expected, double tolerance) {
      EXPECT_NEAR(interpret(node).item(), expected, tolerance) << ulp;
    };
    const Distribution at_40 = Truncated{.base = Gaussian{.loc = zero}, .lower = 40},
                       at_1000 = Truncated{.base = Gaussian{.loc = zero}, .lower = 1000};
    expect(at_40.log_prob(constant(graph, 40.0625, dtype)), 1.1875503555491154, 8 * ulp);
    expect(at_40.quantile(half), 40.017314126764651, 40 * ulp);
    expect(at_1000.log_prob(constant(graph, 1000.0009765625, dtype)), 5.9311933021424789, 16 * ulp);
    expect(at_1000.mean(), 1000.00099999800001, 1000 * ulp);
    expect(at_1000.variance(), 9.9999400004999948e-7, 8 * ulp * 9.9999400004999948e-7);
    expect(at_1000.quantile(half), 1000.0006931462472, 1000 * ulp);
    const Distribution below = Truncated{.base = Gaussian{.loc = zero}, .upper = -1000};
    expect(below.log_prob(constant(graph, -1000.0009765625, dtype)), 5.9311933021424789, 16 * ulp);
    expect(below.mean(), -1000.00099999800001, 1000 * ulp);
    expect(below.quantile(half), -1000.0006931462472, 1000 * ulp);
    const Distribution between = Truncated{.base = Gaussian{.loc = zero}, .lower = 20, .upper = 20.5};
    const Node y = constant(graph, 20.25, dtype);  // the logs of L and of P(Y > 20) are −203.9: of these an ulp or two each is lost
    expect(between.log_prob(y), -2.0329940685956914, 600 * ulp);
    expect(between.log_cdf(y), -0.0064322081232929747, 600 * ulp);
    expect(between.log_survival(y), -5.0496517703265071, 600 * ulp);
  }
}

TEST(Truncated, HasATotalMassOfOne) {  // Simpson's rule with 2,000 pieces, out to e^−40
  Graph graph;
  const Node loc = constant(graph, 0.3), log_scale = constant(graph, -0.2);
  const auto mass = [&](const Distribution& d, double low, double high) {
    constexpr std::int64_t n = 4001;
    Tensor points(DType::float64, {n}), weights(DType::float64, {n});
    for (std::int64_t i = 0; i < n; ++i) {
      points.mutable_values<double>()[static_cast<std::size_t>(i)] = low + (high - low) * static_cast<double>(i) / (n - 1);
      weights.mutable_values<double>()[static_cast<std::size_t>(i)] = (high - low) / (n - 1) / 3 *
                                                                      (i == 0 || i == n - 1 ? 1
                                                                       : i % 2 == 1         ? 4
                                                                                            : 2);
    }
    return interpret(reduce_sum(graph.constant(weights) * exp(d.log_prob(graph.constant(points))))).item();
  };
  EXPECT_NEAR(mass(Truncated{.base = Gaussian{loc, log_scale}, .lower = 0}, 0, 8), 1, 1e-11);
  EXPECT_NEAR(mass(Truncated{.base = Gaussian{loc, log_scale}, .lower = 6, .upper = 7}, 6, 7), 1, 1e-11);
  EXPECT_NEAR(mass(Truncated{.base = Logistic{loc, log_scale}, .lower = -1, .upper = 2.5}, -1, 2.5), 1, 1e-11);
  EXPECT_NEAR(mass(Truncated{.base = Gumbel{loc, log_scale}, .upper = 1}, -4, 1), 1, 1e-11);
  EXPECT_NEAR(mass(Truncated{.base = LogNormal{loc, log_scale}, .lower = 2, .upper = 9}, 2, 9), 1, 1e-11);
}

TEST(Truncated, ToTheWholeSupportIsTheBase) {
  Graph graph;
  const Node loc = graph.constant(row({0.3, -1})), log_scale = constant(graph, -0.2);
  const std::pair<Distribution, Distribution> pairs[] = {
      {Gaussian{loc, log_scale}, Truncated{.base = Gaussian{loc, log_scale}}},
      {Weibull{loc, log_scale}, Truncated{.base = Weibull{loc, log_scale}, .lower = 0}},
      {Exponential{loc}, Truncated{.base = Exponential{loc}, .lower = -3}},
      {Bernoulli{loc}, Truncated{.base = Bernoulli{loc}, .lower = -0.5, .upper = 1.7}},
  };
  for (const auto& [base, whole] : pairs) {
    SCOPED_TRACE(whole.name());
    const Node y = graph.constant(base.support()->is_integer() ? row({0, 1}) : row({0.6, 2})), p = graph.constant(row({0.1, 0.97}));
    EXPECT_TRUE(interpret(whole.log_prob(y)).same_bits(interpret(base.log_prob(y))));
    for (std::int64_t i = 0; i < 2; ++i) {
      EXPECT_NEAR(interpret(whole.cdf(y)).at(i), interpret(base.cdf(y)).at(i), 1e-15);
      EXPECT_NEAR(interpret(whole.survival(y)).at(i), interpret(base.survival(y)).at(i), 1e-15);
      EXPECT_NEAR(interpret(whole.quantile(p)).at(i), interpret(base.quantile(p)).at(i), 1e-14);
    }
    EXPECT_EQ(whole.support()->text(), base.support()->text());
  }
}

TEST(Truncated, EndsAtItsBounds) {
  Graph graph;
  const Distribution d = Truncated{.base = Gaussian{.loc = constant(graph, 0)}, .lower = -1, .upper = 2};
  const Node y = graph.constant(row({-infinity, -1.5, -1, 2, 2.5, infinity}));
  expect_close(interpret(d.cdf(y)), {0, 0, 0, 1, 1, 1}, 0);
  expect_close(interpret(d.survival(y)), {1, 1, 1, 0, 0, 0}, 0);
  const Tensor log_p = interpret(d.log_prob(y));
  for (const std::int64_t i : {0, 1, 4, 5}) EXPECT_EQ(log_p.at(i), -infinity);
  EXPECT_TRUE(std::isfinite(log_p.at(2)) && std::isfinite(log_p.at(3)));
  const Tensor ends = interpret(d.quantile(graph.constant(row({0, 1, -0.1, 1.1}))));
  EXPECT_EQ(ends.at(0), -1);
  EXPECT_EQ(ends.at(1), 2);
  EXPECT_TRUE(std::isnan(ends.at(2)) && std::isnan(ends.at(3)));
}

// The tails of a mixture within a wrapper are asked at places of their own: none of these is to be a median by bisection, a thousand nodes.
TEST(Truncated, KeepsGraphsOfCompositionsSmall) {
  Graph graph;
  const Node x = constant(graph, 0), logits = graph.constant(row({0.5, -0.5}));
  const Distribution mixture = Mixture{.logits = logits, .components = {Gaussian{.loc = x}, Logistic{.loc = x}}};
  const Distribution d = Truncated{.base = ZeroInflated{.base = Affine{.base = mixture, .loc = x}, .logits = x}, .lower = -1.5};
  const auto nodes = [&](const auto& ask) {
    const std::size_t before = graph.node_count();
    ask();
    return graph.node_count() - before;
  };
  EXPECT_EQ(nodes([&] { Distribution(Truncated{.base = mixture, .lower = -1.5}).support(); }), 0U);
  EXPECT_LT(nodes([&] { d.log_prob(x); }), 1000U);
  EXPECT_LT(nodes([&] { d.log_cdf(x); }), 4000U);
}

TEST(Truncated, SaysWhatItIs) {
  Graph graph;
  const Node x = constant(graph, 0);
  const Distribution positive = Truncated{.base = Gaussian{.loc = x}, .lower = 0}, waiting = Truncated{.base = Exponential{x}, .upper = 2};
  EXPECT_EQ(positive.name(), "gaussian truncated to [0, ∞)");
  EXPECT_EQ(positive.certificate(), "NLL = that of gaussian + log P(y in [0, ∞))");
  EXPECT_EQ(waiting.name(), "exponential truncated to [0, 2]");
  EXPECT_EQ(Distribution(Truncated{.base = LogNormal{.loc = x}, .upper = 2}).support()->text(), "(0, 2]");
  EXPECT_TRUE(positive.has<Mean>() && positive.has<Variance>() && positive.has<Quantile>() && positive.has<LogCdf>() &&
              positive.has_sample());
  EXPECT_FALSE(waiting.has<Mean>() || waiting.has<Mode>() || waiting.has<Entropy>());
  EXPECT_THROW(waiting.mean(), ArgumentError);
}

struct Shapeless {  // has no distribution function
  Node any;
  Node log_prob(Node y) const { return y + any; }
};

TEST(Truncated, RefusesWhatLeavesNothing) {
  Graph graph;
  const Node x = constant(graph, 0);
  const auto refused = [&](const Truncated& d) {
    try {
      d.log_prob(x);
    } catch (const ArgumentError& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  const double nan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(refused({.base = Gaussian{.loc = x}, .lower = 1, .upper = 1}),
            "Truncated: nothing of \"gaussian\" is left between lower = 1 and upper = 1");
  EXPECT_NE(refused({.base = Gaussian{.loc = x}, .lower = nan}), "");
  EXPECT_NE(refused({.base = Gaussian{.loc = x}, .lower = infinity}), "");
  EXPECT_EQ(refused({.base = Exponential{x}, .upper = 0}),
            "Truncated: nothing of \"exponential\" is left between lower = -inf and upper = 0: its support is [0, ∞)");
  EXPECT_NE(refused({.base = Bernoulli{x}, .lower = 0.25, .upper = 0.75}), "");
  EXPECT_NE(refused({.base = Bernoulli{x}, .lower = 2}), "");
  EXPECT_EQ(refused({.base = Shapeless{x}, .lower = 0}), "Truncated: the distribution \"distribution\" has no cdf");
}

TEST(Truncated, ItsGradientIsRightInBothDtypes) {
  Graph graph;
  const Node loc = graph.parameter("loc", {4}, {}), log_scale = graph.parameter("log_scale", {4}, {});
  const Node y = graph.constant(Tensor::from(std::vector<float>{0.25F, 1, 2, 2.875F}));
  for (const Distribution& base :
       {Distribution(Gaussian{loc, log_scale}), Distribution(Logistic{loc, log_scale}), Distribution(Gumbel{loc, log_scale})}) {
    SCOPED_TRACE(base.name());
    for (const double lower : {-0.25, 0.125})
      conformance::check_gradient(reduce_sum(Distribution(Truncated{.base = base, .lower = lower, .upper = 3}).log_prob(y)),
                                  {loc, log_scale});
  }
}

TEST(Truncated, DrawsAreDifferentiableByTheParameters) {  // ∂y/∂parameter at the same random number is −(∂F/∂parameter)/p
  Graph graph;
  const Node loc = graph.constant(spread({32}, -3, 3)), log_scale = graph.constant(spread({32}, -1, 1, 2));
  const Distribution d = Truncated{.base = Gaussian{loc, log_scale}, .lower = 0, .upper = 3};
  const Node draws = d.sample("draws"), at = stop_gradient(draws);
  for (const Node parameter : {loc, log_scale}) {
    const Node by = gradients(reduce_sum(draws), std::vector<Node>{parameter})[0];
    const Node of_cdf = gradients(reduce_sum(d.cdf(at)), std::vector<Node>{parameter})[0];
    const std::vector<Tensor> values = interpret(std::vector<Node>{by, -of_cdf / exp(d.log_prob(at))}, {});
    for (std::int64_t i = 0; i < 32; ++i) EXPECT_NEAR(values[0].at(i), values[1].at(i), 1e-9 * (1 + std::abs(values[1].at(i)))) << i;
  }
}

// From 60 digits. As a difference of the base's moments it has lost 5e-3 of the first two in float32, all of the others.
TEST(Truncated, VarianceOfCountsWithoutZeroIsPreciseWhereTheyAreRare) {
  for (const DType dtype : {DType::float64, DType::float32}) {
    Graph graph;
    const auto number = [&](double x) { return constant(graph, x, dtype); };
    const double tolerance = dtype == DType::float64 ? 1e-14 : 4e-7;
    const auto expect = [&](const Distribution& counts, double expected) {
      if (dtype == DType::float32 && std::abs(expected) < 1e-38) return;
      const Distribution d = Truncated{.base = counts, .lower = 1};
      EXPECT_NEAR(interpret(d.variance()).item() / expected, 1, tolerance) << counts.name() << " " << expected;
    };
    for (const auto& [log_rate, expected] :
         {std::pair{-100.0, 1.860037988010418e-44}, {-17.0, 2.0699688879577239e-8}, {-15.0, 1.5295117584695118e-7}, {-12.0, 3.072112468555012e-6},
          {-1.0, 0.20639433718245388}, {0.5, 1.2400100379608568}, {3.0, 20.085536197833722}, {5.0, 148.4131591025766}})
      expect(Poisson{number(log_rate)}, expected);
    for (const auto& [log_mean, log_size, expected] :
         {std::tuple{-40.0, 2.0, 2.4116532408604725e-18}, {-15.0, -3.0, 3.2250708760476379e-6}, {-12.0, 30.0, 3.0721124685552995e-6},
          {-1.0, 0.5, 0.37636765282241962}, {2.0, -3.0, 4129.7869637365757}, {5.0, 1.0, 8251.248461459406}, {3.0, -20.0, 3.9492369083520868e+18}})
      expect(NegativeBinomial{number(log_mean), number(log_size)}, expected);
    for (const auto& [logit, trials, expected] :
         {std::tuple{-20.0, 7, 6.1834608758123819e-9}, {-3.0, 2, 0.023698947128789489}, {1.0, 7, 1.3737580201606696}, {12.0, 7, 4.3008957959332227e-5}})
      expect(Binomial{.logits = number(logit), .trials = trials}, expected);
    const Node rare = number(-15);
    EXPECT_NEAR(interpret(gradient(Truncated{.base = Poisson{rare}, .lower = 1}.variance(), rare)).item(), 1.52951172e-7, 1e-12);
  }
}

}  // namespace
}  // namespace loglik
