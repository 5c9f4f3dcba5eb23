#include "ops/distributions/affine.h"

#include <limits>

#include "framework/error.h"
#include "framework/model.h"
#include "ops/ops.h"
#include "tests/conformance/check_gradient.h"
#include "tests/ops/derivatives.h"
#include "tests/ops/distributions/extreme_grid.h"
#include "tests/ops/distributions/same_answers.h"
#include "tests/ops/distributions/samples.h"

namespace loglik {
namespace {

const std::vector<double> ys{-7, -0.5, 0.25, 1, 3, 40};

void expect_same(const Distribution& actual, const Distribution& expected, double tolerance, const std::vector<double>& at = ys) {
  expect_same_answers(actual, expected, at, tolerance, {1e-3, 0.25, 0.5, 0.9});
}

TEST(Affine, MovesAndStretchesALocationAndScale) {
  Graph graph;
  const auto number = [&](double x) { return graph.constant(x, DType::float64); };
  const Node a = number(-2.5), log_b = number(0.3);
  // a ± 3·e^0.3·X: the location becomes a ± b·μ, the log of the scale log 3 + 0.3 + ℓ.
  const auto moved = [&](const Distribution& base, double scale) {
    return Distribution(Affine{.base = base, .loc = a, .log_scale = log_b, .scale = scale});
  };
  const auto loc = [&](double scale) { return a + scale * exp(log_b) * 0.5; };
  const Node wide = number(std::log(3.0) + 0.3 - 0.75);
  const Node mu = number(0.5), l = number(-0.75);
  expect_same(moved(Gaussian{mu, l}, 3), Gaussian{loc(3), wide}, 1e-12);
  expect_same(moved(Laplace{mu, l}, 3), Laplace{loc(3), wide}, 1e-12);
  expect_same(moved(Logistic{mu, l}, 3), Logistic{loc(3), wide}, 1e-12);
  expect_same(moved(Gumbel{mu, l}, 3), Gumbel{loc(3), wide}, 1e-12);
  expect_same(moved(Gaussian{mu, l}, -3), Gaussian{loc(-3), wide}, 1e-12);  // symmetric ones, mirrored
  expect_same(moved(Logistic{mu, l}, -3), Logistic{loc(-3), wide}, 1e-12);
  // A mirrored asymmetric one has the other level.
  expect_same(moved(AsymmetricLaplace{.loc = mu, .level = 0.75, .log_scale = l}, -3),
              AsymmetricLaplace{.loc = loc(-3), .level = 0.25, .log_scale = wide}, 1e-12);
  // Composed with its inverse: the base.
  const Distribution gumbel = Gumbel{mu, l};
  expect_same(Affine{.base = Affine{.base = gumbel, .loc = number(2), .scale = -4}, .loc = number(0.5), .scale = -0.25}, gumbel, 1e-12);
  // A scaled exponential is one of another mean; mirrored twice too.
  const Distribution exponential = Exponential{mu};
  expect_same(Affine{.base = exponential, .log_scale = log_b, .scale = 3}, Exponential{mu + log_b + std::log(3.0)}, 1e-12,
              {0, 0.25, 1, 40});
  expect_same(Affine{.base = Affine{.base = exponential, .scale = -1}, .scale = -1}, exponential, 1e-12, {0, 0.25, 1, 40});
  EXPECT_DOUBLE_EQ(interpret(Distribution(Affine{.base = exponential, .scale = -2}).cdf(number(-3))).item(),
                   interpret(exponential.survival(number(1.5))).item());
}

TEST(Affine, OfNothingIsTheBase) {  // to the bit
  for (const DType dtype : {DType::float64, DType::float32}) {
    Graph graph;
    const auto constant = [&](const std::vector<double>& values) { return graph.constant(row(values).cast(dtype)); };
    const Distribution base = Logistic{.loc = constant({0.3}), .log_scale = constant({-1.7})};
    const Node zero = constant({0}), y = constant(ys), p = constant({0.1, 0.7});
    for (const Distribution& d : {Distribution(Affine{.base = base}), Distribution(Affine{.base = base, .loc = zero, .log_scale = zero})}) {
      const auto same = [](Node a, Node b) { EXPECT_TRUE(interpret(a).same_bits(interpret(b))); };
      same(d.log_prob(y), base.log_prob(y));
      same(d.cdf(y), base.cdf(y));
      same(d.log_survival(y), base.log_survival(y));
      same(d.quantile(p), base.quantile(p));
      same(d.crps(y), base.crps(y));
      same(d.variance(), base.variance());
      same(d.entropy(), base.entropy());
    }
  }
}

TEST(Affine, HasTheBasesAnswersInItsShape) {
  Graph graph;
  const Node loc = graph.constant(spread({4}, -1, 1)), log_scale = graph.constant(spread({3, 1}, -1, 1, 2));
  const Distribution base = Gumbel{.loc = graph.constant(0.5, DType::float64), .log_scale = graph.constant(0.1, DType::float64)};
  const Distribution d = Affine{.base = base, .loc = loc, .log_scale = log_scale, .scale = -2};
  for (const Node answer : {d.mean(), d.mode(), d.median(), d.variance(), d.entropy()}) EXPECT_EQ(answer.shape(), (Shape{3, 4}));
  const Node y = graph.constant(spread({5, 1, 1}, -4, 4));
  for (const Node answer : {d.log_prob(y), d.cdf(y), d.log_survival(y), d.quantile(sigmoid(y))})
    EXPECT_EQ(answer.shape(), (Shape{5, 3, 4}));
  EXPECT_TRUE(d.has<Crps>());
  EXPECT_FALSE(d.has<Probabilities>() || d.has<Deviance>());
  EXPECT_TRUE(d.has<Mean>() && d.has<Mode>() && d.has<Cdf>() && d.has<LogCdf>() && d.has<Quantile>() && d.has_sample());
  // Total mass by the trapezoidal rule, 1/32 of b between points: as exact as the density vanishes at the ends.
  Tensor points(DType::float64, {3201, 1, 1});
  for (std::int64_t i = 0; i < 3201; ++i) points.mutable_values<double>()[static_cast<std::size_t>(i)] = static_cast<double>(i) / 32 - 50;
  const Node b = -2.0 * exp(log_scale), at = loc + b * graph.constant(points);
  const Tensor mass = interpret(reduce_sum(exp(d.log_prob(at)) * abs(b) / 32.0, {0}));
  for (std::int64_t i = 0; i < 12; ++i) EXPECT_NEAR(mass.at(i), 1, 1e-12);
}

TEST(Affine, KnowsTheSupportThatDoesNotDependOnData) {
  Graph graph;
  const Node number = graph.constant(2.0, DType::float64), data = graph.input("x", {3}, DType::float64), log_mean = number;
  const auto text = [](const Affine& d) { return d.support() ? d.support()->text() : "unknown"; };
  EXPECT_EQ(text({.base = Gaussian{.loc = data}, .loc = data, .log_scale = data}), "the finite numbers");
  EXPECT_EQ(text({.base = Exponential{log_mean}, .loc = number, .log_scale = data}), "[2, ∞)");
  EXPECT_EQ(text({.base = Exponential{log_mean}, .log_scale = data, .scale = -1}), "(−∞, 0]");
  EXPECT_EQ(text({.base = Exponential{log_mean}, .loc = data}), "unknown");
  const Distribution unit = Transformed{Gaussian{.loc = data}, Bijection::sigmoid()};
  EXPECT_EQ(text({.base = unit, .loc = number, .scale = -4}), "(-2, 2)");
  EXPECT_EQ(text({.base = unit, .log_scale = data}), "unknown");
}

struct Rain {  // 7 with probability ½, else 7 + an exponential of mean 1
  static constexpr std::string_view name = "rain";
  Node seven;
  Node log_prob(Node y) const { return where(equal(y, 7.0), 0.0, 7.0 - y) - std::log(2.0); }
  Node cdf(Node y) const { return where(less(y, 7.0), 0.0, 1.0 - 0.5 * exp(7.0 - y)); }
  Node survival(Node y) const { return where(less(y, 7.0), 1.0, 0.5 * exp(7.0 - y)); }
  std::vector<Node> atoms() const { return {seven}; }
};

TEST(Affine, PointsOfPositiveProbabilityDoNotStretch) {
  for (const double scale : {0.1, -0.3}) {  // in float32 ((12.3 + 0.1·7) − 12.3)/0.1 is not 7
    Graph graph;
    const Distribution d =
        Affine{.base = Rain{graph.constant(7.0, DType::float32)}, .loc = graph.constant(12.3, DType::float32), .scale = scale};
    const Node atom = d.atoms().at(0);
    EXPECT_NEAR(interpret(exp(d.log_prob(atom))).item(), 0.5, 1e-7);
    EXPECT_NEAR(interpret(exp(d.log_prob(atom + scale))).item(), 0.5 * std::exp(-1) / std::abs(scale), 1e-5);
    EXPECT_NEAR(interpret(d.cdf(atom)).item(), scale > 0 ? 0.5 : 1, 1e-6);
    EXPECT_NEAR(interpret(d.survival(atom)).item(), scale > 0 ? 0.5 : 0, 1e-6);
  }
}

TEST(Affine, GradientsAreThoseOfDifferences) {
  for (const double scale : {2.0, -0.5})
    for (const auto ask : {&Distribution::log_prob, &Distribution::log_cdf, &Distribution::survival, &Distribution::crps}) {
      Graph graph;
      const Node y = graph.input("y", {3}), loc = graph.input("loc", {2, 1}), log_scale = graph.input("log_scale", {}),
                 mu = graph.input("mu", {3});
      const Distribution d = Affine{.base = Logistic{.loc = mu}, .loc = loc, .log_scale = log_scale, .scale = scale};
      conformance::check_gradient(reduce_sum(square((d.*ask)(y))), {y, loc, log_scale, mu});
    }
}

TEST(Affine, NoGradientIsNan) {
  for (const DType dtype : {DType::float64, DType::float32}) {
    ExtremeGrid at(dtype, ExtremeGrid::raws);
    const Node zero = at.graph.constant(0.0, dtype);
    for (const Distribution& base :
         {Distribution(Gaussian{zero}), Distribution(Logistic{.loc = zero}), Distribution(Laplace{.loc = zero})}) {
      const Node log_p = Affine{.base = base, .loc = at.a, .log_scale = at.b, .scale = -2}.log_prob(at.y);
      at.expect_no_nan(base.name(), log_p, reduce_sum(log_p));
    }
  }
}

TEST(Affine, DrawsFollowTheCdf) {
  Graph graph;
  const Node loc = graph.constant(Tensor(DType::float32, {ks_draws})), log_scale = loc - 0.5;
  const Distribution d = Affine{.base = Gumbel{.loc = loc}, .loc = loc + 3.0, .log_scale = log_scale, .scale = -1};
  const Node draws = d.sample("draws");
  EXPECT_LT(ks_distance(interpret(d.cdf(draws)), [](double u) { return u; }), ks_bound);
  EXPECT_EQ(interpret(gradient(reduce_sum(draws), loc)).dtype(), DType::float32);
  const Distribution one = Affine{.base = Gumbel{.loc = graph.constant(0.0, DType::float32)}, .loc = loc};
  EXPECT_THROW(one.sample("shared"), ShapeError);  // one draw, moved
}

TEST(Affine, SaysWhatItIs) {
  Graph graph;
  const Node loc = graph.constant(0.5, DType::float64), other = graph.constant(1.0, DType::float64);
  const Affine d{.base = Gaussian{.loc = loc}, .loc = loc, .scale = 2};
  EXPECT_EQ(d.name(), "affine(gaussian)");
  EXPECT_EQ(d.certificate(), "NLL = that of gaussian at (y − a)/b, plus log |b|");
  const Distribution p = d, q = Affine{.base = Gaussian{.loc = other}, .loc = loc, .scale = 2},
                     moved = Affine{.base = d.base, .loc = other, .scale = 2};
  EXPECT_EQ(interpret(p.kl(q)).item(), 0.125);  // ½·(½)²: that of the bases
  EXPECT_FALSE(p.has_kl(moved));
  EXPECT_EQ(Distribution(Mixture{.logits = graph.constant(row({0, 0})), .components = {d, d}}).name(), "mixture of 2 affine(gaussian)");
}

TEST(Affine, RefusesWhatItIsNotFor) {
  Graph graph;
  const Node loc = graph.constant(row({0.5}));
  const auto refused = [&](const Affine& d) {
    try {
      d.log_prob(loc);
    } catch (const ArgumentError& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  EXPECT_EQ(refused({.base = Bernoulli{loc}}), "affine(bernoulli): the base is of integers, {0, 1}, needs a density");
  EXPECT_THROW((Affine{.base = Bernoulli{loc}}.mean()), ArgumentError);
  EXPECT_THROW((Affine{.base = Bernoulli{loc}}.support()), ArgumentError);
  EXPECT_EQ(refused({.base = Gaussian{loc}, .scale = 0}), "affine(gaussian): scale is 0, must be finite and not 0");
  EXPECT_EQ(refused({.base = Gaussian{loc}, .scale = std::numeric_limits<double>::infinity()}),
            "affine(gaussian): scale is inf, must be finite and not 0");
  EXPECT_EQ(refused({.base = Independent{Gaussian{loc}}}),
            "affine(independent(gaussian)): is for scalars, an observation of the base has 1 axis: take independent(affine(…))");
}

TEST(Affine, AHeadOfItTrains) {  // on targets around 1000, standardised by it
  Graph graph;
  const Node x = graph.input("x", {batch, 1});
  graph.head("y", Affine{.base = Gaussian{.loc = 0.0 * x + graph.parameter("loc", {}, {})},
                         .loc = graph.constant(1000.0, DType::float32),
                         .scale = 50});
  Model model = compile(graph, {.optimizer = Adam{.learning_rate = 0.05}});
  Session session = model.session();
  const Tensor y = Tensor::from(std::vector<float>{1000, 1050, 1100});
  double loss = 0;
  for (int step = 0; step < 300; ++step) loss = session.step({{"x", Tensor(DType::float32, {3, 1})}, {"y", y}}).loss;
  EXPECT_NEAR(model.parameters()["loc"].item(), 1, 1e-3);
  EXPECT_NEAR(loss, 0.918938533204673 + 0.5 * 2 / 3 + std::log(50), 1e-4);  // in nats of the targets' own units
}

}  // namespace
}  // namespace loglik
