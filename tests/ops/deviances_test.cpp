#include "ops/deviances.h"

#include <limits>

#include "framework/error.h"
#include "framework/registry.h"
#include "ops/builtin.h"
#include "tests/ops/cases.h"
#include "tests/ops/derivatives.h"

namespace loglik {
namespace {
constexpr double inf = std::numeric_limits<double>::infinity();
constexpr double nan = std::numeric_limits<double>::quiet_NaN();

const conformance::OpOptions three{.shapes = {{{3, 5}, {3, 5}, {3, 5}}, {{3, 1}, {1, 4}, {4}}, {{0, 4}, {4}, {1}}},
                                   .domain = {-1, 1.5},
                                   .inputs = {{.domain = conformance::Domain{0.3, 4}}},
                                   .large = {{{40, 41}, {41}, {1}}},
                                   .orders = 3};
const conformance::OpOptions two{.shapes = {{{3, 5}, {3, 5}}, {{3, 1}, {1, 4}}, {{0, 4}, {4}}},
                                 .domain = {-1, 1.5},
                                 .inputs = {{.domain = conformance::Domain{0.3, 4}}},
                                 .large = {{{40, 41}, {41}}},
                                 .orders = 3};

const ConformanceCases conforming{
    {"gamma_deviance", gamma_deviance, three},
    {"poisson_deviance", poisson_deviance, two},
    {"inverse_gaussian_deviance", inverse_gaussian_deviance, three},
};
const References by_digits{"Deviances.AreRight", {"gamma_deviance", "poisson_deviance", "inverse_gaussian_deviance"}};

using Function = Node (*)(Operand, Operand, Operand);
Tensor value(Function function, const std::vector<Tensor>& x) {
  return value_of([=](const std::vector<Node>& v) { return function(v[0], v[1], v[2]); }, x);
}
Tensor derivative(Function function, const std::vector<Tensor>& x, std::size_t input) {
  Graph graph;
  std::vector<Node> at;
  for (const Tensor& tensor : x) at.push_back(graph.constant(tensor));
  return interpret(gradient(reduce_sum(function(at[0], at[1], at[2])), at[input]));
}

TEST(Deviances, Conform) { conforming.check(); }

TEST(Deviances, AreRight) {  // from 60 digits (mpmath). At u − 1 = 0.0026 an error of 2⁻⁶²/0.0026 is half an ulp more
  const std::vector<Tensor> at{row({1, 2.5, 1e-30, 1e30, 3.0078125, 7, 0.5}), row({0, 1.25, -2, 3, 1.0986122886681098, -4, 800}),
                               row({0, -0.5, 1, -3.5, 14, 30, -2})};
  expect_close(
      value(gamma_deviance, at),
      {0, 0.030309101462068195, 179.61741101761472, 1.5034391929775725e+27, 4.070775346098872, 4010004905438751.8, 108.22669857605928}, 2);
  expect_close(
      derivative(gamma_deviance, at, 1),
      {0, 0.17209580108652061, 2.7182818284590452, -1.5034391929775725e+27, -3131.7819900123301, -4073545723110659.7, 0.13533528323661269},
      2);
  expect_close(value(inverse_gaussian_deviance, at),
               {0, 0.0097660239519114868, 1.3591409142295225e+30, 3.7425914943850296e+25, 1.3557497792260696, 1.1091306272698366e+17,
                0.13533528323661269},
               2);
  expect_close(derivative(inverse_gaussian_deviance, at, 1),
               {0, 0.049306272530785269, 20.085536923187668, -7.4851829887700593e+25, -1043.92733000411, -2.2240806055726884e+17, 0}, 8);  // of a rounded s − m
  const Tensor by_y = derivative(inverse_gaussian_deviance, at, 0);  // of a rounded log y − m, which is 0.0026 in one place
  const std::vector<double> expected{0,
                                     -0.023628918593078702,
                                     -1.3591409142295224e+60,
                                     3.7425914943850296e-5,
                                     346.62120069814321,
                                     15927856832897883.0,
                                     -0.27067056647322538};
  for (std::size_t i = 0; i < expected.size(); ++i)
    EXPECT_NEAR(by_y.at(static_cast<std::int64_t>(i)), expected[i], 4e-14 * std::abs(expected[i])) << i;
  expect_close(
      value_of(binary(poisson_deviance), {row({0, 3, 3, 1e6, 1e6, 40, 0.001, 17}), row({0.5, 1.125, -50, 13.8125, 13.75, 700, 2, 3})}),
      {1.6487212707001281, 0.0010537149223603192, 150.29583686600433, 4.5271853705882065, 2099.7161968285601, 1.0142320547350045e+304,
       7.3791483436516681, 0.25016377214334111},
      2);
}

// Where y is the mean but for the rounding of its logarithm, what is left is far below what an ulp of y changes.
TEST(Deviances, VanishAtTheMean) {
  const Tensor y = row({3, 1e6, 1e-20}), log_y = row({std::log(3.0), std::log(1e6), std::log(1e-20)}), s = row({14, 14, 14});
  const Tensor gamma = value(gamma_deviance, {y, log_y, s});
  for (const double v : gamma.values<double>()) EXPECT_NEAR(v, 0, 1.2e6 * 1e-29);
  const Tensor poisson = value_of(binary(poisson_deviance), {y, log_y});
  for (std::int64_t i = 0; i < 3; ++i) EXPECT_NEAR(poisson.at(i), 0, 1e-29 * y.at(i));
}

TEST(Deviances, HaveTheLimits) {
  const std::vector<Tensor> at{row({0, -1, nan, 1, 1e300}), row({0, 0, 0, 1e4, -1e4}), row({0, 0, 0, -1e300, -1e5})};
  expect_close(value(gamma_deviance, at), {inf, nan, nan, 0, 0}, 0);
  expect_close(value(inverse_gaussian_deviance, at), {inf, nan, nan, 0, 0}, 0);
  expect_close(value_of(binary(poisson_deviance), {row({0, 0, -1, 5, 5}), row({-1e5, 1e5, 0, 1e5, -1e5})}),
               {0, inf, nan, inf, 5 * (std::log(5.0) + 1e5) - 5}, 1);
}

TEST(Deviances, NoGradientIsNan) {
  std::vector<double> y, m, s;
  for (const double a : {1e-300, 1e-30, 1.0, 1e30, 1e300})
    for (const double b : {-1e300, -800.0, -1.0, 0.0, 1.0, 800.0, 1e300})
      for (const double c : {-1e300, -800.0, 0.0, 800.0, 1e300}) {
        y.push_back(a);
        m.push_back(b);
        s.push_back(c);
      }
  for (const Function function : {Function(gamma_deviance), Function(inverse_gaussian_deviance)})
    for (const std::size_t input : {0, 1, 2}) {
      const Tensor g = derivative(function, {row(y), row(m), row(s)}, input);
      for (std::size_t i = 0; i < y.size(); ++i)
        EXPECT_FALSE(std::isnan(g.at(static_cast<std::int64_t>(i)))) << "by " << input << " at " << y[i] << ", " << m[i] << ", " << s[i];
    }
}

TEST(Deviances, RefuseAnOrderOutOfRange) {
  register_builtin_ops();
  const TensorType x{DType::float32, {}};
  EXPECT_THROW(make_op("gamma_deviance", {{"order", std::int64_t{2}}})->infer(std::vector<TensorType>{x, x, x}), ArgumentError);
}

}  // namespace
}  // namespace loglik
