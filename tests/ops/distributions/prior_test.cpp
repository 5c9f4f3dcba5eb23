// Priors on parameters: Gaussian is ridge, Laplace is soft thresholding, both reported by name.
#include "ops/distributions/prior.h"

#include <cmath>
#include <numbers>

#include "framework/error.h"
#include "framework/fit.h"
#include "framework/head.h"
#include "framework/model.h"
#include "framework/optimizers/sgd.h"
#include "ops/dense.h"
#include "ops/distributions/gaussian.h"
#include "tests/ops/derivatives.h"
#include "tests/ops/expect_error.h"

namespace loglik {
namespace {

using Matrix = std::vector<std::vector<double>>;

// x of a·x = b, by elimination without pivoting: the matrix is positive definite.
std::vector<double> solve(Matrix a, std::vector<double> b) {
  const std::size_t n = b.size();
  for (std::size_t k = 0; k < n; ++k)
    for (std::size_t i = k + 1; i < n; ++i) {
      const double factor = a[i][k] / a[k][k];
      for (std::size_t j = k; j < n; ++j) a[i][j] -= factor * a[k][j];
      b[i] -= factor * b[k];
    }
  for (std::size_t k = n; k-- > 0;) {
    for (std::size_t j = k + 1; j < n; ++j) b[k] -= a[k][j] * b[j];
    b[k] /= a[k][k];
  }
  return b;
}

TEST(Prior, AGaussianIsRidge) {
  constexpr std::size_t rows = 40, features = 3;
  const double stddev = 0.5;
  const Tensor x = spread({rows, features}, -2, 2), noise = spread({rows}, -1, 1, 7), weight = spread({rows}, 0.5, 2, 3);
  std::vector<double> y;
  for (std::size_t i = 0; i < rows; ++i) y.push_back(1 + x.at(3 * static_cast<std::int64_t>(i)) - 2 * x.at(3 * static_cast<std::int64_t>(i) + 2) + noise.at(static_cast<std::int64_t>(i)));
  // Σ w·½(y − xβ)² + ½‖β‖²/s² is least at (XᵀWX + 1/s²)⁻¹XᵀWy, the bias without a prior.
  Matrix a(features + 1, std::vector<double>(features + 1, 0.0));
  std::vector<double> b(features + 1, 0.0);
  for (std::size_t i = 0; i < rows; ++i) {
    const auto at = [&](std::size_t j) { return j < features ? x.at(static_cast<std::int64_t>(i * features + j)) : 1.0; };
    const double w = weight.at(static_cast<std::int64_t>(i));
    for (std::size_t j = 0; j <= features; ++j) {
      b[j] += w * at(j) * y[i];
      for (std::size_t k = 0; k <= features; ++k) a[j][k] += w * at(j) * at(k);
    }
  }
  for (std::size_t j = 0; j < features; ++j) a[j][j] += 1 / (stddev * stddev);
  const std::vector<double> expected = solve(a, b);

  Graph graph;
  graph.head("y", Gaussian{.loc = dense(graph.input("x", {batch, features}, DType::float64), {.units = 1, .name = "line"})});
  add_gaussian_prior(graph, "ridge", parameters_named(graph, "weight"), stddev);
  Model model = compile(graph, {.optimizer = Sgd{.learning_rate = 0.1, .momentum = 0.9}});
  const Dataset data = Dataset::from(x, row(y), {.weights = weight});
  const Evaluation result = fit(model, data, {.epochs = 3000, .batch_size = rows}).epochs.back().train;
  const Tensor weights = model.parameters()["line/weight"];
  double squares = 0;
  for (std::size_t j = 0; j < features; ++j) {
    EXPECT_NEAR(weights.at(static_cast<std::int64_t>(j)), expected[j], 1e-6);
    squares += expected[j] * expected[j];
  }
  EXPECT_NEAR(model.parameters()["line/bias"].at(0), expected[3], 1e-6);

  ASSERT_EQ(result.terms.size(), 1u);  // in nats, a sample's share, constants included
  EXPECT_EQ(result.terms[0].first, "ridge");
  double total = 0;
  for (std::size_t i = 0; i < rows; ++i) total += weight.at(static_cast<std::int64_t>(i));
  EXPECT_NEAR(result.terms[0].second, (squares / (2 * stddev * stddev) + 3 * (std::log(stddev) + 0.5 * std::log(2 * std::numbers::pi))) / total, 1e-6);
  EXPECT_NEAR(result.loss, result.nll + result.terms[0].second, 1e-12);
  EXPECT_NE(model.describe().find("ridge                        term per data set: prior gaussian on 3 numbers: NLL = 2·squared error + 0.225791\n"), std::string::npos)
      << model.describe();
}

TEST(Prior, ALaplaceIsASoftThreshold) {
  // Σᵢ ½(yᵢⱼ − θⱼ)² + |θⱼ|/b is least at the mean, drawn towards 0 by 1/(b·n).
  const std::vector<double> mean{2, -0.7, 0.1};
  Graph graph;
  const Node theta = graph.parameter("theta", {3}, {}, DType::float64);
  graph.head("y", Gaussian{.loc = theta + 0.0 * graph.input("x", {batch, 3}, DType::float64)});
  add_laplace_prior(graph, "lasso", std::vector<Node>{theta}, 1);
  Model model = compile(graph, {.optimizer = Sgd{.learning_rate = cosine_decay(0.1, 4000), .momentum = 0}});
  const Tensor y = Tensor::from(std::vector<double>{mean[0] - 1, mean[1] - 1, mean[2] - 1, mean[0] + 1, mean[1] + 1, mean[2] + 1}, {2, 3});
  fit(model, Dataset::from(Tensor(DType::float64, {2, 3}), y), {.epochs = 4000, .batch_size = 2});
  EXPECT_NEAR(model.parameters()["theta"].at(0), 1.5, 1e-6);
  EXPECT_NEAR(model.parameters()["theta"].at(1), -0.2, 1e-6);
  EXPECT_NEAR(model.parameters()["theta"].at(2), 0, 1e-3);  // about the kink, by steps that become small
}

TEST(Prior, FindsParametersByName) {
  Graph graph;
  const Node h = dense(graph.input("x", {batch, 2}), {.units = 3}), y = dense(h, {.units = 1, .use_bias = false});
  graph.variable("weightless", {DType::float32, {}}, {});
  EXPECT_EQ(parameters_named(graph, "weight").size(), 2u);
  EXPECT_EQ(parameters_named(graph, "bias").size(), 1u);
  EXPECT_EQ(parameters_named(graph, "weight")[1].shape(), (Shape{3, 1}));
  EXPECT_EQ(error_of<NameError>([&] { parameters_named(graph, "wieght"); }), "no parameter is called \"wieght\"; did you mean \"weight\"?");
  EXPECT_EQ(error_of<ArgumentError>([&] { add_gaussian_prior(graph, "p", {}, 1); }), "add_gaussian_prior \"p\": no parameters");
  EXPECT_NE(error_of<ArgumentError>([&] { add_gaussian_prior(graph, "p", parameters_named(graph, "bias"), 0); }), "");
  EXPECT_NE(error_of<ArgumentError>([&] { add_laplace_prior(graph, "q", parameters_named(graph, "bias"), -1); }), "");
  add_laplace_prior(graph, "lasso", parameters_named(graph, "bias"), 2);
  EXPECT_NE(error_of<NameError>([&] { add_laplace_prior(graph, "lasso", parameters_named(graph, "weight"), 2); }), "");
  static_cast<void>(y);
}

}  // namespace
}  // namespace loglik
