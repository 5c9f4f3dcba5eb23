#include "ops/binomial_functions.h"

#include <limits>

#include "framework/autodiff.h"
#include "framework/error.h"
#include "ops/incomplete_beta.h"
#include "tests/ops/cases.h"
#include "tests/ops/derivatives.h"
#include "tests/ops/expect_error.h"

namespace loglik {
namespace {
constexpr double inf = std::numeric_limits<double>::infinity();
constexpr double nan = std::numeric_limits<double>::quiet_NaN();

const Build of_ten = [](const std::vector<Node>& v) { return binomial_log_prob(v[0], v[1], 10); };
const Build negative = [](const std::vector<Node>& v) { return negative_binomial_log_prob(v[0], v[1], v[2]); };
const Build quantile_of_ten = [](const std::vector<Node>& v) { return binomial_quantile(v[0], v[1], v[2], 10); };
const Build negative_quantile = [](const std::vector<Node>& v) { return negative_binomial_quantile(v[0], v[1], v[2], v[3]); };
Build derivative(Build of, std::size_t by) {
  return [=](const std::vector<Node>& v) { return gradient(reduce_sum(of(v)), v[by]); };
}

conformance::OpOptions options(std::size_t inputs, conformance::Domain first, conformance::Domain others) {
  std::vector<Extents> same(inputs, {3, 5}), broadcast(inputs, {1, 4}), large(inputs, {41});
  broadcast[0] = {3, 1};
  large[0] = {40, 41};
  const auto shapes = [&](const std::vector<Extents>& s) {
    return inputs == 2   ? conformance::InputShapes{{s[0], s[1]}}
           : inputs == 3 ? conformance::InputShapes{{s[0], s[1], s[2]}}
                         : conformance::InputShapes{{s[0], s[1], s[2], s[3]}};
  };
  return {.shapes = {shapes(same), shapes(broadcast)}, .domain = others, .inputs = {{.domain = first}}, .large = shapes(large)};
}

const ConformanceCases conforming{
    {"binomial_log_prob", of_ten, options(2, {0.5, 9.5}, {-2, 2})},
    {"negative_binomial_log_prob", negative, options(3, {0.5, 9.5}, {-1.5, 1.5})},
    {"negative_binomial_by_log_size", derivative(negative, 2), options(3, {0.5, 9.5}, {-1.5, 1.5})},
    {"negative_binomial_by_y", derivative(negative, 0), options(3, {0.5, 9.5}, {-1.5, 1.5})},
    {"binomial_quantile", quantile_of_ten, options(3, {0.05, 0.95}, {0.4, 4})},
    {"negative_binomial_quantile", negative_quantile, options(4, {0.05, 0.95}, {0.4, 4})},
};
const References references{"BinomialFunctions.AreRight",
                            {"binomial_log_prob", "negative_binomial_log_prob", "negative_binomial_by_log_size", "negative_binomial_by_y"}};
const References quantiles{"BinomialFunctions.QuantilesAreTheSmallestThatReach", {"binomial_quantile", "negative_binomial_quantile"}};
constexpr double ulps = 8;

TEST(BinomialFunctions, Conform) { conforming.check(); }

TEST(BinomialFunctions, AreRight) {  // from the textbook formulas at 60 digits, the negative binomial's at 150 (mpmath)
  expect_close(value_of(of_ten, {row({0, 3, 10, 10, 0, 7.5}), row({-1, 0.5, 2, -200, 1e4, 0})}),
               {-3.1326168751822283, -3.4532780990190208, -1.269280110429725, -2000.0, -1.0e+5, -2.5773000921720097}, ulps);
  const Build of_million = [](const std::vector<Node>& v) { return binomial_log_prob(v[0], v[1], 1000000); };
  expect_close(value_of(of_million, {row({500000, 250000, 3, 999999}), row({0, -1.0986122886681098, -12, 20})}),
               {-7.1335468816268645, -6.9897059565120851, -2.4894242730705381, -6.1865505956560403}, ulps);
  const Tensor y = row({0, 5, 7, 100000, 2, 12, 0, 1e6, 3}), m = row({1, 3, 2, 11, -20, 3, -50, 14, 2}),
               c = row({0.5, 18, -3, 5, 40, 104, -50, 30, -104});
  expect_close(value_of(negative, {y, m, c}),
               {-1.6059814431171741, -9.8730269710757382, -5.1220099772144801, -33.220979406388488, -40.693147182621099,
                -4.0727514188495539, -1.3369075191216128e-22, -18122.666902411651, -105.09861228866811},
               ulps);
  // Sums of y·t and −rμ/(r + μ), and for large r of numbers of the size of μ that leave one of μ²/r.
  const auto expect_gradient = [&](std::size_t by, const std::vector<double>& expected, double epsilon) {
    const Tensor actual = value_of(derivative(negative, by), {y, m, c});
    for (std::int64_t i = 0; i < y.count(); ++i) {
      const double value = expected[static_cast<std::size_t>(i)];
      EXPECT_NEAR(actual.at(i), value, 2e-15 * std::abs(value) + epsilon * (y.at(i) + std::exp(m.at(i)))) << by << ", " << i;
    }
  };
  expect_gradient(1,
                  {-1.0262619394982736, -15.085532308488329, -2.6038944713266626e-3, 99.216126374847182, 1.9999999979388464,
                   -8.0855369231876677, -9.6437492398195889e-23, -2.0260426136467083e+5, -4.047212894667536e-46},
                  1e-14);
  expect_gradient(2,
                  {-5.7971950361890053e-1, -1.6948935795057596e-6, 8.7175630256436009e-1, -22.738740092373383, -4.2483542377785675e-18,
                   -1.8183988876847357e-44, -3.7253259513965389e-23, -1.920534547146502e-3, 1.0},
                  1e-17);
}

TEST(BinomialFunctions, GradientsByYAreRight) {  // from the digammas at 200 digits; log y! and the logarithms leave an ulp of them
  const Tensor y = row({0, 5, 7, 1e5, 2, 12, 0, 5, 3}), m = row({1, 3, 2, 11, -20, 3, -50, 100, 2}),
               c = row({0.5, 18, -3, 5, 40, 104, -50, 120, -104});
  expect_close(value_of(derivative(negative, 0), {y, m, c}),
               {0.27019579764966008, 1.2938820942008323, -0.14195694296340923, -0.0010026463718477173, -20.922784335098467,
                0.47400498669085465, -5.1847055285870725e+21, 98.293882329507046, -0.33333333333333333},
               8);
  // Where r and μ are out of all range log(rμ/(r + μ)) − ψ(y + 1) is left.
  expect_close(value_of(derivative(negative, 0), {row({0, 0, 0}), row({1e4, 2e4, 1e300}), row({1e6, 1.5e4, 1e300})}),
               {1e4 + 0.57721566490153286, 1.5e4 + 0.57721566490153286, 1e300}, 2);
}

TEST(BinomialFunctions, NegativeBinomialOfALargeSizeIsPoisson) {  // float32 by lgamma has −33 there: a minimum that is none
  const auto single = [](double value) { return row({value}).cast(DType::float32); };
  EXPECT_NEAR(value_of(negative, {single(5), single(3), single(18)}).at(0), -9.8730269710757382, 1e-6);
  expect_close(value_of(negative, {row({5, 5}), row({3, 3}), row({60, 1e30})}), {-9.8730286659697137, -9.8730286659697137}, 2);
}

TEST(BinomialFunctions, NoGradientIsNan) {
  for (const DType dtype : {DType::float64, DType::float32}) {
    std::vector<double> raws;
    for (const double magnitude : {0.0, 1e-30, 1e-8, 1.0, 20.0, 88.0, 104.0, 710.0, 1e4, 1e10, 1.6e38})
      for (const double sign : {1.0, -1.0}) raws.push_back(sign * magnitude);
    const auto n = static_cast<std::int64_t>(raws.size());
    const Tensor ys = row({0, 1, 2, 7, 10}).cast(dtype).reshape({5, 1, 1});
    Graph graph;
    const Node first = broadcast_to(graph.constant(row(raws).cast(dtype).reshape({1, n, 1})), {5, n, n}),
               second = broadcast_to(graph.constant(row(raws).cast(dtype).reshape({1, 1, n})), {5, n, n});
    const Node y = graph.constant(ys);
    for (const Node& value : {negative_binomial_log_prob(y, first, second), binomial_log_prob(y, first, 10) + 0.0 * second}) {
      std::vector<Node> results = gradients(reduce_sum(where(equal(value, value), value, 0.0)), std::vector<Node>{first, second, y});
      results.push_back(value);
      for (const Node& result : results) {
        const Tensor values = interpret(result);
        for (std::int64_t i = 0; i < values.count(); ++i)
          ASSERT_FALSE(std::isnan(values.at(i)))
              << "y " << i / (n * n) << ", " << raws[std::size_t(i / n % n)] << ", " << raws[std::size_t(i % n)];
      }
    }
  }
}

// F(k − 1) < p ≤ F(k), and p = F(k) itself gives k, in the dtype of both.
TEST(BinomialFunctions, QuantilesAreTheSmallestThatReach) {
  for (const DType dtype : {DType::float64, DType::float32}) {
    Graph graph;
    std::vector<double> ks;
    for (int k = 0; k < 10; ++k) ks.push_back(k);
    const Node k = graph.constant(row(ks).cast(dtype)), x = graph.constant(row({2}).cast(dtype)),
               y = graph.constant(row({1.5}).cast(dtype));
    const Node size = graph.constant(row({2.5}).cast(dtype));
    const Node cdf = incomplete_beta(10.0 - k, k + 1.0, x, y), negative_cdf = incomplete_beta(size, k + 1.0, x, y);
    const double step = dtype == DType::float64 ? 1e-14 : 1e-6;
    std::vector<double> above = ks;
    for (double& value : above) ++value;
    expect_close(interpret(binomial_quantile(cdf, x, y, 10)), ks, 0);
    expect_close(interpret(negative_binomial_quantile(negative_cdf, size, x, y)), ks, 0);
    expect_close(interpret(binomial_quantile(cdf * (1 - step), x, y, 10)), ks, 0);
    expect_close(interpret(negative_binomial_quantile(negative_cdf * (1 - step), size, x, y)), ks, 0);
    expect_close(interpret(negative_binomial_quantile(negative_cdf * (1 + step), size, x, y)), above, 0);
  }
  expect_close(value_of(quantile_of_ten, {row({0, 1, 0.5, 0.5, -1, nan}), row({1, 1, 0, 1, 1, 1}), row({1, 1, 1, 0, 1, 1})}),
               {0, 10, 10, 0, nan, nan}, 0);
  expect_close(value_of(negative_quantile, {row({0, 1, 0.5, 0.5, nan}), row({1, 1, 0, 1, 1}), row({1, 1, 1, 1, 1}), row({1, 1, 1, 0, 1})}),
               {0, inf, 0, 0, nan}, 0);
  // Far off the guess: P(Y ≤ k) = 1 − 2^−(k+1) at r = 1, x = y.
  expect_close(value_of(negative_quantile, {row({1 - 0x1p-40}), row({1}), row({1}), row({1})}), {39}, 0);
}

// Medians of which long double has not every integer, far below the mean μ, where the search begins; from 40 digits: μ/r times the gamma
// distribution's of shape r. There its halves have to end where there is no number between.
TEST(BinomialFunctions, QuantilesBeyondEveryIntegerAreFound) {
  for (const auto& [log_mean, log_size, expected] :
       {std::tuple{60.0, -3.0, 1.20472555292311e+21}, {300.0, 0.0, 1.3463873793066945e+130}, {700.0, -4.5, 4.1292484721788256e+278}}) {
    Graph graph;
    const auto number = [&](double value) { return graph.constant(value, DType::float64); };
    const Node median = negative_binomial_quantile(number(0.5), number(std::exp(log_size)), number(std::exp(log_size - log_mean)), number(1));
    EXPECT_NEAR(interpret(median).item() / expected, 1, 1e-11) << log_mean;  // e^log_mean is good to 700 ulp
  }
}

TEST(BinomialFunctions, RefuseTrialsOutOfRange) {
  Graph graph;
  const Node x = graph.input("x", {3});
  expect_error<ArgumentError>([&] { binomial_log_prob(x, x, 0); }, "binomial_log_prob", "binomial_functions_test.cpp",
                              "trials is 0, must be at least 1");
  expect_error<ArgumentError>([&] { binomial_quantile(x, x, x, -1); }, "binomial_quantile", "binomial_functions_test.cpp",
                              "trials is -1, must be at least 1");
}

}  // namespace
}  // namespace loglik
