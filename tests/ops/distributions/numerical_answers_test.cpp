// Answers from log_prob and support alone, held against the closed forms of the families that have them.
#include <limits>
#include <numbers>

#include "framework/autodiff.h"
#include "framework/error.h"
#include "framework/log_prob_type.h"
#include "framework/model.h"
#include "ops/distributions/answers.h"
#include "ops/ops.h"
#include "tests/ops/derivatives.h"
#include "tests/ops/distributions/bare.h"
#include "tests/ops/distributions/samples.h"
#include "tests/ops/expect_error.h"

namespace loglik {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

/// How far the answers of a bare distribution may be from its own, relative to their size or, for y and its powers, to the family's spread.
struct Tolerance {
  double relative;  ///< of all
  double deep;      ///< of cdf and survival in tails of 1e-250: relative errors of y count up to z² times there
};
constexpr Tolerance fine{1e-11, 2e-10};
constexpr Tolerance coarse{2e-7, 1e-5};  ///< of float32: y itself is rounded to 6e-8
constexpr Tolerance far_out{1e-9, 1e-6};  ///< where y has but 9 digits more than it takes to tell it from its centre

void expect_near(const char* what, Node actual, Node expected, double relative, double absolute = 0) {
  const Tensor a = interpret(actual), e = interpret(expected);
  ASSERT_EQ(a.extents(), e.extents()) << what;
  for (std::int64_t i = 0; i < e.count(); ++i) {
    if (std::isinf(e.at(i))) EXPECT_EQ(a.at(i), e.at(i)) << what << " " << i;
    else EXPECT_NEAR(a.at(i), e.at(i), relative * std::abs(e.at(i)) + absolute) << what << " " << i;
  }
}

/// The answers of d without its own against those of its twin in float64.
template <class D>
void expect_same_answers(const D& own, const D& d, double spread, Tolerance tolerance) {
  SCOPED_TRACE(D::name);
  const auto b = bare(own);
  Graph& graph = graph_of(b);
  EXPECT_EQ(mean(b).type(), log_prob_type(b, graph));
  const double y_tolerance = tolerance.relative * spread;
  if constexpr (requires { d.mean(); }) expect_near("mean", mean(b), mean(d), tolerance.relative, y_tolerance);
  if constexpr (requires { d.variance(); }) expect_near("variance", variance(b), variance(d), 10 * tolerance.relative);
  expect_near("entropy", entropy(b), entropy(d), tolerance.relative, tolerance.relative);
  const auto levels = [&](std::vector<double> p) {
    const auto n = static_cast<std::int64_t>(p.size());
    return graph.constant(Tensor::from(p, {n, 1}));
  };
  const auto rounded = [&](Node x) { return cast(x, log_prob_type(b, graph).dtype); };
  const Node p = cast(rounded(levels({1e-20, 1e-3, 0.3, 0.5, 0.9, 0.999})), DType::float64);
  expect_near("median", median(b), median(d), tolerance.relative, y_tolerance);
  expect_near("quantile", quantile(b, rounded(p)), quantile(d, p), tolerance.relative, y_tolerance + 1e-38);
  const Node y = cast(rounded(d.quantile(p)), DType::float64);
  expect_near("cdf", cdf(b, rounded(y)), cdf(d, y), tolerance.deep);
  expect_near("survival", survival(b, rounded(y)), survival(d, y), tolerance.deep);
  if (mean(b).dtype() == DType::float32) return;
  expect_near("log_cdf", log_cdf(b, rounded(y)), log_cdf(d, y), tolerance.deep, 1e-19);
  expect_near("log_survival", log_survival(b, rounded(y)), log_survival(d, y), tolerance.deep, 1e-19);
  if constexpr (requires { d.crps(y); }) expect_near("crps", crps(b, rounded(y)), crps(d, y), tolerance.relative, y_tolerance);
  const Node deep = d.quantile(levels({1e-250, 1e-100}));
  expect_near("deep cdf", cdf(b, deep), cdf(d, deep), tolerance.deep);
  expect_near("deep quantile", quantile(b, levels({1e-250, 1e-100})), deep, tolerance.deep, y_tolerance + 1e-300);
}

TEST(NumericalAnswers, AgreeWithClosedForms) {
  for (const DType dtype : {DType::float64, DType::float32}) {
    Graph graph;
    const Tolerance tolerance = dtype == DType::float64 ? fine : coarse;
    struct Numbers {
      Node own, wide;
    };
    const auto numbers = [&](const std::vector<double>& values) {
      const Tensor own = row(values).cast(dtype);
      return Numbers{graph.constant(own), graph.constant(own.cast(DType::float64))};
    };
    const auto families = [&](Numbers loc, Numbers log_scale, double spread, Tolerance t) {
      const auto expect = [&](auto family) { expect_same_answers(family(loc.own, log_scale.own), family(loc.wide, log_scale.wide), spread, t); };
      expect([](Node l, Node s) { return Gaussian{.loc = l, .log_scale = s}; });
      expect([](Node l, Node s) { return Laplace{.loc = l, .log_scale = s}; });
      expect([](Node l, Node s) { return Logistic{.loc = l, .log_scale = s}; });
      expect([](Node l, Node s) { return Gumbel{.loc = l, .log_scale = s}; });
      expect([](Node l, Node s) { return AsymmetricLaplace{.loc = l, .level = 0.9, .log_scale = s}; });
    };
    families(numbers({0, 1, -20, 1e4}), numbers({0, 0.5, -1, 9}), 1, tolerance);
    if (dtype == DType::float64) families(numbers({1e4, -1e4}), numbers({-7, -7}), 1e-3, far_out);
    const auto positive = [&](Numbers a, Numbers b, auto family) { expect_same_answers(family(a.own, b.own), family(a.wide, b.wide), 0, tolerance); };
    positive(numbers({0, 10, -3}), numbers({0, 1.5, -5}), [](Node a, Node b) { return LogNormal{.loc = a, .log_scale = b}; });
    positive(numbers({0, 30, -30}), numbers({0}), [](Node a, Node) { return Exponential{.log_mean = a}; });
    positive(numbers({0, 3, -30}), numbers({0, -1, 3.5}), [](Node a, Node b) { return Weibull{.log_scale = a, .log_shape = b}; });
  }
}

/// Student's t of any degrees of freedom ν, of its density alone: Cauchy for ν = 1.
struct Student {
  static constexpr std::string_view name = "student";
  Node loc, log_scale, freedom;
  Node log_prob(Node y) const {
    const Node z = (y - loc) / exp(log_scale);
    return -lbeta(0.5 * freedom, 0.0 * freedom + 0.5) - 0.5 * log(freedom) - log_scale - 0.5 * (freedom + 1.0) * log1p(z * z / freedom);
  }
  Support support() const { return Support::real; }
};

// mean loc for ν > 1, variance scale²·ν/(ν − 2) for ν > 2; quantiles of 0.9 and 1e-9 by SciPy 1.17's t.ppf.
// Where the mass itself is below float64's numbers: log Φ and log(1 − Φ), log F of a Gumbel and of a Gamma near 0.
TEST(NumericalAnswers, OfTailsBelowAllNumbers) {
  Graph graph;
  const auto expect_same = [](Node actual, Node expected, double tolerance = 2e-10) {
    const Tensor a = interpret(actual), b = interpret(expected);
    for (std::int64_t i = 0; i < a.count(); ++i) EXPECT_NEAR(a.at(i) / b.at(i), 1, tolerance) << b.at(i);
  };
  const Gaussian gaussian{.loc = graph.constant(1.0, DType::float64), .scale = 2};
  const Node low = graph.constant(row({-76, -79, -100, -1e4, -1e10})), high = 2.0 - low;
  expect_same(log_cdf(bare(gaussian), low), gaussian.log_cdf(low));
  expect_same(log_survival(bare(gaussian), high), gaussian.log_survival(high));
  const Gumbel gumbel{.loc = graph.constant(0.0, DType::float64), .scale = 1};
  const Node left = graph.constant(row({-6.6, -8, -20}));
  expect_same(log_cdf(bare(gumbel), left), gumbel.log_cdf(left));
  const Gamma gamma{.log_mean = graph.constant(0.0, DType::float64), .log_shape = graph.constant(std::log(40.0), DType::float64)};
  const Node tiny = graph.constant(row({1e-9, 1e-30, 1e-200}));
  expect_same(log_cdf(bare(gamma), tiny), gamma.log_cdf(tiny));
  // Its slope is the density over the mass.
  expect_same(gradient(reduce_sum(log_cdf(bare(gaussian), low)), low), gradient(reduce_sum(gaussian.log_cdf(low)), low), 1e-7);
}

TEST(NumericalAnswers, OfHeavyTails) {
  for (const auto& [loc, log_scale] : std::vector<std::pair<double, double>>{{0, 0}, {3, 7}, {-1e4, 2}}) {
    Graph graph;
    const std::vector<double> freedom{0.5, 1, 1.5, 2, 2.01, 2.5, 3};
    const Student d{.loc = graph.constant(loc, DType::float64), .log_scale = graph.constant(log_scale, DType::float64), .freedom = graph.constant(row(freedom))};
    const Tensor means = interpret(mean(d)), variances = interpret(variance(d));
    const double scale = std::exp(log_scale);
    for (std::size_t i = 0; i < freedom.size(); ++i) {
      SCOPED_TRACE(freedom[i]);
      const auto k = static_cast<std::int64_t>(i);
      if (freedom[i] <= 1) EXPECT_EQ(means.at(k), infinity);
      else EXPECT_NEAR(means.at(k), loc, 1e-10 * (scale + std::abs(loc)));
      if (freedom[i] <= 2) EXPECT_EQ(variances.at(k), infinity);
      else EXPECT_NEAR(variances.at(k) / (scale * scale), freedom[i] / (freedom[i] - 2), 1e-8 * freedom[i] / (freedom[i] - 2));
    }
    const Tensor q = interpret(quantile(d, graph.constant(Tensor::from(std::vector<double>{0.9, 1e-9}, {2, 1}))));
    const std::vector<double> expected{10.27032441023451, 3.0776835371752527, 2.1963984175655376, 1.8856180831641267,
                                       1.881492503542145, 1.7302509288071766, 1.6377443536962095};
    for (std::size_t k = 0; k < expected.size(); ++k)
      EXPECT_NEAR((q.at(static_cast<std::int64_t>(k)) - loc) / scale, expected[k], 1e-9 * (expected[k] + std::abs(loc) / scale)) << k;
    EXPECT_NEAR((q.at(7 + 1) - loc) / scale, -1 / std::tan(std::numbers::pi * 1e-9), 1e-3);
    const Node y = graph.constant(loc + 1e30 * scale, DType::float64);  // Cauchy's survival is atan(1/z)/π
    EXPECT_NEAR(interpret(survival(d, y)).at(1) * 1e30 * std::numbers::pi, 1, 1e-9);
    EXPECT_EQ(interpret(crps(d, graph.constant(0.0, DType::float64))).at(1), infinity);
  }
  // A left tail alone that is too heavy: the mean is −∞. And the logarithm's own: LogNormal of σ = 30 has a mean of e^450, not to be had.
  Graph graph;
  struct Mirrored {
    Node tail;
    Node log_prob(Node y) const { return log(tail) - (tail + 1.0) * log1p(-y); }
    Support support() const { return {-infinity, 0, true, true, false}; }
  };
  const Mirrored mirrored{graph.constant(row({0.75, 1, 1.25, 3}))};
  const Tensor means = interpret(mean(mirrored)), variances = interpret(variance(mirrored));
  for (const std::int64_t k : {0, 1}) EXPECT_EQ(means.at(k), -infinity);
  EXPECT_NEAR(means.at(2), -4, 1e-9);
  EXPECT_NEAR(means.at(3), -0.5, 1e-11);
  EXPECT_EQ(variances.at(2), infinity);
  EXPECT_NEAR(variances.at(3), 0.75, 1e-10);
  EXPECT_THROW(interpret(mean(bare(LogNormal{.loc = graph.constant(row({0})), .log_scale = graph.constant(row({std::log(30)}))}))), IntegrationError);
}

/// Two Gaussians of their own widths: a user's density.
struct TwoBumps {
  static constexpr std::string_view name = "two_bumps";
  Node first, first_scale, second, second_scale, share;
  Node log_prob(Node y) const {
    const auto bump = [&](Node m, Node s) { return -0.5 * square((y - m) / s) - log(s) - 0.5 * std::log(2 * std::numbers::pi); };
    return logaddexp(log(share) + bump(first, first_scale), log1p(-share) + bump(second, second_scale));
  }
  Support support() const { return Support::real; }
};

TEST(NumericalAnswers, OfTwoMaxima) {
  Graph graph;
  const std::vector<double> m1{-5, 0, -1e3, 0, 0, 1e4, -30}, s1{0.1, 1, 1, 1, 1e-3, 1e-3, 5}, m2{5, 50, 1e3, 12, 1, 1e4 + 0.1, 200},
      s2{2, 0.05, 1, 3, 1e3, 1e-2, 0.5}, w{0.5, 0.5, 0.5, 1e-6, 0.5, 0.5, 0.9};
  const auto node = [&](const std::vector<double>& v) { return graph.constant(row(v)); };
  const TwoBumps d{node(m1), node(s1), node(m2), node(s2), node(w)};
  const Tensor means = interpret(mean(d)), variances = interpret(variance(d));
  std::vector<double> points, below;
  for (const double z : {-3.0, -0.5, 0.0, 2.0}) {
    for (std::size_t k = 0; k < w.size(); ++k) points.push_back(z < 0 ? m1[k] + z * s1[k] : m2[k] + z * s2[k]);
  }
  const Tensor f = interpret(cdf(d, graph.constant(Tensor::from(points, {4, 7}))));
  for (std::size_t i = 0; i < points.size(); ++i) {
    const std::size_t k = i % w.size();
    const auto normal = [](double z) { return 0.5 * std::erfc(-z / std::sqrt(2)); };
    // At 1e4 ± 1e-3 y has 9 digits.
    EXPECT_NEAR(f.at(static_cast<std::int64_t>(i)), w[k] * normal((points[i] - m1[k]) / s1[k]) + (1 - w[k]) * normal((points[i] - m2[k]) / s2[k]),
                k == 5 ? 1e-9 : 1e-12) << i;
  }
  for (std::size_t k = 0; k < w.size(); ++k) {
    const double m = w[k] * m1[k] + (1 - w[k]) * m2[k], v = w[k] * (s1[k] * s1[k] + m1[k] * m1[k]) + (1 - w[k]) * (s2[k] * s2[k] + m2[k] * m2[k]) - m * m;
    EXPECT_NEAR(means.at(static_cast<std::int64_t>(k)), m, 1e-11 * (std::abs(m1[k]) + std::abs(m2[k]))) << k;
    if (k == 5) continue;  // the closed form cancels
    EXPECT_NEAR(variances.at(static_cast<std::int64_t>(k)), v, 1e-10 * v) << k;
  }
  // A spike that no search can see is no silent failure.
  const TwoBumps hidden{node({0}), node({1}), node({1e4}), node({1e-9}), node({0.75})};
  try {
    interpret(mean(hidden));
    ADD_FAILURE();
  } catch (const IntegrationError& error) {
    EXPECT_TRUE(std::string(error.what()).starts_with("numerical mean of \"two_bumps\" at row 0: the mass that was found is 0.75, not 1")) << error.what();
  }
}

/// Not smooth: kinks in the first and second derivative.
struct Huber {
  Node loc;
  double delta = 1;
  Node log_prob(Node y) const {
    const Node z = abs(y - loc);
    const double total = std::sqrt(2 * std::numbers::pi) * std::erf(delta / std::sqrt(2)) + 2 / delta * std::exp(-0.5 * delta * delta);
    return -where(less(z, delta), 0.5 * z * z, delta * z - 0.5 * delta * delta) - std::log(total);
  }
  Support support() const { return Support::real; }
};

TEST(NumericalAnswers, OfKinks) {
  Graph graph;
  const Huber d{graph.constant(row({0.5}))};
  const double e = std::exp(-0.5), gauss = std::sqrt(2 * std::numbers::pi) * std::erf(1 / std::sqrt(2)), total = gauss + 2 * e;
  EXPECT_NEAR(interpret(variance(d)).item(), (gauss + 8 * e) / total, 1e-7);
  EXPECT_NEAR(interpret(cdf(d, graph.constant(row({-1.5})))).item(), std::exp(0.5 - 2) / total, 1e-7);
}

TEST(NumericalAnswers, OfPowersAtTheEnds) {  // half of a Gamma of shape 0.001 lies below 1e-308
  Graph graph;
  struct Power {  // a·y^(a − 1) on (0, 1), or mirrored
    Node a;
    Node log_prob(Node y) const { return log(a) + (a - 1.0) * log(y); }
    Support support() const { return Support::open_unit; }
  };
  const Power d{graph.constant(row({1e-3, 0.5, 1, 30}))};
  const Tensor means = interpret(mean(d)), f = interpret(cdf(d, graph.constant(row({0.25})))), entropies = interpret(entropy(d));
  const std::vector<double> a{1e-3, 0.5, 1, 30};
  for (std::size_t k = 0; k < 4; ++k) {
    EXPECT_NEAR(means.at(static_cast<std::int64_t>(k)), a[k] / (a[k] + 1), 1e-11);
    EXPECT_NEAR(f.at(static_cast<std::int64_t>(k)), std::pow(0.25, a[k]), 1e-11);
    EXPECT_NEAR(entropies.at(static_cast<std::int64_t>(k)), 1 - 1 / a[k] - std::log(a[k]), 1e-9 * std::max(1.0, 1 / a[k]));
  }
}

TEST(NumericalAnswers, OfCounts) {
  for (const DType dtype : {DType::float64, DType::float32}) {
    Graph graph;
    const std::vector<double> rates{0.01, 1.25, 7.5, 400, 2e4};
    std::vector<double> logs;
    for (const double rate : rates) logs.push_back(std::log(rate));
    const Tensor x = row(logs).cast(dtype);
    const auto own = bare(Poisson{.log_rate = graph.constant(x)});
    const Poisson d{.log_rate = graph.constant(x.cast(DType::float64))};
    const double relative = dtype == DType::float64 ? 1e-10 : 1e-6;  // an ulp of log λ times λ
    expect_near("mean", mean(own), mean(d), relative);
    expect_near("variance", variance(own), variance(d), 10 * relative);
    expect_near("mode", mode(own), mode(d), 0);
    expect_near("median", median(own), median(d), 0);
    const Tensor points = Tensor::from(std::vector<double>{0, 0, 2, 350, 19500, 0.5, 3, 8, 400, 20000, 2, 9, 20, 470, 20900, -1, -1, -1, -1, -1}, {4, 5});
    const Node y = graph.constant(points.cast(dtype)), wide = graph.constant(points);
    const Node whole = maximum(floor(wide), 0.0), inside = greater_equal(wide, 0.0);
    expect_near("cdf", cdf(own, y), where(inside, cdf(d, whole), 0.0), 100 * relative);
    expect_near("survival", survival(own, y), where(inside, survival(d, whole), 1.0), 100 * relative);
    const Node p = graph.constant(Tensor::from(std::vector<double>{1e-12, 0.3, 0.5, 0.999}, {4, 1}).cast(dtype));
    if (dtype == DType::float64) expect_near("quantile", quantile(own, p), quantile(d, p), 0);
    const Node seen = slice(whole, 0, {.end = 3});  // where neither F nor 1 − F is lost beside 1
    if (dtype == DType::float64) expect_near("quantile of cdf", quantile(own, minimum(cdf(own, seen), 1 - 1e-13)), minimum(seen, quantile(d, seen * 0.0 + (1 - 1e-13))), 0);
  }
  Graph graph;
  const Bernoulli coin{.logits = graph.constant(row({-2, 0.5}))};
  expect_near("mean", mean(bare(coin)), coin.mean(), 1e-14);
  expect_near("entropy", entropy(bare(coin)), coin.entropy(), 1e-14);
  // Σ(F(k) − 1{k ≥ y})² of a coin: p² at y = 0, (1 − p)² at 1.
  const Node q = coin.mean();
  expect_near("crps", crps(bare(coin), 0.0 * q), square(q), 1e-14);
  expect_near("crps", crps(bare(coin), 0.0 * q + 1.0), square(1.0 - q), 1e-14);
  EXPECT_THROW(interpret(mean(bare(Poisson{.log_rate = graph.constant(row({std::log(1e7)}))}))), IntegrationError);  // too wide for 4,095
  const Poisson wide{.log_rate = graph.constant(row({std::log(2e5 + 0.5), std::log(1e6 + 0.5), std::log(1e7 + 0.5)}))};
  expect_close(interpret(mode(bare(wide))), {2e5, 1e6, 1e7}, 0);
  const auto beyond = bare(Poisson{.log_rate = graph.constant(row({50}))});  // of e^50 the search for a maximum knows no numbers
  EXPECT_EQ(error_of<IntegrationError>([&] { interpret(mode(beyond)); }),
            "numerical mode of \"bare\" at row 0: the integral can't be found within the numbers of float64: give the distribution an "
            "answer of its own");
  const auto large = bare(Poisson{.log_rate = graph.constant(row({std::log(2e4)}))});  // outside the window tails are 0
  EXPECT_EQ(interpret(log_cdf(large, graph.constant(row({1e3})))).item(), -infinity);
  EXPECT_EQ(interpret(log_survival(large, graph.constant(row({1e5})))).item(), -infinity);
}

TEST(NumericalAnswers, AreDifferentiable) {
  const auto d = [](const std::vector<Node>& x) { return bare(Logistic{.loc = x[0], .log_scale = x[1]}); };
  const std::vector<Tensor> at{row({0.5, -1}), row({0.25, 1}), row({0.75, 2})}, levels{at[0], at[1], row({0.125, 0.875})};
  expect_derivatives([&](const std::vector<Node>& x) { return cdf(d(x), x[2]); }, at, 2);
  expect_derivatives([&](const std::vector<Node>& x) { return log_survival(d(x), x[2]); }, at, 1);
  expect_derivatives([&](const std::vector<Node>& x) { return crps(d(x), x[2]); }, at, 1);
  expect_derivatives([&](const std::vector<Node>& x) { return quantile(d(x), x[2]); }, levels, 2);
  expect_derivatives([&](const std::vector<Node>& x) { return mean(d(x)); }, {at[0], at[1]}, 1);
  expect_derivatives([&](const std::vector<Node>& x) { return variance(d(x)); }, {at[0], at[1]}, 1);
}

TEST(NumericalAnswers, OfABatchInAProgram) {
  Graph graph;
  const Node x = graph.input("x", {batch, 2});
  const auto d = bare(Gumbel{.loc = x, .log_scale = 0.5 * x});
  graph.head("y", d);
  graph.output("mean", mean(d));
  graph.output("upper", quantile(d, graph.constant(0.9, DType::float32)));
  graph.output("drawn", sample(d, "draw"));
  const Model model = compile(graph);
  const Tensor inputs = Tensor::from(std::vector<float>{0, 1, -2, 0.5, 3, -1}, {3, 2});
  const auto outputs = model.predict({{"x", inputs}});
  for (std::int64_t i = 0; i < 6; ++i) {
    const double m = inputs.at(i), s = std::exp(0.5 * m);
    EXPECT_NEAR(outputs["mean"].at(i), m + std::numbers::egamma * s, 1e-6 * (1 + s));
    EXPECT_NEAR(outputs["upper"].at(i), m - s * std::log(-std::log(0.9)), 1e-6 * (1 + s));
  }
  EXPECT_EQ(outputs["drawn"].extents(), (Extents{3, 2}));
}

TEST(NumericalAnswers, DrawsFollowTheDensity) {
  Graph graph;
  const auto distance = [](const Tensor& draws) {
    return ks_distance(draws, [](double y) { return y < 0 ? 0.5 * std::exp(y) : 1 - 0.5 * std::exp(-y); });
  };
  const auto d = bare(Laplace{.loc = graph.constant(Tensor(DType::float64, {1}))});
  const Node u = random_uniform(graph, {ks_draws}, {.dtype = DType::float64}).named("u");
  EXPECT_LT(distance(interpret(quantile(d, u), {}, 11)), ks_bound);
  // sample(), which draws one number of each distribution: fewer, as each has a table of its own.
  const std::int64_t n = 700;
  const auto many = bare(Laplace{.loc = graph.constant(Tensor(DType::float64, {n}))});
  EXPECT_LT(distance(interpret(sample(many, "drawn"), {}, 11)),
            ks_bound * std::sqrt(static_cast<double>(ks_draws) / static_cast<double>(n)));
}

TEST(NumericalAnswers, ModesAreWhereTheDensityIsHighest) {
  Graph graph;
  const auto at = [&](const auto& d, double tolerance) { expect_near("mode", mode(bare(d)), d.mode(), tolerance, tolerance); };
  const Node loc = graph.constant(row({0, 1e4, -3})), log_scale = graph.constant(row({0, -7, 5}));
  at(Gaussian{.loc = loc, .log_scale = log_scale}, 1e-12);
  at(Laplace{.loc = loc, .log_scale = log_scale}, 1e-12);
  at(Gumbel{.loc = loc, .log_scale = log_scale}, 1e-12);
  at(LogNormal{.loc = 0.001 * loc, .log_scale = 0.1 * log_scale}, 1e-12);
  at(Exponential{.log_mean = loc * 0.001}, 1e-12);
  EXPECT_THROW(gradients(reduce_sum(mode(bare(Gaussian{.loc = loc}))), std::vector<Node>{loc}), GradientError);
}

TEST(NumericalAnswers, WhatCantBeHadIsRefused) {
  Graph graph;
  const Node rows = graph.constant(Tensor(DType::float64, {2, 3}));
  struct Rows {
    Node loc;
    Node log_prob(Node y) const { return -reduce_sum(square(y - loc), {-1}); }
    std::size_t event_rank() const { return 1; }
    Support support() const { return Support::real; }
  };
  EXPECT_THROW(mean(Rows{rows}), ArgumentError);
  struct Unnormalised {
    Node loc;
    Node log_prob(Node y) const { return -square(y - loc); }
    Support support() const { return Support::real; }
  };
  const Unnormalised d{graph.constant(row({0, 1}))};
  EXPECT_THROW(interpret(cdf(d, graph.constant(row({0})))), IntegrationError);
  EXPECT_THROW(interpret(quantile(d, graph.constant(row({0.5})))), IntegrationError);
}

}  // namespace
}  // namespace loglik
