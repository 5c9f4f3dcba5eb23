#include "ops/von_mises_integral.h"

#include <limits>
#include <numbers>

#include "framework/error.h"
#include "ops/bessel.h"
#include "tests/ops/cases.h"
#include "tests/ops/derivatives.h"
#include "tests/ops/expect_error.h"

namespace loglik {
namespace {
constexpr double pi = std::numbers::pi;
constexpr double inf = std::numeric_limits<double>::infinity();
constexpr double nan = std::numeric_limits<double>::quiet_NaN();

Build integral(int i, int j) {
  return [=](const std::vector<Node>& x) { return von_mises_integral(i, j, x[0], x[1], x[2]); };
}
Build cdf() {
  return [](const std::vector<Node>& x) { return von_mises_cdf(x[0], x[1], x[2]); };
}
Build quantile() {
  return [](const std::vector<Node>& x) { return von_mises_quantile(x[0], x[1], x[2]); };
}
conformance::Builder three(const Build& build) {
  return [=](Node a, Node b, Node c) { return build({a, b, c}); };
}

conformance::OpOptions of(double low, double high, int orders) {
  return {.shapes = {{{3, 5}, {3, 5}, {3, 5}}, {{2, 1}, {3}, {2, 1}}, {{0, 2}, {2}, {2}}, {{}, {}, {}}},
          .domain = {-2, 2},
          .inputs = {{}, {}, {.domain = conformance::Domain{low, high}}},
          .large = {{{60, 41}, {41}, {60, 41}}},
          .orders = orders};
}

const ConformanceCases conforming{
    {"von_mises_integral", three(integral(0, 0)), of(-3, 3, 3)},
    {"von_mises_integral", three(integral(1, 1)), of(-3, 3, 2)},
    {"von_mises_quantile", three(quantile()), of(0.05, 0.95, 2)},
};
const References by_digits{"VonMisesIntegral.IsRight", {"von_mises_integral", "von_mises_quantile"}};

TEST(VonMisesIntegral, Conforms) { conforming.check(); }

// κ, μ, y and the cdf, by quadrature at 40 digits (mpmath).
struct Point {
  double a, b, y, cdf;
};
const std::vector<Point> points{
    {50.365253120308616, 960.7660386874887, 1.5827477940359227, 0.97695743568793057},
    {-235086.08893957792, -43688.79782011287, -2.959390672105748, 0.22519697588891252},
    {209015.05366532615, 283538.9430091174, 0.9374272965822925, 0.86609946875490778},
    {0.9035910395284276, 0.25476961564543305, 1.1328198387919084, 0.76870120763813888},
    {-0.012605074582912811, -0.0017968098069876652, -0.7663710866650124, 0.37990930823098178},
    {-0.12886629586422224, 1.1939924949321242e-05, -0.15259619150871195, 0.47872395905769343},
    {-600389.2098523116, -20997.65447679249, -3.1056549247393592, 0.7759172757916089},
    {-0.2147216404509864, -1.9894730850968045e-05, 2.8711426722303752, 0.94739398492734644},
    {-0.2811779442235083, -0.040080943937793205, 2.7971893695388026, 0.9297031673468379},
    {-0.21051369783013077, 0.030007999895468238, -1.6443760664843161, 0.26671563618467735},
    {29668.135392875698, 17822.983554708982, 0.540288354913204, 0.44975813916120219},
    {2.406504478846708, -6.5341667077863415, -1.3899337797565348, 0.32830081221515333},
    {-0.2977267274490221, 0.0424399157786758, -2.9268352795081753, 0.04470396568983305},
    {-9862.6150251963, -1405.8816775141638, -3.000436498617629, 0.48262478431665711},
    {-8.501113310233855, 0.0007876586676846414, 2.9807921098724943, 0.82238316182345321},
    {-427353.93940982275, -60917.8267320446, -3.002669546167835, 0.039720272155181752},
    {3.4832143600564196, -4.498300424007146, -0.8712090508048806, 0.53769895611524644},
    {-2830.17002068375, 9287.579794520194, 1.860355793337206, 0.26972527797808118},
    {-0.019439475480134954, 0.0027710300288704246, 0.8247711197951908, 0.62825907995237385},
    {0.024734073767090792, -0.15129969014380643, -1.556896051551559, 0.2723362774801701},
    {0.021379697979778154, 0.0501573744151133, 2.092657409250476, 0.83210323950167238},
    {2142.489739112388, -5471.460573891171, -1.2202747314785536, 0.040921900671069382},
    {-5034.022673770624, -2815.8928729788004, -2.627720845264234, 0.61533930040947252},
    {-8319.550449670996, -1185.923156532654, -3.0016654871777164, 0.43932717293051767},
    {-0.14493412701351385, 0.019413539287552874, -2.714915905121961, 0.077426351626160722},
    {-0.4501896346104472, 0.05383857756991191, 1.7422691054190507, 0.69847485800107541},
    {-0.09175850774578667, 0.06998682216939242, -2.8416694383095695, 0.05153805873132558},
    {-0.02952330298609452, -2.7354400120373774e-06, -1.2318459750963298, 0.30836626229086735},
    {615611.3619767957, -184892.83288454852, -0.2920066627420921, 0.4243998306572958},
    {-2.1077196293359965, -0.30044814693164446, 2.3385067047598866, 0.68882266629702606},
};

TEST(VonMisesIntegral, IsRight) {
  std::vector<double> a, b, y, p;
  for (const Point& point : points) {
    a.push_back(point.a);
    b.push_back(point.b);
    y.push_back(point.y);
    p.push_back(point.cdf);
  }
  const Tensor f = value_of(cdf(), {row(a), row(b), row(y)});
  for (std::size_t i = 0; i < points.size(); ++i)
    EXPECT_NEAR(f.at(static_cast<std::int64_t>(i)), p[i], 1e-13 + 4e-16 * std::sqrt(std::hypot(a[i], b[i]))) << i;
  // The quantile is right where the cdf takes it back, and y itself, as all these are where the density is not small.
  const Tensor q = value_of(quantile(), {row(a), row(b), row(p)});
  const Tensor back = value_of(cdf(), {row(a), row(b), q});
  for (std::size_t i = 0; i < points.size(); ++i) {
    EXPECT_NEAR(back.at(static_cast<std::int64_t>(i)), p[i], 1e-13 + 4e-16 * std::sqrt(std::hypot(a[i], b[i]))) << i;
    EXPECT_NEAR(q.at(static_cast<std::int64_t>(i)), y[i], 1e-11) << i;
  }
}

TEST(VonMisesIntegral, OfTheWholeCircleIsThatOfBessel) {  // ∫ cos t·e^… = 2π·I₁(κ)·cos μ
  for (const double kappa : {0.0, 1e-9, 0.5, 3.0, 40.0, 1e3, 1e6, 1e12})
    for (const double mu : {-3.1, -1.0, 0.0, 0.5, 3.1415}) {
      const Tensor a = row({kappa * std::cos(mu)}), b = row({kappa * std::sin(mu)}), y = row({4.0});
      const double i0 = value_of(unary(i0e), {row({kappa})}).item(), i1 = value_of(unary(i1e), {row({kappa})}).item();
      const double tolerance = (1e-13 + 4e-16 * std::sqrt(kappa)) * i0;
      EXPECT_NEAR(value_of(integral(0, 0), {a, b, y}).item(), 2 * pi * i0, tolerance) << kappa << " " << mu;
      EXPECT_NEAR(value_of(integral(1, 0), {a, b, y}).item(), 2 * pi * i1 * std::cos(mu), tolerance) << kappa << " " << mu;
      EXPECT_NEAR(value_of(integral(0, 1), {a, b, y}).item(), 2 * pi * i1 * std::sin(mu), tolerance) << kappa << " " << mu;
    }
}

TEST(VonMisesIntegral, HasItsLimits) {
  for (const double kappa : {0.0, 2.0, 1e5, 1e30}) {
    const Tensor a = row({-kappa}), b = row({0.5 * kappa}), y = row({-inf, -4, -pi, pi, 4, inf, nan});
    const Tensor f = value_of(cdf(), {a, b, y});
    expect_close(f, {0, 0, 0, 1, 1, 1, nan}, 0);
    const Tensor q = value_of(quantile(), {a, b, row({0, 1, -0.1, 1.1, nan})});
    expect_close(q, {-pi, pi, nan, nan, nan}, 0);
  }
}

TEST(VonMisesIntegral, TakesNumbers) {
  Graph graph;
  const Node y = graph.constant(row({-2, 0.5})), a = graph.constant(row({2, 2})), b = graph.constant(row({0.75, 0.75}));
  const Tensor expected = interpret(von_mises_cdf(a, b, y));
  EXPECT_TRUE(interpret(von_mises_cdf(2, 0.75, y)).same_bits(expected));
  EXPECT_TRUE(interpret(von_mises_cdf(a, 0.75, y)).same_bits(expected));
  expect_close(interpret(von_mises_cdf(2, b, 0.5)), {expected.at(1), expected.at(1)}, 0);
}

TEST(VonMisesIntegral, UniformIsLinear) {
  const Tensor zero = row({0});
  const std::vector<double> angles{-2, 0, 1}, levels{0.25, 0.5, 0.9};
  const Tensor f = value_of(cdf(), {zero, zero, row(angles)}), q = value_of(quantile(), {zero, zero, row(levels)});
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_NEAR(f.at(static_cast<std::int64_t>(i)), 0.5 + angles[i] / (2 * pi), 1e-15);
    EXPECT_NEAR(q.at(static_cast<std::int64_t>(i)), (levels[i] - 0.5) * 2 * pi, 1e-14);
  }
  // ∂F/∂a there is sin y/2π: smooth, though κ has no gradient.
  Graph graph;
  const Node a = graph.constant(zero), y = graph.constant(row({1.25}));
  EXPECT_NEAR(interpret(gradient(reduce_sum(von_mises_cdf(a, a * 0.0, y)), a)).item(), std::sin(1.25) / (2 * pi), 1e-15);
}

TEST(VonMisesIntegral, ExponentIsPreciseNearThePeak) {  // κ·(1 − cos 1e-6) = 5e-13·κ
  Graph graph;
  const Node a = graph.constant(row({1e12})), b = graph.constant(row({0})), y = graph.constant(row({1e-6}));
  EXPECT_NEAR(interpret(von_mises_exponent(a, b, y)).item(), 0.49999999999995833, 1e-15);
  const Node far = graph.constant(row({pi}));
  EXPECT_EQ(interpret(von_mises_exponent(a, b, far)).item(), 2e12);
  EXPECT_EQ(interpret(von_mises_exponent_towards(a, b, b, b)).item(), 1e12);
}

TEST(VonMisesIntegral, RefusesWhatIsOutOfRange) {
  Graph graph;
  const Node x = graph.constant(row({1}));
  const std::string op = "von_mises_integral", file = "von_mises_integral_test.cpp";
  expect_error<ArgumentError>([&] { von_mises_integral(-1, 0, x, x, x); }, op, file, "i = -1, j = 0: need i, j ≥ 0 and i + j ≤ 4");
  expect_error<ArgumentError>([&] { von_mises_integral(2, 3, x, x, x); }, op, file, "i = 2, j = 3: need i, j ≥ 0 and i + j ≤ 4");
  expect_error<GradientError>([&] { gradient(reduce_sum(von_mises_integral(2, 2, x, x, x)), x); },
                              op + " at " + file + ":{line} has no gradient: i + j = 4 is the highest, the loss needs one for constant");
}

}  // namespace
}  // namespace loglik
