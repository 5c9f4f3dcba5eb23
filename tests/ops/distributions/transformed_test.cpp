#include "ops/distributions/transformed.h"

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

constexpr double infinity = std::numeric_limits<double>::infinity();

Node number(Graph& graph, double value, DType dtype = DType::float64) { return graph.constant(value, dtype); }

// Values off by at most `tolerance` of themselves in float64; in float32 of float64's at the same parameters and arguments, rounded.
void expect_values(const std::function<Node(Graph&, DType, Node)>& answer, const std::vector<double>& at,
                   const std::vector<double>& expected, double tolerance = 1e-13, double tolerance32 = 2e-5) {
  Graph graph;
  const Tensor actual = interpret(answer(graph, DType::float64, graph.constant(row(at))));
  const Tensor rounded = row(at).cast(DType::float32);
  const Tensor narrow = interpret(answer(graph, DType::float32, graph.constant(rounded)));
  const Tensor wide = interpret(answer(graph, DType::float64, graph.constant(rounded.cast(DType::float64))));
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const auto k = static_cast<std::int64_t>(i);
    EXPECT_NEAR(actual.at(k), expected[i], tolerance * std::abs(expected[i])) << at[i];
    if (std::isinf(wide.at(k)))
      EXPECT_EQ(narrow.at(k), wide.at(k)) << at[i];
    else
      EXPECT_NEAR(narrow.at(k), wide.at(k), tolerance32 * std::abs(wide.at(k)) + 0x1p-126) << at[i];
  }
}

// From 50 digits (mpmath), by textbook formulas for the density and distribution function of Y. Relative errors are those of the logs and
// of z, times z² for the normal tails.
TEST(Transformed, LogLogisticIsRight) {
  const auto d = [](Graph& graph, DType dtype) {
    return Distribution(
        Transformed{Logistic{.loc = number(graph, 0.75, dtype), .log_scale = number(graph, -0.5, dtype)}, Bijection::exp()});
  };
  const std::vector<double> y{1e-6, 0.125, 1, 2.5, 40, 1e9};
  expect_values(
      [&](Graph& g, DType t, Node at) { return d(g, t).log_prob(at); }, y,
      {-9.6989565176331347, -2.1042699777754455, -1.2464252142074342, -1.8213184254957368, -8.0499400448645049, -53.153614067668167});
  expect_values(
      [&](Graph& g, DType t, Node at) { return d(g, t).log_cdf(at); }, y,
      {-24.0144670755602, -4.6743359867126951, -1.4914830836162651, -0.56543031343018523, -0.0078337613646702831, -4.9949538068952551e-15});
  expect_values([&](Graph& g, DType t, Node at) { return d(g, t).log_survival(at); }, y,
                {-3.7209125501913837e-11, -0.009375532742586379, -0.25494213059116903, -0.83959738019139647, -4.8532268293858983,
                 -32.930348230721751});
  expect_values([&](Graph& g, DType t, Node p) { return d(g, t).quantile(p); }, {1e-12, 0.1, 0.5, 0.75, 0.9990234375},
                {1.1152004727968987e-7, 0.55839757381614013, 2.1170000166126747, 4.1220146485670709, 141.67809711620994});
}

TEST(Transformed, LogitNormalIsRight) {
  const auto d = [](Graph& graph, DType dtype) {
    return Distribution(
        Transformed{Gaussian{.loc = number(graph, 0.75, dtype), .log_scale = number(graph, -0.5, dtype)}, Bijection::sigmoid()});
  };
  const std::vector<double> y{1e-9, 0.125, 0.5, 0.75, 0.9990234375, 0.99999999};
  // The last is 1e-8 below 1 with a relative error of 5e-9·2⁻⁵², … of which z takes the log: absolute, and z² = 800 times that.
  expect_values([&](Graph& g, DType t, Node at) { return d(g, t).log_prob(at); }, {y.begin(), y.end() - 1},
                {-606.3971053615336, -8.0841087055605992, 0.2028390636611114, 1.0898607876919516, -45.403655037452761});
  expect_values([&](Graph& g, DType t, Node at) { return d(g, t).log_cdf(at); }, {y.begin(), y.end() - 1},
                {-631.18797615438055, -12.334225773370701, -2.2244323878977424, -0.33229637491908388, -1.0998027593172543e-24}, 1e-11,
                1e-3);
  expect_values([&](Graph& g, DType t, Node at) { return d(g, t).survival(at); }, {y.begin(), y.end() - 1},
                {1.0, 0.99999560140670294, 0.89187122357843007, 0.28272529088456525, 1.0998027593172543e-24}, 1e-11, 1e-3);
  expect_values([&](Graph& g, DType t, Node p) { return d(g, t).quantile(p); }, {1e-12, 0.1, 0.5, 0.75, 0.9990234375},
                {0.028842739489836886, 0.49317534474045845, 0.67917869917539297, 0.7611689077543467, 0.93267898686112533});
}

