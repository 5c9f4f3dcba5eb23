#include "ops/distributions/gaussian.h"

#include <limits>

#include "framework/distribution.h"
#include "framework/error.h"
#include "framework/model.h"
#include "ops/exponential.h"
#include "tests/ops/derivatives.h"
#include "tests/ops/distributions/samples.h"

namespace loglik {
namespace {

const double half_log_2pi = 0.91893853320467274;

Node log_prob(const std::vector<Node>& x) { return Gaussian{.loc = x[1], .log_scale = x[2]}.log_prob(x[0]); }

Tensor log_prob_at(Tensor y, Tensor loc, Tensor log_scale) {
  return value_of(log_prob, {std::move(y), std::move(loc), std::move(log_scale)});
}

TEST(Gaussian, LogProbIsRight) {  // from 40 digits: ½z² costs a few ulp, the sum one of its largest term
  const std::vector<double> y{0, 1.5, -2.25, 40, -1e3, 1e8, 3}, loc{0, 0.5, 1, 0, 1e3, 0, 3}, log_scale{0, 0.25, -1, 0.5, 3, 2, -300};
  const std::vector<double> expected{-0.9189385332046728, -1.4722038630609895, -38.94239105568217, -295.72249147035853,
                                     -4961.423291865922,  -91578194443673.83,  299.08106146679535};
  expect_close(log_prob_at(row(y), row(loc), row(log_scale)), expected, 10);
  expect_close(log_prob_at(row(y).cast(DType::float32), row(loc).cast(DType::float32), row(log_scale).cast(DType::float32)), expected, 10);
}

TEST(Gaussian, ScaleAndLogScaleMultiply) {
  const auto with_scale = [](const std::vector<Node>& x) { return Gaussian{.loc = x[1], .log_scale = x[2], .scale = 4}.log_prob(x[0]); };
  const Tensor y = row({1, -7, 0.25}), loc = row({0.5}), log_scale = row({-0.75});
  const Tensor expected = log_prob_at(y, loc, row({-0.75 + std::log(4)}));
  for (std::int64_t i = 0; i < 3; ++i) EXPECT_NEAR(value_of(with_scale, {y, loc, log_scale}).at(i), expected.at(i), 1e-14);
  const auto fixed = [](const std::vector<Node>& x) { return Gaussian{.loc = x[1], .scale = 4}.log_prob(x[0]); };
  expect_close(value_of(fixed, {row({1}), row({0.5})}), {-half_log_2pi - std::log(4) - 0.5 / 64}, 2);
}

TEST(Gaussian, GradientIsRight) {  // −log p: −z/σ by μ, 1 − z² by log σ
  Graph graph;
  const Node y = graph.constant(row({1.5, -2, 40})), loc = graph.constant(row({0.5, 1, 2})), log_scale = graph.constant(row({0.25, -1, 2}));
  const std::vector<Node> gradient = gradients(reduce_sum(-log_prob({y, loc, log_scale})), std::vector<Node>{loc, log_scale, y});
  const Node z = (y - loc) / exp(log_scale);
  const std::vector<Node> expected{-z / exp(log_scale), 1.0 - z * z, z / exp(log_scale)};
  for (std::size_t i = 0; i < 3; ++i)
    for (std::int64_t k = 0; k < 3; ++k)
      EXPECT_NEAR(interpret(gradient[i]).at(k), interpret(expected[i]).at(k), 1e-14 * std::abs(interpret(expected[i]).at(k)));
  expect_derivatives(log_prob, {spread({3, 1}, -2, 2), spread({1, 4}, -1, 1, 2), spread({4}, -1, 1, 3)});
}

// −log p and its gradient over a grid of extreme raw numbers: never NaN, and right wherever T can hold it.
template <class T>
void expect_sane_at_extremes(const std::vector<double>& distances) {
  const long double most = std::numeric_limits<T>::max() / 4, epsilon = std::numeric_limits<T>::epsilon();
  for (const double distance : distances)
    for (const double l : {0.0, 1e-8, -1e-8, 1.0, -1.0, 20.0, -20.0, 88.0, -88.0, 104.0, -104.0, 710.0, -710.0, 1e4, -1e4}) {
      SCOPED_TRACE("y − μ = " + std::to_string(distance) + ", log σ = " + std::to_string(l));
      Graph graph;
      const Node y = graph.constant(Tensor::scalar(static_cast<T>(distance))), loc = graph.constant(Tensor::scalar(T(0))),
                 log_scale = graph.constant(Tensor::scalar(static_cast<T>(l)));
      const Node nll = -log_prob({y, loc, log_scale});
      const std::vector<Node> gradient = gradients(nll, std::vector<Node>{loc, log_scale});
      const long double d = static_cast<T>(distance), s = static_cast<T>(l), z = d * std::exp(-s), z_over_sigma = z * std::exp(-s);
      const auto expect = [&](Node node, long double expected, long double scale, const char* what) {
        const double actual = interpret(node).item();
        EXPECT_FALSE(std::isnan(actual)) << what;
        // 20 roundings of the largest term, or below the smallest normal number.
        if (scale < most) {
          EXPECT_NEAR(actual, expected, 20 * epsilon * scale + 4 * std::numeric_limits<T>::min()) << what;
        }
      };
      expect(nll, 0.5L * z * z + s + static_cast<long double>(half_log_2pi), z * z + std::abs(s) + 1, "NLL");
      expect(gradient[0], -z_over_sigma, std::abs(z_over_sigma), "by μ");
      expect(gradient[1], 1 - z * z, 1 + z * z, "by log σ");
    }
}

TEST(Gaussian, IsSaneAtExtremes) {
  expect_sane_at_extremes<float>({0, 1e-30, 1, -40, 1e10, 1e38});
  expect_sane_at_extremes<double>({0, 1e-300, 1, -40, 1e10, 1e308});
}

TEST(Gaussian, AnswersAgreeWithItsDensity) {
  // The trapezoidal rule with half a σ between points, out to 25 σ: off by e^−79.
  const std::vector<double> loc{0, -3, 500}, scale{1, 0.125, 30};
  Graph graph;
  const Gaussian d{.loc = graph.constant(row(loc)), .log_scale = log(graph.constant(row(scale)))};
  const Gaussian other{.loc = graph.constant(row({0.5, -3, 480})), .scale = 2};
  std::vector<double> points;
  for (int i = -50; i <= 50; ++i)
    for (std::size_t k = 0; k < 3; ++k) points.push_back(loc[k] + 0.5 * i * scale[k]);
  const Node y = graph.constant(Tensor::from(points, {101, 3}));  // leading dimensions of y broadcast
  const Node log_p = d.log_prob(y), p = exp(log_p) * (0.5 * exp(d.log_scale));
  const auto integral = [&](Node f) { return interpret(reduce_sum(p * f, {0})); };
  const Node one = graph.constant(1.0, DType::float64);
  const auto expect = [&](Node answer, const Tensor& expected, double tolerance) {
    for (std::int64_t k = 0; k < 3; ++k) EXPECT_NEAR(interpret(answer).at(k), expected.at(k), tolerance * (1 + std::abs(expected.at(k))));
  };
  expect(one + 0.0 * d.loc, integral(one), 1e-13);
  expect(d.mean(), integral(y), 1e-13);
  expect(d.variance(), integral((y - d.loc) * (y - d.loc)), 1e-13);
  expect(d.entropy(), integral(-log_p), 1e-13);
  expect(d.kl(other), integral(log_p - other.log_prob(y)), 1e-13);
  expect(other.kl(other), row({0, 0, 0}), 0);
  EXPECT_EQ(d.mode(), d.mean());
  EXPECT_EQ(d.median(), d.mean());
}

TEST(Gaussian, CdfSurvivalAndQuantileAreRight) {  // from 40 digits, the quantiles from SciPy 1.10's norm(0.5, 2).ppf
  const std::vector<double> y{-20, -3.5, 0.5, 1, 4.25, 12, 60};
  const auto d = [](const std::vector<Node>& x) { return Gaussian{.loc = x[0].graph().constant(0.5, x[0].dtype()), .scale = 2}; };
  // erfc's relative error far out is that of its argument, 10.25/√2, squared: 50 to 900 ulp at 10 and 30 σ.
  expect_close(value_of([&](const std::vector<Node>& x) { return d(x).cdf(x[0]); }, {row(y)}),
               {5.917176907365617e-25, 0.02275013194817921, 0.5, 0.5987063256829237, 0.9696036382347386, 0.9999999955378276, 1}, 200);
  expect_close(value_of([&](const std::vector<Node>& x) { return d(x).survival(x[0]); }, {row(y)}),
               {1, 0.9772498680518208, 0.5, 0.4012936743170763, 0.030396361765261375, 4.462172453901612e-09, 8.670693523462394e-195}, 2000);
  const std::vector<double> p{1e-300, 1e-9, 0.1, 0.5, 0.75, 0.99};
  expect_close(value_of([&](const std::vector<Node>& x) { return d(x).quantile(x[0]); }, {row(p)}),
               {-73.5941925987224, -11.495614030015373, -2.0631031310892007, 0.5, 1.8489795003921634, 5.1526957480816815}, 16);
}

TEST(Gaussian, SamplesFollowItsCdf) {
  Graph graph;
  const Node loc = graph.constant(Tensor(DType::float64, {ks_draws}));
  const Node log_scale = graph.constant(std::log(3.0), DType::float64);
  const Node draws = Gaussian{.loc = loc + 2.0, .log_scale = log_scale}.sample("draws");
  EXPECT_LT(ks_distance(interpret(draws, {}, 7), [](double y) { return 0.5 * std::erfc((2 - y) / (3 * std::sqrt(2))); }), ks_bound);
  EXPECT_GT(ks_distance(interpret(draws, {}, 7), [](double y) { return 0.5 * std::erfc((2.2 - y) / (3 * std::sqrt(2))); }), ks_bound);
  EXPECT_FALSE(interpret(draws, {}, 7).same_bits(interpret(draws, {}, 8)));
  EXPECT_THROW((Gaussian{.loc = loc}.sample("draws")), NameError);  // the same bits twice are no two samples
  // Reparameterised: ∂(μ + σε)/∂μ = 1, ∂/∂log σ = σε.
  const std::vector<Node> gradient = gradients(reduce_sum(draws), std::vector<Node>{loc, log_scale});
  EXPECT_EQ(interpret(gradient[0], {}, 7).at(11), 1);
  EXPECT_NEAR(interpret(gradient[1], {}, 7).item(), interpret(reduce_sum(draws - 2.0), {}, 7).item(), 1e-6);
}

TEST(Gaussian, CertificatesAreTrue) {
  Graph graph;
  const Node loc = graph.constant(row({0.25, -3, 7, 1e3}));
  EXPECT_EQ((Gaussian{.loc = loc}.certificate()), "NLL = ½·squared error + 0.918939");
  EXPECT_EQ((Gaussian{.loc = loc, .scale = std::sqrt(0.5)}.certificate()), "NLL = squared error + 0.572365");
  EXPECT_EQ((Gaussian{.loc = loc, .scale = 0.5}.certificate()), "NLL = 2·squared error + 0.225791");
  EXPECT_EQ((Gaussian{.loc = loc, .scale = 0.1}.certificate()), "NLL = 50·squared error − 1.383647");
  EXPECT_EQ((Gaussian{.loc = loc, .log_scale = loc}.certificate()), "NLL = ½((y − μ)/σ)² + log σ + 0.918939");
  for (const auto& [scale, factor, offset] :
       std::vector<std::array<double, 3>>{{1, 0.5, 0.918939}, {0.5, 2, 0.225791}, {0.1, 50, -1.383647}}) {
    const Node y = graph.constant(row({1.5, -2.25, 6.75, 1e3}));
    const Tensor rest = interpret(-Gaussian{.loc = loc, .scale = scale}.log_prob(y) - factor * ((y - loc) * (y - loc)));
    for (std::int64_t i = 0; i < 4; ++i) EXPECT_NEAR(rest.at(i), offset, 6e-7);  // six decimals are printed
  }
}

TEST(Gaussian, RefusesAScaleThatIsNone) {
  Graph graph;
  const Node loc = graph.constant(row({0}));
  for (const double scale : {0.0, -1.0, std::numeric_limits<double>::infinity(), std::numeric_limits<double>::quiet_NaN()})
    EXPECT_THROW((Gaussian{.loc = loc, .scale = scale}.log_prob(loc)), ArgumentError) << scale;
}

TEST(Gaussian, LearnsItsScale) {  // σ of 1, −1, 2, −2 about 0 is √2.5: where Σ(1 − z²) is 0
  Graph graph;
  const Node x = graph.input("x", {batch, 1});
  graph.head("y", Gaussian::with_learned_scale(0.0 * x));
  Model model = compile(graph, {.optimizer = Adam{.learning_rate = 0.05}});
  Session session = model.session();
  const Tensor y = Tensor::from(std::vector<float>{1, -1, 2, -2});
  for (int step = 0; step < 400; ++step) session.step({{"x", Tensor(DType::float32, {4, 1})}, {"y", y}});
  EXPECT_NEAR(model.parameters()["gaussian_1/log_scale"].item(), 0.5 * std::log(2.5), 1e-3);
}

TEST(Gaussian, IsADistribution) {
  Graph graph;
  const Distribution d = Gaussian{.loc = graph.constant(row({1, 2}))};
  EXPECT_TRUE(d.has<Mean>() && d.has<Mode>() && d.has<Median>() && d.has<Variance>() && d.has<Entropy>() && d.has<Cdf>());
  EXPECT_TRUE(d.has<Survival>() && d.has<Quantile>() && d.has_sample());
  EXPECT_FALSE(d.has<Probabilities>());
  EXPECT_EQ(d.name(), "gaussian");
  EXPECT_EQ(d.support()->text(), "the finite numbers");
}

}  // namespace
}  // namespace loglik
