#include "ops/distributions/mixture.h"

#include <limits>
#include <numbers>

#include "framework/error.h"
#include "framework/model.h"
#include "ops/ops.h"
#include "tests/conformance/check_gradient.h"
#include "tests/ops/derivatives.h"
#include "tests/ops/distributions/samples.h"

namespace loglik {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

struct Constants {
  Graph graph;
  DType dtype = DType::float64;
  Node operator()(const std::vector<double>& values) { return graph.constant(row(values).cast(dtype)); }
  Node operator()(double value) { return graph.constant(value, dtype); }
};

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

// Each element's own log p and gradient over a grid of extreme parameters; families that keep to different supports.
TEST(Mixture, NoGradientIsNan) {
  for (const DType dtype : {DType::float64, DType::float32}) {
    std::vector<double> raws, ys;
    for (const double magnitude : {0.0, 1e-30, 1e-8, 1.0, 20.0, 88.0, 104.0, 710.0, 1e4, 1e10, 1.6e38})
      for (const double sign : {1.0, -1.0}) raws.push_back(sign * magnitude);
    for (const double magnitude : {1.2e-38, 1e-8, 0.5, 40.0, 1e10, 1e38})
      for (const double sign : {1.0, -1.0}) ys.push_back(sign * magnitude);
    Constants c{.dtype = dtype};
    const auto n = std::ssize(raws), m = std::ssize(ys);
    const auto grid = [&](const std::vector<double>& values, Extents extents) {
      return broadcast_to(c.graph.constant(row(values).cast(dtype).reshape(std::move(extents))), {m, n, n});
    };
    const Node a = grid(raws, {1, n, 1}), b = grid(raws, {1, 1, n}), y = grid(ys, {m, 1, 1});
    const Node scale = bounded_log_scale(b);
    const Node logits =
        concat({expand_dims(a, -1), expand_dims(b, -1), expand_dims(y, -1), expand_dims(0.0 * b, -1), expand_dims(-a, -1)}, -1);
    const auto within = [](Node x, double most) { return maximum(minimum(x, most), -most); };
    const std::vector<Distribution> others{LogNormal{within(a, 1e4), scale}, Weibull{scale, bounded_log_scale(a)},
                                           Exponential{within(a, 20)}};
    std::vector<Distribution> any{Gaussian{a, b}, Laplace{b, a}}, tame{Gaussian{within(a, 1e28), scale}, Laplace{within(b, 1e28), scale}};
    any.insert(any.end(), others.begin(), others.end());
    tame.insert(tame.end(), others.begin(), others.end());
    // A cdf by itself can't tell z = ∞, of which the derivative is 0·∞: there z is kept finite.
    const Mixture d{.logits = logits, .components = any}, finite{.logits = logits, .components = tame};
    for (const Node answer : {d.log_prob(y), finite.log_cdf(within(y, 1e28)), finite.log_survival(within(y, 1e28))}) {
      std::vector<Node> results =
          gradients(reduce_sum(where(equal(abs(answer), infinity), 0.0, answer)), std::vector<Node>{a, b, y, logits});
      results.insert(results.begin(), answer);
      for (std::size_t r = 0; r < results.size(); ++r) {
        const Tensor values = interpret(results[r]);
        const std::int64_t width = values.count() / (m * n * n);
        for (std::int64_t i = 0; i < values.count(); ++i)
          ASSERT_FALSE(std::isnan(values.at(i)))
              << (r == 0 ? "value" : "gradient by input " + std::to_string(r - 1)) << " in " << to_string(dtype)
              << ": y = " << ys[i / width / (n * n)] << ", parameters " << raws[i / width / n % n] << ", " << raws[i / width % n];
      }
    }
  }
}

TEST(Mixture, ComponentsThatCannotHaveMadeItTakeNoPart) {
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

TEST(Mixture, QuantilesOfCountsAreExact) {
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

TEST(Mixture, PointsOfPositiveProbabilityAreOneComponentsOwn) {
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

TEST(Mixture, OfVectorsChoosesOnce) {
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
