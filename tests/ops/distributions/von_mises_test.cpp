#include "ops/distributions/von_mises.h"

#include <functional>
#include <limits>
#include <numbers>

#include "framework/distribution.h"
#include "framework/error.h"
#include "framework/head.h"
#include "framework/model.h"
#include "ops/arithmetic.h"
#include "ops/distributions/answers.h"
#include "ops/distributions/forecast_scores.h"
#include "ops/distributions/mixture.h"
#include "ops/exponential.h"
#include "ops/polar.h"
#include "ops/shape.h"
#include "ops/trigonometric.h"
#include "tests/ops/derivatives.h"
#include "tests/ops/distributions/samples.h"
#include "tests/ops/expect_error.h"

namespace loglik {
namespace {
constexpr double pi = std::numbers::pi;

VonMises von_mises(Graph& graph, const std::vector<double>& a, const std::vector<double>& b, DType dtype = DType::float64) {
  return {.a = graph.constant(row(a).cast(dtype)), .b = graph.constant(row(b).cast(dtype))};
}

// Small as well as large concentrations leave it all its digits; by 40-digit decimals.
TEST(VonMises, CircularVarianceIsPrecise) {
  Graph graph;
  const VonMises d = von_mises(graph, {0, 1e-6, 0.5, 3, 1e3, 1e8}, {0, 0, 0, 0, 0, 0});
  expect_close(interpret(d.circular_variance()),
               {1, 0.9999995, 0.75750038741919805, 0.19001470604349547, 0.0005001251251957198, 5.0000000125000001e-9}, 2);
}

TEST(VonMises, KlIsRight) {  // from 40 digits
  Graph graph;
  const VonMises p = von_mises(graph, {1, 0.125, 300, -2e4}, {0.5, 0.0625, 400, 1e4}),
                 q = von_mises(graph, {-0.25, 3, 301, -2e4}, {2, -1, 399, 1.0001e4});
  // The last to what an ulp of the parameters changes, 2e4·4e-16 of the exponent.
  const std::vector<double> expected{0.76150092100550269, 1.5666814867373553, 0.001958857973947119, 1.7887886061552836e-5};
  const Tensor kl = interpret(p.kl(q));
  for (std::int64_t i = 0; i < 4; ++i) EXPECT_NEAR(kl.at(i), expected[static_cast<std::size_t>(i)], i < 2 ? 1e-15 : 2e-14) << i;
  for (std::int64_t i = 0; i < 4; ++i) EXPECT_EQ(interpret(p.kl(p)).at(i), 0) << i;
  // From the uniform distribution: log I₀(κ_q).
  EXPECT_NEAR(interpret(von_mises(graph, {0}, {0}).kl(von_mises(graph, {0.3}, {0.4}))).item(), 0.061549719185481304, 1e-15);
}

// The density of an angle and of the same angle after some turns; its mass, mean direction and entropy by sums over 4096 angles, which are
// exact for a periodic density as smooth as this.
TEST(VonMises, AnswersAgreeWithSumsOverTheDensity) {
  constexpr std::int64_t n = 4096;
  std::vector<double> angles(n);
  for (std::int64_t i = 0; i < n; ++i) angles[static_cast<std::size_t>(i)] = -pi + 2 * pi * (static_cast<double>(i) + 0.5) / n;
  Graph graph;
  const std::vector<double> a{0, 1e-6, 0.5, -3, 100, -400}, b{0, -1e-6, 0.5, -1, 50, 0.5};
  const VonMises d = von_mises(graph, a, b);
  const Node y = graph.constant(row(angles).reshape({n, 1})), p = exp(d.log_prob(y)) * (2 * pi / n);
  const auto expect_equal = [](Node answer, Node sum) {
    const Tensor actual = interpret(answer), expected = interpret(sum);
    for (std::int64_t i = 0; i < actual.count(); ++i) EXPECT_NEAR(actual.at(i), expected.at(i), 1e-13) << i;
  };
  expect_equal(reduce_sum(p, {0}), graph.constant(row({1, 1, 1, 1, 1, 1})));
  const Node c = reduce_sum(p * cos(y), {0}), s = reduce_sum(p * sin(y), {0});
  expect_equal(1.0 - d.circular_variance(), hypot(c, s));
  expect_equal(d.mean_direction() * hypot(d.a, d.b) / 1e3, atan2(s, c) * hypot(d.a, d.b) / 1e3);  // of no meaning at κ = 0
  expect_equal(d.entropy(), -reduce_sum(p * d.log_prob(y), {0}));
  expect_equal(d.log_prob(y + 4 * pi) * 1e-3, d.log_prob(y) * 1e-3);
  // E[∂ᵢ log p·∂ⱼ log p] for a and b.
  const FisherInformation information = d.fisher_information();
  const Node mean_c = c, mean_s = s;
  expect_equal(information.entries.at(0), reduce_sum(p * square(cos(y) - mean_c), {0}));
  expect_equal(information.entries.at(1), reduce_sum(p * ((cos(y) - mean_c) * (sin(y) - mean_s)), {0}));
  expect_equal(information.entries.at(3), reduce_sum(p * square(sin(y) - mean_s), {0}));
  EXPECT_EQ(information.entries.at(1), information.entries.at(2));
}

TEST(VonMises, GradientsAreThoseOfDifferences) {
  const Build log_prob = [](const std::vector<Node>& x) { return VonMises{x[1], x[2]}.log_prob(x[0]); };
  expect_derivatives(log_prob, {spread({3, 1, 1}, -3, 3), spread({4, 1}, -0.6, 0.6, 2), spread({4}, -0.6, 0.6, 3)}, 3);
  expect_derivatives(log_prob, {spread({3, 1, 1}, -3, 3), spread({4, 1}, -9, 9, 2), spread({4}, 1, 9, 3)}, 3);
  const Build answers = [](const std::vector<Node>& x) {
    const VonMises d{x[1], x[2]}, q{2.0 * x[1], x[2] - 1.0};
    return d.entropy() + d.kl(q) + d.circular_variance() + d.cdf(x[0]) + d.quantile(0.3 + 0.1 * x[0]);
  };
  expect_derivatives(answers, {spread({3, 1, 1}, -2.5, 2.5), spread({3, 1}, -3, 3, 2), spread({2}, 1, 3, 3)}, 1);
}

// A(κ)·a/κ − cos y with A/κ = ½ at κ = 0: no singularity, however small or large κ is.
TEST(VonMises, GradientsAreRightAtExtremes) {
  for (const DType dtype : {DType::float64, DType::float32})
    for (const double kappa : {0.0, 1e-37, 1e-30, 1e-20, 1e-8, 1e-3, 0.999, 1.001, 20.0, 104.0, 1e4, 1e10, 1e19, 1e37})
      for (const double mu : {0.0, 0.7, 3.0, -1.5})
        for (const double y : {-3.1415925, -1.5, 0.0, 0.75, 3.0}) {
          Graph graph;
          const VonMises d = von_mises(graph, {kappa * std::cos(mu)}, {kappa * std::sin(mu)}, dtype);
          const Node at = graph.constant(row({y}).cast(dtype)), log_prob = d.log_prob(at);
          const std::vector<Node> by = gradients(reduce_sum(log_prob), std::vector<Node>{d.a, d.b, at});
          EXPECT_TRUE(std::isfinite(interpret(log_prob).item())) << kappa << " " << mu << " " << y;
          for (const Node& node : by) EXPECT_TRUE(std::isfinite(interpret(node).item())) << kappa << " " << mu << " " << y;
          const double r =
              kappa < 1e-6 ? kappa / 2 : std::cyl_bessel_i(1, std::min(kappa, 700.0)) / std::cyl_bessel_i(0, std::min(kappa, 700.0));
          const double a = interpret(d.a).item(), b = interpret(d.b).item(), size = std::max(std::hypot(a, b), 1e-300);
          // Bessel's ratio is 1 − 1/2κ from 700 on, off by less than 1/1400 here.
          const double tolerance = kappa > 700 ? 1e-3 : dtype == DType::float64 ? 1e-13 : 1e-6;
          EXPECT_NEAR(interpret(by[0]).item(), std::cos(y) - r * a / size, tolerance) << kappa << " " << mu << " " << y;
          EXPECT_NEAR(interpret(by[1]).item(), std::sin(y) - r * b / size, tolerance) << kappa << " " << mu << " " << y;
        }
}

TEST(VonMises, DrawsFollowTheCdf) {
  for (const auto& [a, b] : std::vector<std::pair<double, double>>{{0, 0}, {0.6, -0.3}, {-30, 1}}) {
    Graph graph;
    const VonMises d{.a = broadcast_to(graph.constant(a, DType::float32), {ks_draws}), .b = graph.constant(b, DType::float32)};
    const Node draws = d.sample("draws");
    const std::vector<Tensor> values = interpret(
        std::vector<Node>{draws, VonMises{cast(d.a, DType::float64), cast(d.b, DType::float64)}.cdf(cast(draws, DType::float64))}, {});
    EXPECT_EQ(values[0].dtype(), DType::float32);
    EXPECT_LT(ks_distance(values[1], [](double u) { return u; }), ks_bound) << a;
    for (std::int64_t i = 0; i < ks_draws; ++i) ASSERT_TRUE(d.support().contains(values[0].at(i))) << values[0].at(i);
  }
}

TEST(VonMises, DrawsAreReparameterised) {  // ∂draw/∂parameter is −(∂F/∂parameter)/p
  Graph graph;
  const VonMises d{.a = graph.constant(spread({32}, -2, 2)), .b = graph.constant(spread({32}, -2, 2, 2))};
  const Node draws = d.sample("draws"), at = stop_gradient(draws);
  for (const Node parameter : {d.a, d.b}) {
    const Node by = gradient(reduce_sum(draws), parameter), of_cdf = gradient(reduce_sum(d.cdf(at)), parameter);
    const std::vector<Tensor> values = interpret(std::vector<Node>{by, -of_cdf / exp(d.log_prob(at))}, {});
    for (std::int64_t i = 0; i < 32; ++i) EXPECT_NEAR(values[0].at(i), values[1].at(i), 1e-11 * (1 + std::abs(values[1].at(i)))) << i;
  }
}

TEST(VonMises, LearnsADirection) {  // A(κ) and μ are those of the mean of (cos y, sin y): of 3, −3 and π the mean direction is π, not 1
  Graph graph;
  const Node x = graph.input("x", {batch, 1});
  const VonMises d{.a = 0.0 * x + graph.parameter("a", {1}, {}), .b = 0.0 * x + graph.parameter("b", {1}, {})};
  graph.head("y", d);
  graph.output("direction", d.mean_direction());
  graph.output("spread", d.circular_variance());
  Model model = compile(graph, {.optimizer = Adam{.learning_rate = 0.3}});
  Session session = model.session();
  const Tensor y = Tensor::from(std::vector<float>{2.2F, -2.2F, 3.1415926F, 2.5F, -2.5F}, {5, 1}), zeros(DType::float32, {5, 1});
  for (int step = 0; step < 600; ++step) session.step({{"x", zeros}, {"y", y}});
  const double mean_cosine = (2 * std::cos(2.2) - 1 + 2 * std::cos(2.5)) / 5;
  EXPECT_NEAR(std::abs(session.fetch("direction").at(0)), pi, 1e-3);
  EXPECT_NEAR(session.fetch("spread").at(0), 1 + mean_cosine, 1e-3);
}

// As numbers they would depend on where the circle is cut: also in a mixture, and of a density on angles that is somebody else's.
TEST(VonMises, HasNoMeanAsANumber) {
  struct Cardioid {
    Node rho;
    Node log_prob(Node y) const { return log1p(2.0 * rho * cos(y)) - std::log(2 * pi); }
    Support support() const { return VonMises::angles(); }
  };
  Graph graph;
  const Node half = graph.constant(row({0.5})), y = graph.constant(row({1}));
  const VonMises d{.a = half, .b = half};
  const Mixture mixture{.logits = graph.constant(Tensor(DType::float64, {1, 2})), .components = {d, VonMises{.a = half, .b = -half}}};
  for (const Distribution& circular : {Distribution(d), Distribution(mixture), Distribution(Cardioid{0.5 * half})}) {
    SCOPED_TRACE(circular.name());
    const std::vector<std::function<void()>> questions{[&] { mean(circular); }, [&] { variance(circular); }, [&] { crps(circular, y); },
                                                       [&] { dawid_sebastiani(circular, y); }, [&] { energy_score(circular, y, "e"); }};
    for (const auto& ask : questions) EXPECT_THROW(ask(), ArgumentError);
  }
  EXPECT_NE(error_of<ArgumentError>([&] { mean(d); }).find("is of a line, this distribution is of angles"), std::string::npos);
  EXPECT_NEAR(interpret(entropy(Cardioid{0.0 * half})).at(0), std::log(2 * pi), 1e-6);  // what does not depend on the cut is there
}

TEST(VonMises, IsADistribution) {
  Graph graph;
  const Distribution d = VonMises{.a = graph.input("a", {batch, 2}), .b = graph.input("b", {2})};
  EXPECT_TRUE(d.has<Mode>() && d.has<Entropy>() && d.has<Cdf>() && d.has<Quantile>() && d.has_sample() && d.has_fisher_information());
  EXPECT_FALSE(d.has<Mean>() || d.has<Variance>() || d.has<LogCdf>());
  EXPECT_EQ(d.support()->text(), "[−π, π]");
  EXPECT_TRUE(d.support()->contains(pi) && d.support()->contains(static_cast<double>(static_cast<float>(-pi))));
  EXPECT_FALSE(d.support()->contains(180));
  EXPECT_EQ(d.advice(180), "angles are in radians; 2π less is the same angle");
  EXPECT_EQ(d.certificate(), "NLL = κ·(1 − cos(y − μ)) + log 2π·I₀(κ)·e^−κ");
}

}  // namespace
}  // namespace loglik
