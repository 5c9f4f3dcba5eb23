// The convex rooms of the zoo find the maximum-likelihood estimate: trained in float64 on all 333 penguins until the gradient's norm is
// below 1e-9, they agree to 1e-6 in each coefficient with normal equations and Newton's method, written here without the library, and in
// their fit with figures that NumPy gave (models/data/README.md).
//
// Why 1e-6 follows: at the end Newton's step H⁻¹g bounds the error, and with standardised features the smallest eigenvalue of the mean
// Hessian is above 0.003 for each of the three, so |error| < 1e-9/0.003.
#include <gtest/gtest.h>

#include <cmath>
#include <utility>
#include <vector>

#include "framework/model.h"
#include "framework/optimizers/sgd.h"
#include "models/datasets.h"
#include "models/linear_models.h"
#include "models/load_data.h"

namespace loglik {
namespace {

using Vector = std::vector<double>;

// x with A·x = b, by elimination with row exchanges.
Vector solve(std::vector<Vector> a, Vector b) {
  const std::size_t n = b.size();
  for (std::size_t k = 0; k < n; ++k) {
    std::size_t pivot = k;
    for (std::size_t i = k + 1; i < n; ++i) {
      if (std::abs(a[i][k]) > std::abs(a[pivot][k])) pivot = i;
    }
    std::swap(a[k], a[pivot]);
    std::swap(b[k], b[pivot]);
    for (std::size_t i = k + 1; i < n; ++i) {
      const double factor = a[i][k] / a[k][k];
      for (std::size_t j = k; j < n; ++j) a[i][j] -= factor * a[k][j];
      b[i] -= factor * b[k];
    }
  }
  for (std::size_t k = n; k-- > 0;) {
    for (std::size_t j = k + 1; j < n; ++j) b[k] -= a[k][j] * b[j];
    b[k] /= a[k][k];
  }
  return b;
}

// Rows of features with a 1 appended, and targets.
struct Rows {
  std::vector<Vector> x;
  Vector y;
};

Rows rows_of(const Dataset& data) {
  const Tensor& x = data.column("x");
  const Tensor& y = data.column("y");
  Rows rows;
  for (std::int64_t i = 0; i < data.size(); ++i) {
    Vector row;
    for (std::int64_t j = 0; j < x.size(1); ++j) row.push_back(x.at(i * x.size(1) + j));
    row.push_back(1);
    rows.x.push_back(row);
    rows.y.push_back(y.at(i));
  }
  return rows;
}

double dot(const Vector& a, const Vector& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

Vector normal_equations(const Rows& rows) {
  const std::size_t n = rows.x[0].size();
  std::vector<Vector> gram(n, Vector(n, 0.0));
  Vector moment(n, 0.0);
  for (std::size_t r = 0; r < rows.x.size(); ++r) {
    for (std::size_t i = 0; i < n; ++i) {
      moment[i] += rows.x[r][i] * rows.y[r];
      for (std::size_t j = 0; j < n; ++j) gram[i][j] += rows.x[r][i] * rows.x[r][j];
    }
  }
  return solve(gram, moment);
}

// Newton's method for the multinomial logit with class 0 pinned: coefficients of class 1, then of class 2, …. With two classes it is
// iteratively reweighted least squares for logistic regression.
Vector newton(const Rows& rows, std::size_t classes) {
  const std::size_t n = rows.x[0].size(), size = n * (classes - 1);
  Vector beta(size, 0.0);
  for (int iteration = 0; iteration < 50; ++iteration) {
    std::vector<Vector> hessian(size, Vector(size, 0.0));
    Vector gradient(size, 0.0);
    for (std::size_t r = 0; r < rows.x.size(); ++r) {
      Vector p(classes, 1.0);
      double total = 1;
      for (std::size_t k = 1; k < classes; ++k)
        total += p[k] = std::exp(dot(rows.x[r], Vector(beta.begin() + (k - 1) * n, beta.begin() + k * n)));
      for (double& value : p) value /= total;
      for (std::size_t k = 1; k < classes; ++k) {
        for (std::size_t i = 0; i < n; ++i) {
          gradient[(k - 1) * n + i] += ((rows.y[r] == static_cast<double>(k)) - p[k]) * rows.x[r][i];
          for (std::size_t l = 1; l < classes; ++l) {
            for (std::size_t j = 0; j < n; ++j)
              hessian[(k - 1) * n + i][(l - 1) * n + j] += p[k] * ((k == l) - p[l]) * rows.x[r][i] * rows.x[r][j];
          }
        }
      }
    }
    const Vector step = solve(hessian, gradient);
    for (std::size_t i = 0; i < size; ++i) beta[i] += step[i];
    if (std::sqrt(dot(step, step)) < 1e-13) break;
  }
  return beta;
}

// Full-batch gradient descent with momentum, until the gradient's norm is below 1e-9. Returns the loss in nats a sample.
double descend(Model& model, const Dataset& data) {
  Session session = model.session();
  for (int step = 0; step < 200'000; ++step) {
    const StepResult result = session.step(data.columns());
    if (result.gradient_norm < 1e-9) return result.loss;
  }
  ADD_FAILURE() << "the gradient's norm did not come below 1e-9";
  return 0;
}

DataInfo info_of(const std::string& name) { return load_data(name, DType::float64).info; }

// "output/weight" {features, outputs} and "output/bias" {outputs} as `newton` orders coefficients.
Vector coefficients(const Model& model) {
  const Tensor weight = model.parameters()["output/weight"], bias = model.parameters()["output/bias"];
  EXPECT_EQ(weight.dtype(), DType::float64);
  Vector result;
  for (std::int64_t k = 0; k < weight.size(1); ++k) {
    for (std::int64_t j = 0; j < weight.size(0); ++j) result.push_back(weight.at(j * weight.size(1) + k));
    result.push_back(bias.at(k));
  }
  return result;
}

void expect_near(const Vector& got, const Vector& expected) {
  ASSERT_EQ(got.size(), expected.size());
  for (std::size_t i = 0; i < got.size(); ++i) EXPECT_NEAR(got[i], expected[i], 1e-6) << "coefficient " << i;
}

const Sgd descent{.learning_rate = 0.5, .momentum = 0.9};

TEST(MaximumLikelihood, OfLinearRegression) {
  const Dataset data = penguins("body_mass", "all", DType::float64);
  Graph graph;
  linear_model(graph, info_of("penguins_body_mass"));
  Model model = compile(graph, {.optimizer = Sgd{.learning_rate = 0.1, .momentum = 0.9}});
  const double loss = descend(model, data);
  expect_near(coefficients(model), normal_equations(rows_of(data)));
  // −log p = ½·error² + ½·log 2π: the root mean squared error, from kilograms to grams.
  EXPECT_NEAR(1000 * std::sqrt(2 * (loss - 0.91893853320467274)), 390.637085724585, 1e-6);
}

TEST(MaximumLikelihood, OfLogisticRegression) {
  const Dataset data = penguins("sex", "all", DType::float64);
  Graph graph;
  linear_model(graph, info_of("penguins_sex"), {.head = "bernoulli"});
  Model model = compile(graph, {.optimizer = descent});
  EXPECT_NEAR(descend(model, data), 0.238743882962158, 1e-12);
  expect_near(coefficients(model), newton(rows_of(data), 2));
}

TEST(MaximumLikelihood, OfSoftmaxRegression) {
  const Dataset data = penguins("island", "all", DType::float64);
  Graph graph;
  linear_model(graph, info_of("penguins_island"), {.head = "categorical", .pin_first = true});
  Model model = compile(graph, {.optimizer = descent});
  EXPECT_NEAR(descend(model, data), 0.583380143812078, 1e-12);
  expect_near(coefficients(model), newton(rows_of(data), 3));
}

}  // namespace
}  // namespace loglik
