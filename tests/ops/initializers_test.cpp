#include "ops/initializers.h"

#include <gtest/gtest.h>

#include <cmath>

#include "framework/error.h"
#include "framework/graph.h"
#include "framework/interpret.h"

namespace loglik {
namespace {

Tensor fill(const Initializer& initializer, Extents extents, DType dtype = DType::float64, const char* name = "weight") {
  Tensor values(dtype, std::move(extents));
  initializer.fill(values, {7, 0, hash_name(name)});
  return values;
}

struct Moments {
  double mean = 0, variance = 0, fourth = 0, least = 0, most = 0;
};
Moments moments(const Tensor& values) {
  Moments m;
  const auto n = static_cast<double>(values.count());
  m.least = m.most = values.at(0);
  for (std::int64_t i = 0; i < values.count(); ++i) {
    const double v = values.at(i);
    m.mean += v / n;
    m.variance += v * v / n;
    m.fourth += v * v * v * v / n;
    m.least = std::min(m.least, v);
    m.most = std::max(m.most, v);
  }
  m.variance -= m.mean * m.mean;
  return m;
}

// Mean and variance of `count` draws within 6 standard errors of the true ones: √(variance/n), and √((fourth − variance²)/n) with the
// fourth central moment. A false alarm has probability 2e-9 a check (normal approximation); a wrong factor of 2 % is always found.
void expect_moments(const Tensor& values, double mean, double stddev, double kurtosis) {
  const auto n = static_cast<double>(values.count());
  const Moments m = moments(values);
  const double variance = stddev * stddev;
  EXPECT_NEAR(m.mean, mean, 6 * stddev / std::sqrt(n));
  EXPECT_NEAR(m.variance, variance, 6 * variance * std::sqrt((kurtosis - 1) / n));
}

constexpr double uniform_kurtosis = 1.8;
constexpr double normal_kurtosis = 3;
// Of the standard normal within ±2: variance 1 − 4φ(2)/(2Φ(2) − 1) = 0.773741, fourth moment 3·variance − 16φ(2)/(2Φ(2) − 1) = 1.416189.
constexpr double truncated_stddev = 0.87962566103423978;
constexpr double truncated_kurtosis = 2.3656;

TEST(Initializers, HaveTheirMoments) {
  for (const DType dtype : {DType::float64, DType::float32}) {
    const Extents extents{400, 500};
    expect_moments(fill(uniform_initializer(-1, 3), extents, dtype), 1, 4 / std::sqrt(12), uniform_kurtosis);
    expect_moments(fill(normal_initializer(-2, 0.5), extents, dtype), -2, 0.5, normal_kurtosis);
    expect_moments(fill(truncated_normal_initializer(1, 3), extents, dtype), 1, 3 * truncated_stddev, truncated_kurtosis);
    expect_moments(fill(glorot_uniform(), extents, dtype), 0, std::sqrt(2.0 / 900), uniform_kurtosis);
    expect_moments(fill(glorot_normal(), extents, dtype), 0, std::sqrt(2.0 / 900), normal_kurtosis);
    expect_moments(fill(he_uniform(), extents, dtype), 0, std::sqrt(2.0 / 400), uniform_kurtosis);
    expect_moments(fill(he_normal(), extents, dtype), 0, std::sqrt(2.0 / 400), normal_kurtosis);
    // 64 filters of 32 channels, 5 × 5: 800 inputs, 1,600 outputs
    expect_moments(fill(he_normal(), {64, 32, 5, 5}, dtype), 0, std::sqrt(2.0 / 800), normal_kurtosis);
    expect_moments(fill(glorot_uniform(), {64, 32, 5, 5}, dtype), 0, std::sqrt(2.0 / 2400), uniform_kurtosis);
  }
}

TEST(Initializers, KeepTheirBounds) {
  for (const DType dtype : {DType::float64, DType::float32}) {
    const Moments uniform = moments(fill(uniform_initializer(-1, 3), {100, 1000}, dtype));
    EXPECT_GE(uniform.least, -1);
    EXPECT_LE(uniform.most, 3);
    EXPECT_LT(uniform.least, -0.999);  // misses the last 1/4000 with probability (1 − 1/4000)^100000 = 1e-11
    EXPECT_GT(uniform.most, 2.999);
    const Moments truncated = moments(fill(truncated_normal_initializer(1, 0.5), {100, 1000}, dtype));
    EXPECT_GE(truncated.least, 0);
    EXPECT_LE(truncated.most, 2);
    EXPECT_LT(truncated.least, 0.01);  // density at the bound 0.0566 a stddev: misses with probability (1 − 0.0011)^100000 = 1e-49
    EXPECT_GT(truncated.most, 1.99);
    const double limit = std::sqrt(6.0 / 1100);
    EXPECT_LE(moments(fill(glorot_uniform(), {100, 1000}, dtype)).most, limit * 1.0000001);
  }
}

TEST(Initializers, KnowFans) {  // by hand
  const auto expect = [](Extents extents, std::int64_t in, std::int64_t out) {
    const Fans f = fans(extents);
    EXPECT_EQ(f.in, in);
    EXPECT_EQ(f.out, out);
  };
  expect({784, 128}, 784, 128);
  expect({6, 1, 5, 5}, 25, 150);
  expect({16, 6, 5, 3}, 90, 240);
  expect({32, 1, 3, 3}, 9, 288);  // depthwise
  expect({8, 4, 3}, 12, 24);
  EXPECT_THROW(fans({10}), ShapeError);
  EXPECT_THROW(fans({}), ShapeError);
}

// An element depends on the key and its own number only: longer parameters begin with the same values.
TEST(Initializers, ArePureFunctionsOfKeyAndElement) {
  for (const Initializer& initializer : {uniform_initializer(0, 1), normal_initializer(), truncated_normal_initializer()}) {
    const Tensor small = fill(initializer, {1500}), large = fill(initializer, {5000});
    EXPECT_TRUE(small.same_bits(large.rows(0, 1500))) << initializer.description;
    EXPECT_TRUE(small.same_bits(fill(initializer, {1500}))) << initializer.description;
    EXPECT_FALSE(small.same_bits(fill(initializer, {1500}, DType::float64, "other"))) << initializer.description;
  }
  const auto values = [](bool reversed) {
    Graph graph;
    std::vector<Node> nodes(2);
    for (const int i : reversed ? std::vector{1, 0} : std::vector{0, 1})
      nodes[static_cast<std::size_t>(i)] = graph.parameter(i == 0 ? "a" : "b", {20, 30}, he_normal());
    return interpret(nodes);
  };
  const std::vector<Tensor> forth = values(false), back = values(true);
  EXPECT_TRUE(forth[0].same_bits(back[0]));
  EXPECT_TRUE(forth[1].same_bits(back[1]));
  EXPECT_FALSE(forth[0].same_bits(forth[1]));
}

TEST(Initializers, Orthogonal) {
  for (const Extents& extents :
       {Extents{5, 5}, Extents{100, 70}, Extents{40, 130}, Extents{1, 6}, Extents{6, 1}, Extents{16, 3, 5, 2}, Extents{64, 2, 3, 3}})
    for (const DType dtype : {DType::float64, DType::float32}) {
      const double gain = 1.5;
      const Tensor q = fill(orthogonal_initializer(gain), extents, dtype);
      const std::int64_t rows = extents[0], columns = q.count() / rows;
      const bool by_rows = rows <= columns;
      const std::int64_t count = std::min(rows, columns), length = std::max(rows, columns);
      const auto element = [&](std::int64_t vector, std::int64_t i) {
        return q.at(by_rows ? vector * columns + i : i * columns + vector) / gain;
      };
      for (std::int64_t a = 0; a < count; ++a)
        for (std::int64_t b = 0; b <= a; ++b) {
          double product = 0;
          for (std::int64_t i = 0; i < length; ++i) product += element(a, i) * element(b, i);
          ASSERT_NEAR(product, a == b ? 1 : 0, dtype == DType::float32 ? 1e-6 : 1e-12) << "vectors " << a << ", " << b;
        }
    }
}

// Haar measure is symmetric: entries of Q {n, n} have mean 0 and variance 1/n, also on the diagonal, which a QR without fixed signs would
// make negative (LAPACK's Householder) or positive. 400 matrices {3, 3}: standard error of a mean √(1/3/400) = 0.029, 6 of them 0.173; a
// false alarm has probability 2e-9 an entry.
TEST(Initializers, OrthogonalIsHaar) {
  std::vector<double> mean(9), square(9);
  for (int i = 0; i < 400; ++i) {
    const Tensor q = fill(orthogonal_initializer(), {3, 3}, DType::float64, std::to_string(i).c_str());
    for (std::int64_t k = 0; k < 9; ++k) {
      mean[static_cast<std::size_t>(k)] += q.at(k) / 400;
      square[static_cast<std::size_t>(k)] += q.at(k) * q.at(k) / 400;
    }
  }
  for (std::size_t k = 0; k < 9; ++k) {
    EXPECT_NEAR(mean[k], 0, 0.173) << k;
    EXPECT_NEAR(square[k], 1.0 / 3, 0.09) << k;  // q² has variance 4/45 (q uniform on [−1, 1]): standard error 0.0149
  }
}

TEST(Initializers, TakeEmptyParameters) {
  for (const Initializer& initializer : {normal_initializer(), glorot_uniform(), he_normal(), orthogonal_initializer()})
    EXPECT_EQ(fill(initializer, {0, 4}).count(), 0);
}

TEST(Initializers, DescribeThemselves) {
  EXPECT_EQ(uniform_initializer(-0.5, 2).description, "uniform(-0.5, 2)");
  EXPECT_EQ(truncated_normal_initializer(0, 0.02).description, "truncated_normal(0, 0.02)");
  EXPECT_EQ(he_normal().description, "he_normal");
  EXPECT_EQ(orthogonal_initializer().description, "orthogonal(1)");
}

TEST(Initializers, RefuseWhatMakesNoSense) {
  EXPECT_THROW(uniform_initializer(1, 0), ArgumentError);
  EXPECT_THROW(uniform_initializer(0, NAN), ArgumentError);
  EXPECT_THROW(normal_initializer(0, -1), ArgumentError);
  EXPECT_THROW(truncated_normal_initializer(0, INFINITY), ArgumentError);
  EXPECT_THROW(orthogonal_initializer(NAN), ArgumentError);
  EXPECT_THROW(fill(he_normal(), {10}), ShapeError);
  EXPECT_THROW(fill(orthogonal_initializer(), {10}), ShapeError);
}

}  // namespace
}  // namespace loglik
