// Zeros beyond a distribution's own, and zeros by a choice of their own: ZeroInflated and Hurdle.
#include "ops/distributions/zero_inflated.h"

#include <limits>

#include "framework/error.h"
#include "ops/ops.h"
#include "tests/conformance/check_gradient.h"
#include "tests/ops/derivatives.h"
#include "tests/ops/distributions/samples.h"
#include "tests/ops/expect_error.h"

namespace loglik {
namespace {
constexpr double infinity = std::numeric_limits<double>::infinity();

std::vector<double> values_of(Node node) {
  const Tensor values = interpret(node);
  std::vector<double> result;
  for (std::int64_t i = 0; i < values.count(); ++i) result.push_back(values.at(i));
  return result;
}

// ∂(−log p)/∂logits = π − R at 0 with R = sigmoid(logits − log p_base(0)), π elsewhere; the base's gradient times 1 − R at 0. As a hurdle:
// π − 1 at 0, and nothing of the base.
TEST(ZeroInflated, SharesAZeroByItsPosterior) {
  Graph graph;
  const Node a = graph.constant(row({-0.5, -0.5})), x = graph.constant(row({0.3, 0.3})), y = graph.constant(row({0, 1}));
  const double pi = 1 / (1 + std::exp(0.5)), p1 = 1 / (1 + std::exp(-0.3)), posterior = pi / (pi + (1 - pi) * (1 - p1));
  const auto by = [&](const Distribution& d) { return gradients(reduce_sum(-d.log_prob(y)), std::vector<Node>{a, x}); };
  const std::vector<Node> inflated = by(ZeroInflated{.base = Bernoulli{.logits = x}, .logits = a});
  expect_close(interpret(inflated[0]), {pi - posterior, pi}, 16);
  expect_close(interpret(inflated[1]), {(1 - posterior) * p1, p1 - 1}, 16);
  const std::vector<Node> hurdle = by(Hurdle{.base = Bernoulli{.logits = x}, .logits = a});
  expect_close(interpret(hurdle[0]), {pi - 1, pi}, 16);
  EXPECT_EQ(interpret(hurdle[1]).at(0), 0);
  EXPECT_NEAR(interpret(hurdle[1]).at(1), 0, 1e-15);  // given that it is not 0 it is 1
}

TEST(ZeroInflated, HasATotalMassOfOne) {
  Graph graph;
  const Node a = graph.constant(row({-3, 0, 2})), x = graph.constant(row({0.4, -1, 2}));
  const Node counts = graph.constant(row({0, 1}).reshape({2, 1}));
  expect_close(interpret(reduce_sum(exp(Distribution(ZeroInflated{Bernoulli{x}, a}).log_prob(counts)), {0})), {1, 1, 1}, 4);
  expect_close(interpret(reduce_sum(exp(Distribution(Hurdle{Bernoulli{x}, a}).log_prob(counts)), {0})), {1, 1, 1}, 4);
  // A density: the atom, and the middles of 4,000 pieces of t = log y, which are off by less than e^−40.
  const Distribution d = ZeroInflated{LogNormal{.loc = x}, a};
  std::vector<double> middles;
  for (int i = 0; i < 4000; ++i) middles.push_back(-12 + 26 * (i + 0.5) / 4000);
  const Node t = graph.constant(row(middles).reshape({4000, 1}));
  const Node mass = exp(d.log_prob(graph.constant(row({0})))) + reduce_sum(exp(d.log_prob(exp(t)) + t), {0}) * (26.0 / 4000);
  expect_close(interpret(mass), {1, 1, 1}, 1000);
}

TEST(ZeroInflated, WithoutAdditionalZerosIsTheBase) {  // π = e^−700
  Graph graph;
  const Node a = graph.constant(-700.0, DType::float64), x = graph.constant(row({0.4, -1})), p = graph.constant(row({0.2, 0.95}));
  for (const Distribution& base :
       {Distribution(Bernoulli{x}), Distribution(Weibull{.log_scale = x, .log_shape = x}), Distribution(Gaussian{.loc = x})}) {
    SCOPED_TRACE(base.name());
    const Distribution d = ZeroInflated{base, a};
    const Node y = graph.constant(row({base.support()->is_integer() ? 0.0 : 0.7, 1}));
    const std::vector<std::pair<Node, Node>> pairs{{d.log_prob(y), base.log_prob(y)}, {d.cdf(y), base.cdf(y)},
                                                   {d.survival(y), base.survival(y)}, {d.quantile(p), base.quantile(p)},
                                                   {d.mean(), base.mean()},           {d.variance(), base.variance()}};
    for (const auto& [of_d, of_base] : pairs) expect_close(interpret(of_d), values_of(of_base), 8);
  }
}

TEST(ZeroInflated, OfAllTheRealLineHasAPointAmidstADensity) {
  Graph graph;
  const Node zero = graph.constant(0.0, DType::float64);
  const Distribution d = ZeroInflated{Gaussian{.loc = zero}, zero};  // half a spike at 0
  EXPECT_EQ(d.support()->text(), "the finite numbers");
  ASSERT_EQ(d.atoms().size(), 1U);
  const double below = 0.15865525393145705;  // Φ(−1)
  expect_close(interpret(d.cdf(graph.constant(row({-infinity, -1, 0, 1, infinity})))), {0, below / 2, 0.75, 1 - below / 2, 1}, 8);
  expect_close(interpret(d.survival(graph.constant(row({-infinity, -1, 0, 1, infinity})))), {1, 1 - below / 2, 0.25, below / 2, 0}, 8);
  expect_close(interpret(d.quantile(graph.constant(row({0, below / 2, 0.25, 0.5, 0.75, 1 - below / 2, 1})))),
               {-infinity, -1, 0, 0, 0, 1, infinity}, 8);
  EXPECT_TRUE(std::isnan(interpret(d.quantile(graph.constant(row({-0.1})))).at(0)));
  expect_close(interpret(d.log_prob(graph.constant(row({0, 1})))), {std::log(0.5), std::log(0.5) - 0.5 - 0.91893853320467274}, 4);
  // Within another, 0 is one point: P(0) = ¾.
  const Distribution twice = ZeroInflated{d, zero};
  expect_close(interpret(twice.log_prob(graph.constant(row({0, 1})))), {std::log(0.75), std::log(0.25) - 0.5 - 0.91893853320467274}, 4);
  expect_close(interpret(twice.cdf(graph.constant(row({-1, 0})))), {below / 4, 0.875}, 8);
  expect_close(interpret(twice.quantile(graph.constant(row({below / 4, 0.2, 0.8})))), {-1, 0, 0}, 8);
}

TEST(ZeroInflated, ModeIsZeroWhereZerosPrevail) {
  Graph graph;
  const Node x = graph.constant(row({1, 1, -1})), a = graph.constant(row({-4, 1, -4}));  // P(1) under the base: 0.73, 0.73, 0.27
  EXPECT_EQ(values_of(Distribution(ZeroInflated{Bernoulli{x}, a}).mode()), (std::vector<double>{1, 0, 0}));
}

TEST(ZeroInflated, EntropyAndKlAreThoseOfTheParts) {
  Graph graph;
  const auto make = [&](double logit, double loc) {
    return Distribution(Hurdle{LogNormal{.loc = graph.constant(row({loc}))}, graph.constant(row({logit}))});
  };
  const Distribution p = make(0.3, 0.2), q = make(-0.4, 1.0);
  ASSERT_TRUE(p.has_kl(q));
  // KL(π‖π′) + (1 − π)·½·0.8²
  const double pi = 1 / (1 + std::exp(-0.3)), other = 1 / (1 + std::exp(0.4));
  const double expected = pi * std::log(pi / other) + (1 - pi) * std::log((1 - pi) / (1 - other)) + (1 - pi) * 0.32;
  EXPECT_NEAR(interpret(p.kl(q)).at(0), expected, 1e-14);
  EXPECT_EQ(interpret(p.kl(p)).at(0), 0);
  const Distribution counts = Hurdle{Bernoulli{graph.constant(row({0}))}, graph.constant(row({0}))};
  EXPECT_FALSE(counts.has_kl(counts) || counts.has<Entropy>() || counts.has<Mode>());
}

TEST(ZeroInflated, CountsAreDrawnAsOften) {  // χ² with 1 degree of freedom exceeds 23.9 with a probability of 1e-6
  Graph graph;
  const Node x = graph.constant(Tensor::from(std::vector<double>(100000, 0.4))),
             a = graph.constant(Tensor::from(std::vector<double>(100000, -1)));
  const double pi = 1 / (1 + std::exp(1)), one = 1 / (1 + std::exp(-0.4));
  EXPECT_LT(
      chi_squared(interpret(Distribution(ZeroInflated{Bernoulli{x}, a}).sample("inflated")), {pi + (1 - pi) * (1 - one), (1 - pi) * one}),
      23.9);
  EXPECT_LT(chi_squared(interpret(Distribution(Hurdle{Bernoulli{x}, a}).sample("hurdle")), {pi, 1 - pi}), 23.9);
}

TEST(ZeroInflated, SaysWhatItIs) {
  Graph graph;
  const Node x = graph.constant(row({0.5, 1}));
  const Distribution rain = ZeroInflated{LogNormal{.loc = x}, x}, visits = Hurdle{Bernoulli{x}, x};
  EXPECT_EQ(rain.name(), "zero-inflated log_normal");
  EXPECT_EQ(rain.certificate(), "NLL = −log π at 0, else that of log_normal − log(1 − π)");
  EXPECT_EQ(rain.support()->text(), "[0, ∞)");
  EXPECT_TRUE(rain.has<Mean>() && rain.has<Variance>() && rain.has<Entropy>() && rain.has<Quantile>() && rain.has_sample());
  EXPECT_FALSE(rain.has<Mode>() || rain.has<Crps>());
  EXPECT_EQ(visits.name(), "hurdle bernoulli");
  EXPECT_EQ(visits.certificate(), "NLL = −log π at 0, else that of bernoulli − log(1 − π) + log(1 − p(0))");
  EXPECT_EQ(visits.support()->text(), "{0, 1}");
  EXPECT_TRUE(visits.atoms().empty());
}

TEST(ZeroInflated, RefusesWhatDoesNotFit) {
  Graph graph;
  const Node x = graph.constant(row({0.5, 1})), y = graph.constant(row({0}));
  EXPECT_THROW((ZeroInflated{Independent{Gaussian{.loc = x}}, x}.log_prob(y)), ArgumentError);
  EXPECT_THROW((ZeroInflated{Gaussian{.loc = graph.constant(0.0, DType::float64)}, x}.sample("s")), ShapeError);
  EXPECT_THROW((Hurdle{Truncated{.base = Bernoulli{x}, .lower = 1}, x}.log_prob(y)), ArgumentError);
}

TEST(ZeroInflated, ItsGradientIsRightInBothDtypes) {
  Graph graph;
  const Node a = graph.parameter("a", {4}, {}), x = graph.parameter("x", {4}, {});
  const Node counts = graph.constant(Tensor::from(std::vector<float>{0, 1, 1, 0})),
             amounts = graph.constant(Tensor::from(std::vector<float>{0, 0.5F, 2, 0}));
  const auto check = [&](const Distribution& d, Node y) { conformance::check_gradient(reduce_sum(d.log_prob(y)), {a, x}); };
  check(ZeroInflated{Bernoulli{x}, a}, counts);
  check(ZeroInflated{Weibull{.log_scale = x, .log_shape = x}, a}, amounts);
  check(Hurdle{LogNormal{.loc = x, .log_scale = x}, a}, amounts);
}

// With a zero of its own the base would make P(0) more than π, and what is learned of the two depend on each other.
TEST(Hurdle, RefusesABaseWithAProbabilityOfZero) {
  Graph graph;
  const Node x = graph.constant(row({0.5, 1})), zero = graph.constant(0.0, DType::float64), limit = graph.input("limit", {});
  const Gaussian gaussian{.loc = x};
  for (const Distribution& base : {Distribution(Censored{.base = gaussian, .lower = zero}), Distribution(ZeroInflated{LogNormal{.loc = x}, x}),
                                   Distribution(Censored{.base = Gaussian{.loc = cast(x, DType::float32)}, .upper = limit})})
    EXPECT_NE(error_of<ArgumentError>([&] { Hurdle{base, x}.log_prob(x); }).find("may have a probability of 0 of its own"), std::string::npos) << base.name();
  const Distribution elsewhere = Hurdle{Censored{.base = gaussian, .upper = zero + 2.0}, x};
  EXPECT_THROW(elsewhere.log_prob(x), ArgumentError);  // a sum is not known to be 2
  EXPECT_NO_THROW((Hurdle{Censored{.base = gaussian, .upper = graph.constant(2.0, DType::float64)}, x}.log_prob(x)));
  EXPECT_NO_THROW((Hurdle{Censored{.base = LogNormal{.loc = x}, .upper = zero + 2.0}, x}.log_prob(x)));
}

}  // namespace
}  // namespace loglik
