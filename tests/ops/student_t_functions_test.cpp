#include "ops/student_t_functions.h"

#include <limits>

#include "framework/autodiff.h"
#include "framework/error.h"
#include "tests/ops/cases.h"
#include "tests/ops/derivatives.h"

namespace loglik {
namespace {
constexpr double inf = std::numeric_limits<double>::infinity();
constexpr double nan = std::numeric_limits<double>::quiet_NaN();

// ∂ sum/∂ operand number `which`.
Build derivative(Node (*f)(Operand, Operand), std::size_t which) {
  return [=](const std::vector<Node>& v) { return gradient(reduce_sum(f(v[0], v[1])), v[which]); };
}
Node density(Operand z, Operand degrees) { return student_t_log_density(z, 0.0, 0.0, degrees); }
// Of y, location, log scale and degrees.
Node log_density(std::span<const Node> x) { return student_t_log_density(x[0], x[1], x[2], x[3]); }
Node by_y(std::span<const Node> x) { return gradient(reduce_sum(log_density(x)), x[0]); }
Node by_degrees(std::span<const Node> x) { return gradient(reduce_sum(log_density(x)), x[3]); }
Node slope_of_six(Node z) { return gradient(reduce_sum(student_t_log_cdf(z, 6.0)), z); }

const conformance::InputOptions real{.domain = conformance::Domain{-3, 3}}, positive{.domain = conformance::Domain{0.5, 5}},
    level{.domain = conformance::Domain{0.05, 0.95}};
const conformance::InputOptions small{.domain = conformance::Domain{-1, 1}};
const conformance::OpOptions four{.shapes = {{{3, 5}, {3, 5}, {3, 5}, {3, 5}}, {{3, 1}, {1, 4}, {1}, {}}, {{0, 4}, {4}, {4}, {4}}},
                                  .inputs = {real, small, small, positive},
                                  .large = {{{100, 41}, {41}, {41}, {41}}}};
conformance::OpOptions two(const conformance::InputOptions& first, int orders, const char* not_differentiable = "") {
  return {.shapes = {{{3, 5}, {3, 5}}, {{3, 1}, {1, 4}}, {{0, 4}, {4}}},
          .inputs = {first, positive},
          .large = {{{40, 41}, {41}}},
          .orders = orders,
          .not_differentiable = not_differentiable};
}

const ConformanceCases conforming{
    {"student_t_log_density", log_density, four},
    {"student_t_log_density_by_degrees", by_degrees, four},
    {"student_t_share", by_y, four},
    {"student_t_cdf", student_t_cdf, two(real, 1)},
    {"student_t_log_cdf", student_t_log_cdf, two(real, 1)},
    {"student_t_log_cdf_slope", derivative(student_t_log_cdf, 0), two(real, 1)},
    {"student_t_log_cdf_slope", slope_of_six, {.shapes = {{3, 5}}, .domain = {-3, 3}, .orders = 3}},
    {"student_t_quantile", student_t_quantile, two(level, 1)},
    {"student_t_cdf_by_degrees", derivative(student_t_cdf, 1), two(real, 0, "second derivatives by the degrees of freedom")},
};
const References references{"StudentTFunctions.AreRight",
                            {"student_t_log_density", "student_t_log_density_by_degrees", "student_t_cdf", "student_t_log_cdf",
                             "student_t_quantile", "student_t_cdf_by_degrees", "student_t_log_cdf_slope"}};
const References shares{"StudentTFunctions.GradientsKeepWithinRange", {"student_t_share"}};

TEST(StudentTFunctions, Conform) { conforming.check(); }

TEST(StudentTFunctions, AreRight) {  // from the incomplete beta function and its differences at 70 digits, for ν = 1e7 integrals (mpmath)
  const Tensor z = row({-3, -0.25, 0.5, -12, -1e6, -2, -30, 4, -0.0078125}), degrees = row({0.5, 1, 4.5, 30, 2, 1e7, 1000, 61, 7});
  constexpr double ulps = 4;
  // Two terms of the size of 1/ν leave one of 1/ν²: of long double's 64 bits that takes as many as ν has, and 3 more.
  const auto by_degrees_ulps = [&](std::int64_t i) { return ulps + degrees.at(i) * 0x1p-8; };
  const auto expect_by_degrees = [&](const Tensor& actual, const std::vector<double>& expected) {
    for (std::int64_t i = 0; i < z.count(); ++i) {
      const double value = expected[static_cast<std::size_t>(i)];
      EXPECT_NEAR(actual.at(i), value, std::abs(value) * 0x1p-52 * by_degrees_ulps(i)) << i;
    }
  };
  expect_close(value_of(binary(density), {z, degrees}),
               {-3.5188621602863399, -1.205354507665835, -1.1227455477835549, -28.174068047440637, -41.446531673895822, -2.9189383582047394,
                -322.16705856244659, -8.1439149984421503, -9.5456902765146704e-1},
               ulps);
  expect_close(value_of(derivative(density, 1), {z, degrees}),
               {5.1962946879062376e-1, 2.2165839906349259e-1, 1.7196300119658485e-2, -4.510651280815159e-1, -12.662084148246747,
                -1.7499986666673079e-14, -8.3847745717901335e-2, -1.0799282908990335e-2, 5.0525652479872837e-3},
               ulps);
  const std::vector<double> cdf{1.8365407799297172e-1,   4.2202086962263067e-1, 6.7972524896297643e-1,
                                2.790092707599628e-13,   4.9999999999925e-13,   2.2750145445921477e-2,
                                7.6873437220217411e-142, 9.9991310199957704e-1, 4.9699228925719736e-1};
  expect_close(value_of(binary(student_t_cdf), {z, degrees}), cdf, ulps);
  expect_close(value_of(binary(student_t_log_cdf), {z, degrees}),
               {-1.6947013017194774, -8.6270051208687484e-1, -3.8606660810310095e-1, -28.907531385111042, -28.324168296489994,
                -3.7831837403782966, -324.92750790107118, -8.690177627293822e-5, -6.991807675789041e-1},
               ulps);
  expect_by_degrees(value_of(derivative(student_t_cdf, 1), {z, degrees}),
                    {-2.5872772673714383e-1, -1.581807681899778e-2, 2.4878055193260849e-3, -1.3355177737105103e-13, -6.5810420741130643e-12,
                     -1.349774291058177e-15, -6.482078318582915e-143, 1.2363616269037747e-6, -1.5195406011100676e-5});
  expect_by_degrees(value_of(derivative(student_t_log_cdf, 1), {z, degrees}),
                    {-1.4087774666623254, -3.7481740732732576e-2, 3.6600163420758728e-3, -4.7866430031978495e-1, -13.162084148245872,
                     -5.9330358756020932e-14, -8.4321432122436096e-2, 1.2364690735938548e-6, -3.0574731921518678e-5});
  expect_close(value_of(derivative(student_t_log_cdf, 0), {z, degrees}),
               {1.6135298531197388e-1, 7.0988379200225655e-1, 4.7870107367897535e-1, 2.0822797718841217, 1.999999999997e-6,
                2.373214540097968, 15.806944023233713, 2.9052291699826006e-4, 7.7461568722553018e-1},
               ulps);
  const std::vector<double> by_degrees{8.7310282108414211,    5.2799826049012583e-2,  -7.64572411327061e-3,
                                       2.2987511418154548e-1, 6.5810420741328074e+6,  2.4999998000000342e-14,
                                       5.3344550343505297e-3, -4.2560121809642302e-3, 3.9470840089786114e-5};
  const Tensor quantile = value_of(binary(student_t_quantile), {row(cdf), degrees});
  const Tensor quantile_by_degrees = value_of(derivative(student_t_quantile, 1), {row(cdf), degrees});
  for (std::int64_t i = 0; i < z.count(); ++i) {  // as precise as the level is: an ulp of it moves z by an ulp of p/density
    const auto k = static_cast<std::size_t>(i);
    const double step = 0x1p-52 * (std::abs(z.at(i)) + cdf[k] / std::exp(value_of(binary(density), {z, degrees}).at(i)));
    EXPECT_NEAR(quantile.at(i), z.at(i), 2 * step) << i;
    EXPECT_NEAR(quantile_by_degrees.at(i), by_degrees[k],
                std::abs(by_degrees[k]) * (0x1p-52 * by_degrees_ulps(i) + 8 * step / std::abs(z.at(i))))
        << i;
  }
}

TEST(StudentTFunctions, HaveTheLimits) {
  const Tensor z = row({-inf, 0, inf, nan, 1}), degrees = row({2, 2, 2, 2, -1});
  expect_close(value_of(binary(student_t_cdf), {z, degrees}), {0, 0.5, 1, nan, nan}, 1);
  expect_close(value_of(binary(student_t_log_cdf), {z, degrees}), {-inf, -std::log(2.0), 0, nan, nan}, 1);
  expect_close(value_of(binary(student_t_quantile), {row({0, 0.5, 1, nan, -0.5}), row({2, 2, 2, 2, 2})}), {-inf, 0, inf, nan, nan}, 1);
  for (const double no_degrees : {0.0, -1.0, inf, nan}) {
    const std::vector<Tensor> at{row({-inf, -2, -0.5, 0, 0.5}), row(std::vector<double>(5, no_degrees))};
    const std::vector<double> nans(5, nan);
    expect_close(value_of(binary(student_t_quantile), {row({0, 0.1, 0.5, 0.9, 1}), at[1]}), nans, 1);
    for (const auto function : {density, student_t_cdf, student_t_log_cdf}) {
      expect_close(value_of(binary(function), at), nans, 1);
      for (const std::size_t by : {0, 1}) expect_close(value_of(derivative(function, by), at), nans, 1);
    }
  }
  // To the normal distribution: log φ(2), Φ(−2).
  expect_close(value_of(binary(density), {row({2}), row({1e300})}), {-2.9189385332046727}, 1);
  expect_close(value_of(binary(student_t_cdf), {row({-2}), row({1e18})}), {0.022750131948179207}, 4);
}

// ∂/∂d = −4·d/(3σ² + d²), ∂/∂ℓ = −1 + 4·z²/(3 + z²) for ν = 3, where z or z² is beyond any range.
TEST(StudentTFunctions, GradientsKeepWithinRange) {
  for (const DType dtype : {DType::float64, DType::float32}) {
    Graph graph;
    const auto node = [&](const std::vector<double>& values) { return graph.constant(row(values).cast(dtype)); };
    const Node d = node({0, 1, 1e30, -1e30, 1, 3, 0}), log_scale = node({0, 0, 0, -100, -3e4, 3e4, -200}),
               degrees = graph.constant(3.0, dtype);
    const Node value = student_t_log_density(d, 0.0, log_scale, degrees);
    const std::vector<Node> by = gradients(reduce_sum(value), std::vector<Node>{d, log_scale, degrees});
    const Tensor by_d = interpret(by[0]), by_scale = interpret(by[1]);
    const double tolerance = dtype == DType::float64 ? 1e-14 : 1e-6;
    const std::vector<double> expected_d{0, -1, -4e-30, 4e-30, -4, 0, 0}, expected_scale{-1, 0, 3, 3, 3, -1, -1};
    for (std::int64_t i = 0; i < 7; ++i) {
      const auto k = static_cast<std::size_t>(i);
      EXPECT_NEAR(by_d.at(i), expected_d[k], tolerance * std::abs(expected_d[k])) << i;
      EXPECT_NEAR(by_scale.at(i), expected_scale[k], tolerance) << i;
      EXPECT_TRUE(std::isfinite(interpret(value).at(i))) << i;
    }
    EXPECT_TRUE(std::isfinite(interpret(by[2]).item()));
  }
}

TEST(StudentTFunctions, RefuseWhatIsNotSupported) {
  Graph graph;
  const Node degrees = graph.input("degrees", {3});
  const Node once = gradient(reduce_sum(student_t_cdf(0.5, degrees)), degrees);
  EXPECT_THROW(gradient(reduce_sum(once), degrees), GradientError);
}

}  // namespace
}  // namespace loglik
