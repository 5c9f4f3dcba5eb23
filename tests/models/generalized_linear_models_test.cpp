// Heads on a linear predictor are R's generalised linear models: the maximum-likelihood estimates that glm, MASS::glm.nb, MASS::polr and
// survival::survreg give (generalized_linear_models.R wrote them down) are found again by minimising the mean NLL in float64, coefficients to
// 1e-4, log-likelihoods to 1e-6 relative.
//
// Minimised by BFGS on the host (Nocedal & Wright 2006, ch. 6) until the gradient's norm is below 1e-8: with features standardised the
// smallest eigenvalue of the mean Hessian is above 0.002 for all of them, so that coefficients are within 1e-8/0.002 of the maximum.
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <map>
#include <numeric>
#include <sstream>

#include "framework/autodiff.h"
#include "framework/data/csv.h"
#include "framework/interpret.h"
#include "framework/pipeline.h"
#include "framework/primitives.h"
#include "framework/session.h"
#include "models/shipped_data.h"
#include "ops/ops.h"

namespace loglik {
namespace {

using Vector = std::vector<double>;

// What R says of a model: its coefficients in the file's order, and the log-likelihood.
struct Expected {
  std::vector<std::string> names;
  Vector coefficients;
  double log_likelihood = 0;
};

Expected expected(const std::string& model) {
  std::ifstream file(LOGLIK_GLM_REFERENCES);
  Expected result;
  std::string line;
  while (std::getline(file, line)) {
    std::istringstream stream(line);
    std::string of, name, value;
    std::getline(stream, of, ',');
    std::getline(stream, name, ',');
    std::getline(stream, value, ',');
    if (of != model) continue;
    if (name == "log_likelihood") {
      result.log_likelihood = std::stod(value);
    } else {
      result.names.push_back(name);
      result.coefficients.push_back(std::stod(value));
    }
  }
  return result;
}

// Columns of a shipped table, standardised by the deviation with divisor n.
Tensor features(const Table& table, const std::vector<std::string>& columns) {
  const std::int64_t rows = table.rows(), width = std::ssize(columns);
  Tensor x(DType::float64, {rows, width});
  for (std::int64_t j = 0; j < width; ++j) {
    const Tensor column = table.column(columns[static_cast<std::size_t>(j)]);
    const auto values = column.values<double>();
    const double mean = std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(rows);
    double squares = 0;
    for (const double value : values) squares += (value - mean) * (value - mean);
    const double deviation = std::sqrt(squares / static_cast<double>(rows));
    for (std::int64_t i = 0; i < rows; ++i)
      x.mutable_values<double>()[static_cast<std::size_t>(i * width + j)] = (values[static_cast<std::size_t>(i)] - mean) / deviation;
  }
  return x;
}

double dot(const Vector& a, const Vector& b) { return std::inner_product(a.begin(), a.end(), b.begin(), 0.0); }

// The mean NLL of a model and its gradient, as a compiled program of the coefficients.
class Objective {
 public:
  /// log_prob(θ) of every row, from the coefficients {n}.
  template <class LogProb> Objective(std::int64_t n, LogProb log_prob) {
    const Node theta = graph_.input("theta", Shape{n}, DType::float64);
    const Node loss = -reduce_mean(log_prob(graph_, theta));
    ProgramSource source{.outputs = {{"loss", loss}, {"gradient", gradient(loss, theta)}}, .mode = ProgramMode::train};
    session_.emplace(compile_program(graph_, source, std::make_shared<State>(), {.name = "likelihood"}, {}));
  }

  double operator()(const Vector& theta, Vector& gradient) {
    session_->step({{"theta", Tensor::from(theta)}});
    const Tensor g = session_->fetch("gradient");
    gradient.assign(g.values<double>().begin(), g.values<double>().end());
    return session_->scalar("loss");
  }