TEST(Transformed, BoxCoxOfExponentialIsRight) {
  const auto d = [](Graph& graph, DType dtype) {
    // On (0, ∞), as the bijection takes it: the base's own support is closed.
    return Distribution(
        Transformed{Weibull{.log_scale = number(graph, 0.75, dtype), .log_shape = number(graph, 0, dtype)}, Bijection::box_cox(0.5)});
  };
  const std::vector<double> y{-1.9921875, -1, 0, 1.5, 6, 20};
  expect_values(
      [&](Graph& g, DType t, Node at) { return d(g, t).log_prob(at); }, y,
      {-6.2951846522211509, -1.561238818745199, -1.2223665527410147, -1.6370067798339349, -6.9215704827363447, -55.508457608864409});
  expect_values([&](Graph& g, DType t, Node at) { return d(g, t).log_cdf(at); }, y,
                {-11.840358492827755, -2.1947591796002201, -0.97690341256901149, -0.26835520894062932, -0.00052212486548208615,
                 -1.5042199274399606e-25},
                1e-12);
  expect_values(
      [&](Graph& g, DType t, Node at) { return d(g, t).log_survival(at); }, y,
      {-7.2077415884554246e-6, -0.11809163818525368, -0.47236655274101471, -1.4466225677693575, -7.5578648438562353, -57.15635288166278});
  expect_values([&](Graph& g, DType t, Node p) { return d(g, t).quantile(p); }, {1e-12, 0.1, 0.5, 0.75, 0.9990234375},
                {-1.9999970900171708, -1.0554403917212249, 0.42271962287049042, 1.4262429484908776, 5.6613121402549128});
  Graph graph;
  EXPECT_EQ(d(graph, DType::float64).support()->text(), "(-2, ∞)");
  EXPECT_EQ(interpret(d(graph, DType::float64).cdf(graph.constant(row({-3})))).at(0), 0);
}

void expect_same(const Distribution& actual, const Distribution& expected, const std::vector<double>& ys, double tolerance) {
  expect_same_answers(actual, expected, ys, tolerance, {1e-9, 0.25, 0.5, 0.9});
  EXPECT_EQ(actual.support()->text(), expected.support()->text());
}

TEST(Transformed, ExpOfGaussianIsLogNormal) {
  Graph graph;
  const Node loc = number(graph, 0.75), log_scale = number(graph, -0.5);
  const LogNormal log_normal{.loc = loc, .log_scale = log_scale};
  const Distribution d = Transformed{Gaussian{.loc = loc, .log_scale = log_scale}, Bijection::exp()};
  const Node y = graph.constant(row({1e-300, 1e-8, 0.5, 2, 1e5, 1e300}));
  EXPECT_TRUE(interpret(d.log_prob(y)).same_bits(interpret(log_normal.log_prob(y))));
  expect_same(d, log_normal, {-1, 0, 1e-8, 0.5, 2, 1e5}, 0);
  EXPECT_TRUE(d.has<Entropy>());
  const Distribution other = Transformed{Gaussian{.loc = log_scale}, Bijection::exp()};
  EXPECT_EQ(interpret(d.kl(other)).item(), interpret(log_normal.kl(LogNormal{.loc = log_scale})).item());
  EXPECT_FALSE(d.has_kl(Transformed{Gaussian{.loc = loc}, Bijection::sigmoid()}));
}

