// Mixtures of what differs in kind: of other supports, of counts, of points of positive probability, of vectors.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <numbers>

#include "ops/ops.h"
#include "tests/ops/distributions/constants.h"

namespace loglik {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

TEST(MixtureOfKinds, ComponentsThatCannotHaveMadeItTakeNoPart) {
  Constants c;
  const Node log_mean = c(0.5), loc = c(1), log_scale = c(0);
  const Gaussian gaussian{.loc = loc};
  const Mixture d{.logits = c({0, 0, 0}), .components = {Exponential{log_mean}, gaussian, LogNormal{.loc = loc, .log_scale = log_scale}}};
  const Node y = c(-1);
  EXPECT_DOUBLE_EQ(interpret(d.log_prob(y)).at(0), interpret(gaussian.log_prob(y)).at(0) - std::log(3.0));
  const std::vector<Tensor> by = interpret(gradients(reduce_sum(d.log_prob(y)), std::vector<Node>{log_mean, log_scale, loc}), {});
  EXPECT_EQ(by[0].item(), 0);
  EXPECT_EQ(by[1].item(), 0);
  EXPECT_DOUBLE_EQ(by[2].item(), -2);  // the Gaussian's alone
  EXPECT_DOUBLE_EQ(interpret(d.cdf(y)).at(0), interpret(gaussian.cdf(y)).at(0) / 3);
  EXPECT_EQ(d.support()->text(), "the finite numbers");

  const Distribution positive = Mixture{.logits = c({0, 0}), .components = {Exponential{log_mean}, LogNormal{.loc = loc}}};
  EXPECT_EQ(positive.support()->text(), "[0, ∞)");
  EXPECT_EQ(interpret(positive.log_prob(y)).at(0), -infinity);
  EXPECT_EQ(interpret(gradient(reduce_sum(positive.log_prob(y)), log_mean)).item(), 0);
  EXPECT_EQ(interpret(positive.as<Mixture>()->responsibilities(y)).at(0), 0);
  EXPECT_EQ(interpret(positive.log_cdf(y)).at(0), -infinity);
  EXPECT_EQ(interpret(positive.survival(y)).at(0), 1);
}

struct Roll {  // one of the integers 0 … faces − 1, all as likely
  static constexpr std::string_view name = "roll";
  Node faces;
  Node log_prob(Node y) const { return where(less(y, faces), -log(faces), -infinity); }
  Node cdf(Node y) const { return minimum((floor(y) + 1.0) / faces, 1.0); }
  Node survival(Node y) const { return maximum(faces - 1.0 - floor(y), 0.0) / faces; }
  Node quantile(Node p) const { return maximum(-floor(-(p * faces)) - 1.0, 0.0); }
  Support support() const { return Support::counts; }
};

TEST(MixtureOfKinds, QuantilesOfCountsAreExact) {
  for (const DType dtype : {DType::float32, DType::float64}) {
    Constants c{.dtype = dtype};
    const Mixture d{.logits = c({0, 0}), .components = {Roll{c(4)}, Roll{c(1 << 20)}}};
    std::vector<double> levels, expected;
    for (int y = 0; y < 4; ++y) {  // F(y) = (y + 1)/8 + (y + 1)/2²¹, exact also in float32
      levels.push_back((y + 1) / 8.0 + (y + 1) * 0x1p-21);
      expected.push_back(y);
      levels.push_back((y + 1) / 8.0 + (y + 1) * 0x1p-21 + 0x1p-22);
      expected.push_back(y + 1);
    }
    for (const int y : {100, 12345, 654321, (1 << 20) - 2}) {  // ½ + (y + 1)/2²¹
      levels.push_back(0.5 + (y + 1) * 0x1p-21);
      expected.push_back(y);
      levels.push_back(0.5 + (y + 1) * 0x1p-21 + 0x1p-23);
      expected.push_back(y + 1);
    }
    levels.insert(levels.end(), {0, 1});
    expected.insert(expected.end(), {0, (1 << 20) - 1});
    expect_close(interpret(d.quantile(c(levels))), expected, 0);
  }
  Constants c;
  const Distribution coin = Mixture{.logits = c({0, 0}), .components = {Bernoulli{c(-1)}, Bernoulli{c(1)}}};
  EXPECT_EQ(coin.support()->text(), "{0, 1}");
  expect_close(interpret(coin.quantile(c({0.2, 0.4999, 0.5001, 0.9}))), {0, 0, 1, 1}, 0);
  expect_close(interpret(exp(coin.log_prob(c({0, 1})))), {0.5, 0.5}, 2);
}

struct Rain {  // 0 with probability ½, else exponential: a distribution with a point of positive probability
  static constexpr std::string_view name = "rain";
  Node log_mean;
  Exponential wet() const { return {log_mean}; }
  Node log_prob(Node y) const { return where(equal(y, 0.0), 0.0, wet().log_prob(y)) - std::log(2.0); }
  Node cdf(Node y) const { return where(less(y, 0.0), 0.0, 0.5 + 0.5 * wet().cdf(y)); }
  Node survival(Node y) const { return where(less(y, 0.0), 1.0, 0.5 * wet().survival(y)); }
  Node quantile(Node p) const { return wet().quantile(maximum(2.0 * p - 1.0, 0.0)); }
  std::vector<Node> atoms() const { return {log_mean.graph().constant(0.0, log_mean.dtype())}; }
  Support support() const { return Support::nonnegative; }
};

TEST(MixtureOfKinds, PointsOfPositiveProbabilityAreOneComponentsOwn) {
  Constants c;
  const Mixture d{.logits = c({0, 0}), .components = {Rain{c(0)}, Gaussian{.loc = c(1)}}};
  const Tensor p = interpret(exp(d.log_prob(c({0, 1}))));
  EXPECT_DOUBLE_EQ(p.at(0), 0.25);  // a probability: no density is added to it
  EXPECT_NEAR(p.at(1), 0.25 * std::exp(-1) + 0.5 / std::sqrt(2 * std::numbers::pi), 1e-15);
  EXPECT_EQ(interpret(d.responsibilities(c(0))).at(1), 0);
  EXPECT_EQ(d.atoms().size(), 1U);
  // F jumps from ½Φ(−1) = 0.079 to 0.329.
  const Tensor q = interpret(d.quantile(c({0.05, 0.08, 0.25, 0.32, 0.35, 0.9})));
  EXPECT_LT(q.at(0), 0);
  for (const std::int64_t i : {1, 2, 3}) EXPECT_EQ(q.at(i), 0) << i;
  EXPECT_GT(q.at(4), 0);
  EXPECT_NEAR(interpret(d.cdf(c(q.at(5)))).item(), 0.9, 1e-15);
}

TEST(MixtureOfKinds, OfVectorsChoosesOnce) {
  Constants c;
  const Node loc = c.graph.constant(spread({2, 3}, -1, 1));
  const Distribution near = Independent{Gaussian{.loc = loc}}, far = Independent{Laplace{.loc = loc + 4.0}};
  const Distribution d = Mixture{.logits = c({0.5, -0.5}), .components = {near, far}};
  EXPECT_EQ(d.event_rank(), 1U);
  EXPECT_EQ(d.mean().shape(), (Shape{2, 3}));
  EXPECT_FALSE(d.has<Cdf>() || d.has<Quantile>());
  const Node y = c.graph.constant(spread({5, 2, 3}, -2, 6, 3));
  const Tensor log_p = interpret(d.log_prob(y));
  EXPECT_EQ(log_p.extents(), (Extents{5, 2}));
  const Tensor expected = interpret(log(exp(near.log_prob(y)) * (1 / (1 + std::exp(-1))) + exp(far.log_prob(y)) * (1 / (1 + std::exp(1)))));
  for (std::int64_t i = 0; i < 10; ++i) EXPECT_NEAR(log_p.at(i), expected.at(i), 1e-13);
  const Tensor draw =
      interpret(Distribution(Mixture{.logits = c.graph.constant(spread({2, 2}, 0, 0)), .components = {near, far}}).sample("draw"));
  EXPECT_EQ(draw.extents(), (Extents{2, 3}));
  const std::vector<Node> by = gradients(reduce_sum(d.log_prob(y)), std::vector<Node>{loc, y});
  EXPECT_EQ(by[0].shape(), (Shape{2, 3}));
  // Of positive vectors and any: one negative element rules a component out.
  const Node ones = broadcast_to(c(0), {3});
  const Distribution mixed = Mixture{.logits = c({0, 0}), .components = {Independent{Exponential{ones}}, Independent{Gaussian{ones}}}};
  const Node at = c({1, -1, 2});
  EXPECT_DOUBLE_EQ(interpret(mixed.log_prob(at)).item(),
                   interpret(Distribution(Independent{Gaussian{ones}}).log_prob(at)).item() - std::log(2.0));
}

}  // namespace
}  // namespace loglik