 private:
  Graph graph_;
  std::optional<Session> session_;
};

// BFGS with step halving. Returns θ; `value` and `norm` are those of the end.
Vector minimise(Objective& f, Vector theta, double& value, double& norm) {
  const std::size_t n = theta.size();
  std::vector<Vector> inverse(n, Vector(n, 0.0));
  for (std::size_t i = 0; i < n; ++i) inverse[i][i] = 1;
  Vector g;
  value = f(theta, g);
  for (int iteration = 0; iteration < 500; ++iteration) {
    norm = std::sqrt(dot(g, g));
    if (norm < 1e-8) break;
    Vector step(n), next(n), g_next;
    for (std::size_t i = 0; i < n; ++i) step[i] = -dot(inverse[i], g);
    double length = 1, next_value = 0;
    for (int halving = 0; halving < 60; ++halving, length /= 2) {
      for (std::size_t i = 0; i < n; ++i) next[i] = theta[i] + length * step[i];
      next_value = f(next, g_next);
      // Near the end the decrease is below the rounding of the value: there the gradient decides.
      if (next_value <= value + 1e-4 * length * dot(g, step) || std::sqrt(dot(g_next, g_next)) < 0.5 * norm) break;
    }
    Vector s(n), y(n), hy(n);
    for (std::size_t i = 0; i < n; ++i) s[i] = next[i] - theta[i], y[i] = g_next[i] - g[i];
    const double sy = dot(s, y);
    if (sy > 0) {
      for (std::size_t i = 0; i < n; ++i) hy[i] = dot(inverse[i], y);
      const double scale = (1 + dot(y, hy) / sy) / sy;
      for (std::size_t i = 0; i < n; ++i)
        for (std::size_t j = 0; j < n; ++j) inverse[i][j] += scale * s[i] * s[j] - (hy[i] * s[j] + s[i] * hy[j]) / sy;
    }
    theta = next, g = g_next, value = next_value;
  }
  return theta;
}

// Elements [begin, end) of the coefficients.
Node part(Node theta, std::int64_t begin, std::int64_t end) { return slice(theta, 0, {.begin = begin, .end = end}); }

// Σ xⱼ·θⱼ + θ₀ of coefficients in R's order, constant first: {rows}.
Node predictor(Node x, Node theta) {
  const std::int64_t width = x.shape().back().constant();
  return reshape(matmul(x, reshape(part(theta, 1, width + 1), {width, 1})), {x.shape()[0]}) + part(theta, 0, 1);
}

// `coefficients` makes R's coefficients of θ.
template <class LogProb>
void expect_fit(
    const std::string& model, Vector start, LogProb log_prob, double rows,
    Vector (*coefficients)(Vector) = [](Vector theta) { return theta; }) {
  const Expected r = expected(model);
  ASSERT_EQ(r.coefficients.size(), start.size());
  Objective objective(std::ssize(start), log_prob);
  double value = 0, norm = 0;
  const Vector theta = coefficients(minimise(objective, start, value, norm));
  EXPECT_LT(norm, 1e-8);
  for (std::size_t i = 0; i < theta.size(); ++i) EXPECT_NEAR(theta[i], r.coefficients[i], 1e-4) << r.names[i];
  EXPECT_NEAR(-value * rows, r.log_likelihood, 1e-6 * std::abs(r.log_likelihood));
}

Table shipped(const std::string& name) { return read_csv(shipped_data_folder() + "/" + name); }

// Food expenditure of Belgian households in hundreds of francs, on the log of their income.
struct Engel {
  Table table = shipped("engel.csv");
  Tensor x = features(table, {"log_income"});
  Tensor y = [this] {
    Tensor hundreds = table.column("food_expenditure").clone();
    for (double& value : hundreds.mutable_values<double>()) value /= 100;
    return hundreds;
  }();
};

const std::vector<std::string> measurements{"bill_length_mm", "bill_depth_mm", "flipper_length_mm"};

TEST(GeneralizedLinearModels, GaussianIsGlm) {
  const Table table = shipped("penguins.csv");
  const Tensor x = features(table, measurements);
  Tensor y = table.column("body_mass_g").clone();
  for (double& value : y.mutable_values<double>()) value /= 1000;
  expect_fit("gaussian", {4, 0, 0, 0, 0}, [&](Graph& graph, Node theta) {
    return Gaussian{.loc = predictor(graph.constant(x), theta), .log_scale = part(theta, 4, 5)}.log_prob(graph.constant(y));
  }, 333);
}

TEST(GeneralizedLinearModels, BernoulliIsGlm) {
  const Table table = shipped("penguins.csv");
  const Tensor x = features(table, {"bill_length_mm", "bill_depth_mm", "flipper_length_mm", "body_mass_g"});
  expect_fit("binomial", Vector(5, 0.0), [&](Graph& graph, Node theta) {
    return Bernoulli{.logits = predictor(graph.constant(x), theta)}.log_prob(graph.constant(table.column("sex")));
  }, 333);
}

TEST(GeneralizedLinearModels, GammaIsGlm) {
  const Engel engel;
  expect_fit("gamma", {1.5, 0, 1}, [&](Graph& graph, Node theta) {
    return Gamma{.log_mean = predictor(graph.constant(engel.x), theta), .log_shape = part(theta, 2, 3)}.log_prob(graph.constant(engel.y));
  }, 235);
}

TEST(GeneralizedLinearModels, InverseGaussianIsGlm) {
  const Engel engel;
  expect_fit("inverse_gaussian", {1.5, 0, 1}, [&](Graph& graph, Node theta) {
    return InverseGaussian{.log_mean = predictor(graph.constant(engel.x), theta), .log_concentration = part(theta, 2, 3)}.log_prob(
        graph.constant(engel.y));
  }, 235);
}

const std::vector<std::string> insurance{"log_coinsurance",     "deductible_plan",  "log_participation_payment", "log_maximum_expenditure",
                                         "physical_limitation", "chronic_diseases", "health_good",               "health_fair",
                                         "health_poor"};

TEST(GeneralizedLinearModels, PoissonIsGlm) {
  const Table table = shipped("doctor_visits.csv");
  const Tensor x = features(table, insurance);
  expect_fit("poisson", Vector(10, 0.0), [&](Graph& graph, Node theta) {
    return Poisson{.log_rate = predictor(graph.constant(x), theta)}.log_prob(graph.constant(table.column("visits")));
  }, 2019);
}

TEST(GeneralizedLinearModels, NegativeBinomialIsGlmNb) {
  const Table table = shipped("doctor_visits.csv");
  const Tensor x = features(table, insurance);
  expect_fit("negative_binomial", Vector(11, 0.0), [&](Graph& graph, Node theta) {
    return NegativeBinomial{.log_mean = predictor(graph.constant(x), theta), .log_size = part(theta, 10, 11)}.log_prob(
        graph.constant(table.column("visits")));
  }, 2019);
}

// Slopes, then cut points: the first, and the logarithms of the steps from one to the next.
TEST(GeneralizedLinearModels, OrdinalIsPolr) {
  const Table table = shipped("party.csv");
  const Tensor x = features(table, {"age", "education", "income", "log_population", "television_news"});
  const Tensor y = table.column("party").cast(DType::int32);
  expect_fit("ordinal", {0, 0, 0, 0, 0, -1, -1, -1, -1, -1, -1}, [&](Graph& graph, Node theta) {
    const Node eta = reshape(matmul(graph.constant(x), reshape(part(theta, 0, 5), {5, 1})), {944});
    return Ordinal{.eta = eta, .cut_points = cumsum(concat({part(theta, 5, 6), exp(part(theta, 6, 11))}, 0), 0)}.log_prob(graph.constant(y));
  }, 944, [](Vector theta) {
    for (std::size_t k = 6; k < theta.size(); ++k) theta[k] = theta[k - 1] + std::exp(theta[k]);
    return theta;
  });
}

// What a household spends above 700 francs is known only to be above.
TEST(GeneralizedLinearModels, CensoredWeibullIsSurvreg) {
  const Engel engel;
  expect_fit("weibull", {1.5, 0, 0}, [&](Graph& graph, Node theta) {
    const Weibull d{.log_scale = predictor(graph.constant(engel.x), theta), .log_shape = part(theta, 2, 3)};
    const Node y = graph.constant(engel.y);
    return where(less_equal(y, 7.0), d.log_prob(y), d.log_survival(graph.constant(7.0, DType::float64)));
  }, 235);
}

}  // namespace
}  // namespace loglik