TEST(Transformed, ThereAndBackIsTheBase) {
  Graph graph;
  const Node a = number(graph, 0.25), b = number(graph, -0.25);
  const Distribution gumbel = Gumbel{.loc = a, .log_scale = b}, weibull = Weibull{.log_scale = a, .log_shape = b};
  const auto via = [](const Distribution& base, const Bijection& there, const Bijection& back) {
    return Distribution(Transformed{Transformed{base, there}, back});
  };
  const std::vector<double> reals{-2, -0.5, 0, 1, 4}, positive{0.01, 0.5, 1, 4};
  expect_same(via(gumbel, Bijection::exp(), Bijection::log()), gumbel, reals, 1e-12);
  expect_same(via(gumbel, Bijection::sigmoid(), Bijection::logit()), gumbel, reals, 1e-12);
  for (const double lambda : {-1.5, -0.1, 0.0, 1e-9, 0.5, 1.0, 2.0}) {
    SCOPED_TRACE(lambda);
    const Distribution there = Transformed{weibull, Bijection::box_cox(lambda)};
    // 1 + λy loses what is below an ulp of 1: of x² for λ = 2, so √ulp = 1e-8 of an x of 1e-4, and 4e-12 of one below.
    expect_same(via(weibull, Bijection::box_cox(lambda), Bijection::inverse_box_cox(lambda)), weibull, positive, 1e-11);
    EXPECT_TRUE(there.support()->contains(interpret(there.median()).item()));
  }
  EXPECT_THROW(Bijection::box_cox(infinity), ArgumentError);
}

const Bijection cube{.name = "cube",
                     .forward = [](Node x) { return x * x * x; },
                     .inverse = [](Node y) { return sign(y) * pow(abs(y), 1.0 / 3); },
                     .log_abs_derivative = [](Node x, Node) { return log(3.0 * square(x)); },
                     .end = [](double x) { return x * x * x; }};
const Bijection reciprocal_of{.name = "reciprocal",
                              .forward = [](Node x) { return 1.0 / x; },
                              .inverse = [](Node y) { return 1.0 / y; },
                              .log_abs_derivative = [](Node, Node y) { return 2.0 * log(y); },
                              .end = [](double x) { return 1 / x; },
                              .increasing = false,
                              .domain = Support::positive,
                              .range = Support::positive};

TEST(Transformed, TakesABijectionOfYourOwn) {
  Graph graph;
  const Node a = number(graph, 0.25), b = number(graph, -0.25);
  const Distribution d = Transformed{Laplace{.loc = a, .log_scale = b}, cube};
  // Total mass, in x = ∛y: ∫ p(x³)·3x² dx by the trapezoidal rule, h = 1/64, kink at a point of it; off by h²/12·(jump of slope 1.6) =
  // 3e-5.
  std::vector<double> x(64 * 60 + 1);
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = static_cast<double>(i) / 64 - 30 + 0x1p-20;
  const Node at = graph.constant(row(x));
  EXPECT_NEAR(interpret(reduce_sum(exp(d.log_prob(at * at * at)) * (3.0 * square(at)))).item() / 64, 1, 1e-4);
  EXPECT_EQ(d.name(), "cube(laplace)");
  EXPECT_EQ(d.support()->text(), "the finite numbers");

  // 1/X of a log-normal X is log-normal, about −μ: a decreasing bijection.
  const Distribution mirrored = Transformed{LogNormal{.loc = a, .log_scale = b}, reciprocal_of};
  expect_same(mirrored, LogNormal{.loc = -a, .log_scale = b}, {-1, 0, 1e-3, 0.5, 2, 40}, 1e-6);  // 1 − 1e-9 is off by 1e-7 of 1e-9
  expect_same(Transformed{mirrored, reciprocal_of}, LogNormal{.loc = a, .log_scale = b}, {0.5, 2}, 1e-6);
}

