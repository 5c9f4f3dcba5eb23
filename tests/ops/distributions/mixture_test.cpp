#include "ops/distributions/mixture.h"

#include <limits>

#include "framework/error.h"
#include "framework/model.h"
#include "ops/ops.h"
#include "tests/conformance/check_gradient.h"
#include "tests/ops/derivatives.h"
#include "tests/ops/distributions/constants.h"
#include "tests/ops/distributions/extreme_grid.h"
#include "tests/ops/distributions/samples.h"

namespace loglik {
namespace {
constexpr double infinity = std::numeric_limits<double>::infinity();

// One of three families, with weights 0.35…, 0.08…, 0.57….
Mixture three_families(Constants& c) {
  return {.logits = c({0.3, -1.2, 0.8}),
          .components = {Gaussian{.loc = c(0.5), .log_scale = c(0.25)}, Laplace{.loc = c(-2), .log_scale = c(-0.5)},
                         Gumbel{.loc = c(3), .log_scale = c(0.1)}}};
}

// Two Gaussians, 9 to 1 and far apart.
Mixture two_gaussians(Constants& c) {
  return {.logits = c({std::log(0.9), std::log(0.1)}),
          .components = {Gaussian{.loc = c(-3), .log_scale = c(0.5)}, Gaussian{.loc = c(4), .log_scale = c(-1)}}};
}

void expect_near(const Tensor& actual, const std::vector<double>& expected, double tolerance) {
  ASSERT_EQ(actual.count(), std::ssize(expected));
  for (std::size_t i = 0; i < expected.size(); ++i)
    EXPECT_NEAR(actual.at(static_cast<std::int64_t>(i)), expected[i], tolerance * std::abs(expected[i])) << i;
}

// From 200 digits (mpmath), by textbook formulas; the quantiles by bisection. 1e-13 and 1e-5 are some hundred ulp: of the exponentials'
// arguments.
TEST(Mixture, IsRight) {
  for (const DType dtype : {DType::float64, DType::float32}) {
    SCOPED_TRACE(to_string(dtype));
    const double tolerance = dtype == DType::float64 ? 1e-13 : 1e-5;
    Constants c{.dtype = dtype};
    const Mixture d = three_families(c);
    const Node y = c({-60, -5, -2, 0.5, 2, 10, 40, 300});
    expect_near(interpret(d.log_prob(y)),
                {-98.373937800809368, -7.6699270529245536, -2.5219233264807321, -2.2112626858041573, -1.812788111134704,
                 -6.9905938328206991, -34.133941386972498, -269.39167007632198},
                tolerance);
    const std::vector<double> log_cdf{-98.873937800809368,  -8.1827340517746493,    -3.0403084433689877,     -1.3814734954018083,
                                      -0.83915348895971798, -0.0010187316794670267, -1.6567121535557451e-15, -1.1171555909453352e-117};
    const Tensor actual = interpret(d.log_cdf(y));
    for (std::int64_t i = 0; i < (dtype == DType::float64 ? 8 : 6); ++i)
      EXPECT_NEAR(actual.at(i), log_cdf[static_cast<std::size_t>(i)], 10 * tolerance * std::abs(log_cdf[static_cast<std::size_t>(i)])) << i;
    expect_near(interpret(d.log_survival(y)),
                {dtype == DType::float64 ? -1.1470818525965618e-43 : 0, -0.00027947594958879485, -0.049001330749206776,
                 -0.28929420617036466, -0.56576789367050846, -6.8897061995136279, -34.033941386972496, -269.29167007632198},
                10 * tolerance);
    if (dtype == DType::float64) {
      expect_near(interpret(d.quantile(c({1e-300, 1e-9, 0.01, 0.3, 0.5, 0.9, 0.999999}))),
                  {-419.00646192673538, -12.599221376772596, -2.9124714972211181, 0.94844831161269486, 2.3775739067787466,
                   4.8289496959481804, 17.655177276456054},
                  1e-13);
    } else {  // what can be said in float32: 0.999999 has four digits of 1 − p
      expect_near(interpret(d.quantile(c({1e-9, 0.01, 0.3, 0.5, 0.9}))),
                  {-12.599221376772596, -2.9124714972211181, 0.94844831161269486, 2.3775739067787466, 4.8289496959481804}, 1e-5);
    }
    expect_near(interpret(d.mean()), {2.1072326171526244}, tolerance);
    expect_near(interpret(d.variance()), {5.3399738578231088}, tolerance);
  }
}

TEST(Mixture, CrpsIsRight) {  // from ∫(F − 1{t ≥ y})² dt, mpmath
  Constants c;
  const Mixture d{.logits = c({0.3, -1.2, 0.8}),
                  .components = {Gaussian{.loc = c(0.5), .log_scale = c(0.25)}, Gaussian{.loc = c(-2), .log_scale = c(-0.5)},
                                 Gaussian{.loc = c(3), .log_scale = c(0.1)}}};
  expect_near(interpret(d.crps(c({-20, -2, 0.5, 3, 25}))),
              {20.632984089486692, 2.6793259038762475, 0.88339110115407546, 0.66595598796709371, 22.150977020391072}, 1e-14);
  EXPECT_FALSE(Distribution(three_families(c)).has<Crps>());
  EXPECT_THROW(three_families(c).crps(c(1)), ArgumentError);
}

TEST(Mixture, AnswersAgreeWithItsDensity) {
  // The trapezoidal rule with 1/256 between points, of which the Laplace's kink is one: off by h²/12·(the jump of the slope) = 2e-7.
  Constants c;
  const Mixture d = three_families(c);
  constexpr std::int64_t n = 2 * 40 * 256 + 1;
  std::vector<double> points(n);
  for (std::int64_t i = 0; i < n; ++i) points[static_cast<std::size_t>(i)] = static_cast<double>(i) / 256 - 40;
  const Node y = c(points), p = exp(d.log_prob(y)) / 256.0;
  EXPECT_NEAR(interpret(reduce_sum(p)).item(), 1, 1e-6);
  EXPECT_NEAR(interpret(reduce_sum(p * y) - d.mean()).item(), 0, 1e-6);
  EXPECT_NEAR(interpret(reduce_sum(p * square(y - d.mean())) - d.variance()).item(), 0, 1e-5);
  EXPECT_NEAR(interpret(reduce_sum(where(less(y, 0.25), p, 0.0)) + 0.5 * exp(d.log_prob(c(0.25))) / 256.0 - d.cdf(c(0.25))).item(), 0,
              1e-6);
  const Node sum = d.cdf(y) + d.survival(y);
  EXPECT_NEAR(interpret(reduce_max(abs(sum - 1.0))).item(), 0, 4e-16);
}

// With one component: that component, to the bit where the same is computed.
TEST(Mixture, OfOneIsThatOne) {
  for (const DType dtype : {DType::float32, DType::float64}) {
    Constants c{.dtype = dtype};
    const Distribution one = Gaussian{.loc = c({0.5, -3}), .log_scale = c({0.25, 1})};
    const Distribution d = Mixture{.logits = expand_dims(c(-7.25), 0), .components = {one}};
    const Node y = c({1.5, -9}), p = c({0.2, 0.99});
    const auto same = [](Node a, Node b) { EXPECT_TRUE(interpret(a).same_bits(interpret(b))); };
    same(d.log_prob(y), one.log_prob(y));
    same(d.mean(), one.mean());
    same(d.variance(), one.variance());
    same(d.cdf(y), one.cdf(y));
    same(d.survival(y), one.survival(y));
    same(d.quantile(p), one.quantile(p));
    const double epsilon = dtype == DType::float32 ? 0x1p-23 : 0x1p-52;
    const auto close = [&](Node a, Node b, double ulps) {
      for (std::int64_t i = 0; i < 2; ++i)
        EXPECT_NEAR(interpret(a).at(i), interpret(b).at(i), ulps * epsilon * std::abs(interpret(b).at(i)));
    };
    close(d.log_cdf(y), one.log_cdf(y), 4);
    close(d.log_survival(y), one.log_survival(y), 4);
    close(d.crps(y), one.crps(y), 16);
    // So is its gradient.
    const auto by = [&](const Distribution& of) { return gradient(reduce_sum(of.log_prob(y)), one.as<Gaussian>()->log_scale); };
    same(by(d), by(one));
  }
}

TEST(Mixture, OfMixturesIsAMixture) {
  Constants c;
  const Mixture inner = three_families(c);
  const Distribution nested = Mixture{.logits = c({0, 0}), .components = {inner, Logistic{.loc = c(1), .log_scale = c(0)}}};
  const Node pi = log_softmax(inner.logits);
  std::vector<Distribution> all = inner.components;
  all.emplace_back(Logistic{.loc = c(1), .log_scale = c(0)});
  const Distribution flat = Mixture{.logits = concat({pi, expand_dims(c(0), 0)}, -1), .components = all};
  const Node y = c({-30, -2, 1, 40});
  expect_near(interpret(nested.log_prob(y)),
              {interpret(flat.log_prob(y)).at(0), interpret(flat.log_prob(y)).at(1), interpret(flat.log_prob(y)).at(2),
               interpret(flat.log_prob(y)).at(3)},
              1e-14);
  EXPECT_NEAR(interpret(nested.variance() - flat.variance()).item(), 0, 1e-13);
  EXPECT_NEAR(interpret(nested.quantile(c(0.3)) - flat.quantile(c(0.3))).item(), 0, 1e-13);
  EXPECT_EQ(nested.name(), "mixture of 1 mixture of 1 gaussian, 1 laplace and 1 gumbel and 1 logistic");
}

TEST(Mixture, GradientsAreThoseOfDifferences) {
  Constants c;
  const Build build = [](const std::vector<Node>& x) {
    return Mixture{
        .logits = x[1],
        .components = {Gaussian{.loc = x[2], .log_scale = x[3]}, Gumbel{.loc = x[3], .log_scale = x[2]}, Exponential{.log_mean = x[2]}}}
        .log_prob(x[0]);
  };
  // y below and above 0, the end of the exponential's support.
  expect_derivatives(build,
                     {row({-1.5, 0.7, 2}).reshape({3, 1}), spread({2, 3}, -1, 1), spread({2}, -0.7, 0.7, 2), spread({2}, -0.5, 0.5, 3)}, 2);
  for (const auto ask : {&Distribution::log_cdf, &Distribution::log_survival, &Distribution::quantile, &Distribution::crps}) {
    Graph graph;
    const Node x = graph.input("x", {3}), logits = graph.input("logits", {2}), raw = graph.input("raw", {4});
    const std::vector<Node> parts = split(raw, 4, 0);
    const Distribution d = Mixture{.logits = logits, .components = {Gaussian{parts[0], parts[1]}, Gaussian{parts[2], parts[3]}}};
    conformance::check_gradient(reduce_sum(square((d.*ask)(x))), {x, logits, raw},
                                {.domain = {0.2, 0.8}, .orders = ask == &Distribution::quantile ? 1 : 2});
  }
}

// r_k − π_k by the logits, r_k by log p_k.
TEST(Mixture, ResponsibilitiesAreGradients) {
  Constants c;
  const Mixture d = three_families(c);
  const Node y = c({-60, -2, 1, 300});
  const Tensor r = interpret(d.responsibilities(y));
  EXPECT_EQ(r.extents(), (Extents{4, 3}));
  for (std::int64_t i = 0; i < 4; ++i) EXPECT_NEAR(r.at(3 * i) + r.at(3 * i + 1) + r.at(3 * i + 2), 1, 1e-15);
  const Tensor by_logits = interpret(gradient(reduce_sum(d.log_prob(y)), d.logits)),
               sum = interpret(reduce_sum(d.responsibilities(y), {0}) - 4.0 * d.weights());
  expect_near(by_logits, {sum.at(0), sum.at(1), sum.at(2)}, 1e-13);
  EXPECT_NEAR(r.at(1), 1, 1e-20);  // at −60 only the Laplace
}

// Families that keep to different supports.
TEST(Mixture, NoGradientIsNan) {
  for (const DType dtype : {DType::float64, DType::float32}) {
    ExtremeGrid at(dtype, {1.2e-38, -1.2e-38, 1e-8, -1e-8, 0.5, -0.5, 40, -40, 1e10, -1e10, 1e38, -1e38});
    const Node a = at.a, b = at.b, y = at.y, scale = bounded_log_scale(b);
    const Node logits =
        concat({expand_dims(a, -1), expand_dims(b, -1), expand_dims(y, -1), expand_dims(0.0 * b, -1), expand_dims(-a, -1)}, -1);
    const auto within = [](Node x, double most) { return maximum(minimum(x, most), -most); };
    const Distribution d = Mixture{.logits = logits,
                                   .components = {Gaussian{a, b}, Laplace{b, a}, LogNormal{within(a, 1e4), scale},
                                                  Weibull{scale, bounded_log_scale(a)}, Exponential{within(a, 20)}}};
    for (const Node answer : {d.log_prob(y), d.log_cdf(y), d.log_survival(y)})
      at.expect_no_nan(d.name(), answer, reduce_sum(where(equal(abs(answer), infinity), 0.0, answer)), {logits});
  }
}

TEST(Mixture, BroadcastsOverLeadingAxes) {
  Constants c;
  const Node logits = c.graph.constant(spread({4, 2}, -1, 1)), loc = c.graph.constant(spread({4}, -1, 1, 2));
  const Distribution d = Mixture{.logits = logits, .components = {Gaussian{.loc = loc}, Laplace{.loc = c(2)}}};
  const Tensor y = spread({3, 4}, -3, 3, 5);
  const auto each = [&](Node (Distribution::*ask)(Node) const, double low, double high) {
    const Tensor at = spread({3, 4}, low, high, 5), all = interpret((d.*ask)(c.graph.constant(at)));
    EXPECT_EQ(all.extents(), (Extents{3, 4}));
    for (std::int64_t i = 0; i < 3; ++i) {
      const Node alone = c.graph.constant(row({at.at(4 * i), at.at(4 * i + 1), at.at(4 * i + 2), at.at(4 * i + 3)}));
      const Tensor one = interpret((d.*ask)(alone));
      for (std::int64_t k = 0; k < 4; ++k) EXPECT_EQ(all.at(4 * i + k), one.at(k));
    }
  };
  for (const auto ask :
       {&Distribution::log_prob, &Distribution::cdf, &Distribution::survival, &Distribution::log_cdf, &Distribution::log_survival})
    each(ask, -3, 3);
  each(&Distribution::quantile, 0.01, 0.99);
  EXPECT_EQ(d.mean().shape(), Shape{4});
  EXPECT_EQ(d.variance().shape(), Shape{4});
}

TEST(Mixture, DrawsFollowTheCdf) {
  Constants c{.dtype = DType::float32};
  const Node zero = c.graph.constant(Tensor(DType::float32, {ks_draws})), one = c.graph.constant(Tensor(DType::float32, {ks_draws, 1}));
  const Node loc = zero + 1.0;
  const Mixture d{.logits = concat({one, one - 1.0, one + 0.5}, -1),
                  .components = {Gaussian{.loc = loc}, Laplace{.loc = loc - 5.0}, Gumbel{.loc = loc + 4.0}}};
  const Node draws = d.sample("draws");
  const std::vector<Tensor> values = interpret(std::vector<Node>{draws, d.cdf(draws)}, {});
  EXPECT_EQ(values[0].dtype(), DType::float32);
  EXPECT_LT(ks_distance(values[1], [](double u) { return u; }), ks_bound);
  EXPECT_GT(ks_distance(values[1], [](double u) { return std::min(1.0, 1.03 * u); }), ks_bound);
  EXPECT_FALSE(interpret(draws, {}, 7).same_bits(interpret(draws, {}, 8)));
  EXPECT_THROW(d.sample("draws"), NameError);
  // Each draw moves with the location of the component that made it, so with their common one.
  EXPECT_EQ(interpret(gradient(reduce_sum(draws), loc)).at(17), 1);
  const Mixture shared{.logits = d.logits, .components = {Gaussian{.loc = loc}, Gaussian{.loc = c(2)}, Gaussian{.loc = loc}}};
  EXPECT_THROW(shared.sample("other"), ShapeError);
}

TEST(Mixture, SaysWhatItIs) {
  Constants c;
  const Distribution same = two_gaussians(c), different = three_families(c);
  EXPECT_EQ(same.name(), "mixture of 2 gaussian");
  EXPECT_EQ(different.name(), "mixture of 1 gaussian, 1 laplace and 1 gumbel");
  EXPECT_EQ(same.certificate(), "NLL = −log Σ π·p(y) over 2 gaussian");
  EXPECT_TRUE(same.has<Mean>() && same.has<Variance>() && same.has<Cdf>() && same.has<LogSurvival>() && same.has<Quantile>() &&
              same.has<Crps>());
  EXPECT_TRUE(different.has<Quantile>() && different.has_sample());
  EXPECT_FALSE(same.has<Mode>() || same.has<Median>() || same.has<Entropy>() || same.has_kl(same));
  const Distribution labels = Mixture{.logits = c({0, 0}), .components = {Categorical{c({1, 2, 3})}, Categorical{c({3, 2, 1})}}};
  EXPECT_FALSE(labels.has<Mean>() || labels.has<Cdf>());
  EXPECT_EQ(labels.target()->dtype, DType::int32);
  const Tensor p = interpret(exp(labels.log_prob(c.graph.constant(Tensor::from(std::vector<std::int32_t>{0, 1, 2})))));
  EXPECT_NEAR(p.at(0) + p.at(1) + p.at(2), 1, 1e-15);
}

template <class E>
void expect_refused(const Mixture& d, Node y, const std::string& text) {
  try {
    d.log_prob(y);
    ADD_FAILURE() << "nothing thrown, expected: " << text;
  } catch (const E& error) {
    EXPECT_EQ(error.what(), text);
  }
}

TEST(Mixture, RefusesWhatDoesNotGoTogether) {
  Constants c;
  const Node y = c(1);
  const Distribution gaussian = Gaussian{.loc = c(0)};
  expect_refused<ArgumentError>({.logits = y}, y, "a mixture has no components, needs one at least");
  expect_refused<ShapeError>({.logits = c({1, 2}), .components = {gaussian}}, y,
                             "mixture of 1 gaussian: logits have shape {2}, need a last axis of 1, one for each component");
  expect_refused<ArgumentError>({.logits = c({1, 2}), .components = {gaussian, Independent{gaussian}}}, y,
                                "mixture of 1 gaussian and 1 independent(gaussian): an observation of gaussian has 0 axes, one of "
                                "independent(gaussian) has 1: need as many");
  expect_refused<ArgumentError>(
      {.logits = c({1, 2}), .components = {gaussian, Bernoulli{y}}}, y,
      "mixture of 1 gaussian and 1 bernoulli: the probabilities of integers of bernoulli and a density do not mix: "
      "discretise the density");
}

TEST(Mixture, AHeadOfItTrains) {  // targets of two kinds, −2 and 3 ± 0.1: log 2 − log 0.1 − … nats are reached from a poor start
  Graph graph;
  const Node x = graph.input("x", {batch, 1});
  graph.head("y", make_head("gaussian_mixture", 0.0 * x + graph.parameter("raw", {15}, {}), {.values = 1}));
  Model model = compile(graph, {.optimizer = Adam{.learning_rate = 0.05}});
  Session session = model.session();
  const Tensor y = Tensor::from(std::vector<float>{-2, -1.9F, -2.1F, 3, 2.9F, 3.1F});
  double first = 0, last = 0;
  for (int step = 0; step < 300; ++step) {
    last = session.step({{"x", Tensor(DType::float32, {6, 1})}, {"y", y}}).loss;
    if (step == 0) first = last;
  }
  // log 2 + ½·log 2πe·0.0067 is what two Gaussians give; five can give a little more.
  EXPECT_GT(first, 2);
  EXPECT_LT(last, 0.7);
}

}  // namespace
}  // namespace loglik