struct Rain {  // 0 with probability ½, else exponential of mean 1
  static constexpr std::string_view name = "rain";
  Node zero;
  Node log_prob(Node y) const { return where(equal(y, 0.0), 0.0, -y) - std::log(2.0); }
  Node cdf(Node y) const { return where(less(y, 0.0), 0.0, 1.0 - 0.5 * exp(-y)); }
  Node survival(Node y) const { return where(less(y, 0.0), 1.0, 0.5 * exp(-y)); }
  Node log_cdf(Node y) const { return log(cdf(y)); }
  Node log_survival(Node y) const { return log(survival(y)); }
  std::vector<Node> atoms() const { return {zero}; }
  Support support() const { return Support::nonnegative; }
};

TEST(Transformed, PointsOfPositiveProbabilityDoNotStretch) {
  Graph graph;
  const Rain rain{number(graph, 0)};
  const Distribution up = Transformed{rain, Bijection::exp()};
  EXPECT_EQ(up.support()->text(), "[1, ∞)");
  EXPECT_EQ(interpret(up.atoms().at(0)).item(), 1);
  const Tensor p = interpret(exp(up.log_prob(graph.constant(row({1, 2})))));
  EXPECT_DOUBLE_EQ(p.at(0), 0.5);
  EXPECT_DOUBLE_EQ(p.at(1), 0.125);  // ½·e^−log 2, times ½
  Bijection minus{.name = "minus",
                  .forward = [](Node x) { return -x; },
                  .inverse = [](Node y) { return -y; },
                  .log_abs_derivative = [](Node x, Node) { return 0.0 * x; },
                  .end = [](double x) { return -x; },
                  .increasing = false};
  const Distribution down = Transformed{rain, minus};
  const Node y = graph.constant(row({-1, 0, 1}));
  EXPECT_EQ(down.support()->text(), "(−∞, 0]");
  expect_close(interpret(down.cdf(y)), {0.5 * std::exp(-1), 1, 1}, 4);
  expect_close(interpret(down.survival(y)), {1 - 0.5 * std::exp(-1), 0, 0}, 4);
  EXPECT_TRUE(up.has<LogCdf>() && up.has<LogSurvival>());
  EXPECT_FALSE(down.has<LogCdf>() || down.has<LogSurvival>());
}

TEST(Transformed, GradientsAreThoseOfDifferences) {
  const auto checked = [](const auto& make, conformance::Domain y) {
    for (const auto ask : {&Distribution::log_prob, &Distribution::cdf, &Distribution::log_survival}) {
      Graph graph;
      const Node at = graph.input("y", {3}), loc = graph.input("loc", {2, 1}), log_scale = graph.input("log_scale", {});
      Tensor points = spread({3}, y.low, y.high, 3).cast(DType::float32);
      conformance::check_gradient(reduce_sum(square((make(loc, log_scale).*ask)(at))), {at, loc, log_scale}, {.feed = {{"y", points}}});
    }
  };
  checked([](Node a, Node b) { return Distribution(Transformed{Logistic{.loc = a, .log_scale = b}, Bijection::exp()}); }, {0.2, 4});
  checked([](Node a, Node b) { return Distribution(Transformed{Gaussian{a, b}, Bijection::sigmoid()}); }, {0.2, 0.8});
  checked([](Node a, Node b) { return Distribution(Transformed{LogNormal{a, b}, Bijection::log()}); }, {-2, 2});
  checked([](Node a, Node b) { return Distribution(Transformed{LogNormal{a, b}, Bijection::box_cox(-0.5)}); }, {0.2, 1.5});
}

TEST(Transformed, NoGradientIsNan) {
  for (const DType dtype : {DType::float64, DType::float32})
    for (const bool unit : {false, true}) {
      ExtremeGrid at(dtype, unit ? std::vector<double>{1.2e-38, 1e-8, 0.5, 0.75, 1 - 0x1p-24}
                                 : std::vector<double>{1.2e-38, 1e-8, 0.5, 1, 40, 1e10, 1e38});
      for (const Distribution& base : {Distribution(Gaussian{at.a, at.b}), Distribution(Logistic{.loc = at.a, .log_scale = at.b}),
                                       Distribution(Laplace{at.a, at.b})}) {
        const Node log_p = Transformed{base, unit ? Bijection::sigmoid() : Bijection::exp()}.log_prob(at.y);
        at.expect_no_nan(base.name(), log_p, reduce_sum(log_p));
      }
    }
}

TEST(Transformed, DrawsFollowTheCdf) {
  Graph graph;
  const Node loc = graph.constant(Tensor(DType::float32, {ks_draws})) + 0.75;
  for (const Bijection& bijection : {Bijection::exp(), Bijection::sigmoid(), cube}) {
    const Distribution d = Transformed{Logistic{.loc = loc}, bijection};
    const Node draws = d.sample(bijection.name);
    const std::vector<Tensor> values =
        interpret(std::vector<Node>{draws, d.cdf(draws), gradient(reduce_sum(draws), loc), exp(-d.log_prob(draws))}, {});
    EXPECT_LT(ks_distance(values[1], [](double u) { return u; }), ks_bound) << bijection.name;
    EXPECT_TRUE(d.support()->contains(values[0].at(3)));
  }
}

TEST(Transformed, SaysWhatItIs) {
  Graph graph;
  const Node loc = number(graph, 0.5);
  const Distribution d = Transformed{Gaussian{.loc = loc}, Bijection::sigmoid()};
  EXPECT_EQ(d.name(), "sigmoid(gaussian)");
  EXPECT_EQ(d.certificate(), "NLL = that of gaussian at x, g(x) = y, plus log |g′(x)|, g = sigmoid");
  EXPECT_EQ(d.support()->text(), "(0, 1)");
  EXPECT_TRUE(d.has<Median>() && d.has<Cdf>() && d.has<Survival>() && d.has<LogCdf>() && d.has<LogSurvival>() && d.has<Quantile>());
  EXPECT_TRUE(d.has_sample());
  EXPECT_FALSE(d.has<Mean>() || d.has<Mode>() || d.has<Variance>() || d.has<Entropy>() || d.has<Crps>());
  EXPECT_EQ(Distribution(Mixture{.logits = graph.constant(row({0, 0})), .components = {d, d}}).name(), "mixture of 2 sigmoid(gaussian)");
}

void expect_refused(const Transformed& d, const std::string& text) {
  try {
    d.log_prob(d.base.mean());
    ADD_FAILURE() << "nothing thrown, expected: " << text;
  } catch (const ArgumentError& error) {
    EXPECT_EQ(error.what(), text);
  }
  EXPECT_THROW(d.support(), ArgumentError);
}

TEST(Transformed, RefusesBasesItIsNotFor) {
  Graph graph;
  const Node loc = graph.constant(row({0.5}));
  expect_refused({Bernoulli{loc}, Bijection::exp()}, "exp(bernoulli): the base is of integers, {0, 1}, needs a density");
  expect_refused({Gaussian{.loc = loc}, Bijection::log()}, "log(gaussian): takes (0, ∞), the base's support is the finite numbers");
  expect_refused({Gaussian{.loc = loc}, Bijection::inverse_box_cox(0.5)},
                 "inverse_box_cox(0.5)(gaussian): takes (-2, ∞), the base's support is the finite numbers");
  expect_refused({Independent{Gaussian{.loc = loc}}, Bijection::exp()},
                 "exp(independent(gaussian)): is for scalars, an observation of the base has 1 axis: take independent(exp(…))");
}

TEST(Transformed, AHeadOfItTrains) {  // log-logistic: the median is the exponential of the location
  Graph graph;
  const Node x = graph.input("x", {batch, 1});
  graph.head("y", Transformed{Logistic{.loc = 0.0 * x + graph.parameter("loc", {}, {}), .log_scale = graph.parameter("log_scale", {}, {})},
                              Bijection::exp()});
  Model model = compile(graph, {.optimizer = Adam{.learning_rate = 0.05}});
  Session session = model.session();
  const Tensor y = Tensor::from(std::vector<float>{1, 2, 4, 8, 16});
  for (int step = 0; step < 300; ++step) session.step({{"x", Tensor(DType::float32, {5, 1})}, {"y", y}});
  EXPECT_NEAR(model.parameters()["loc"].item(), std::log(4), 1e-2);
}

}  // namespace
}  // namespace loglik
