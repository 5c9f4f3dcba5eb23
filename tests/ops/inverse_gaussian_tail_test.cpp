#include "ops/inverse_gaussian_tail.h"

#include <limits>
#include <numbers>

#include "framework/autodiff.h"
#include "tests/ops/cases.h"
#include "tests/ops/derivatives.h"

namespace loglik {
namespace {
constexpr double inf = std::numeric_limits<double>::infinity();
constexpr double nan = std::numeric_limits<double>::quiet_NaN();

const std::vector<conformance::InputShapes> shapes{{{3, 5}, {3, 5}}, {{3, 1}, {1, 4}}, {{0, 4}, {4}}};
Node hazard(Operand w, Operand s) { return gradient(reduce_sum(log_inverse_gaussian_cdf(w, s)), w.node()); }

const ConformanceCases conforming{
    {"inverse_gaussian_hazard", hazard, {.shapes = shapes, .domain = {-1.5, 1.5}, .large = {{{20, 41}, {41}}}}},
    {"log_inverse_gaussian_tail",
     log_inverse_gaussian_cdf,
     {.shapes = shapes, .domain = {-1.5, 1.5}, .large = {{{20, 41}, {41}}}, .orders = 3}},
    {"log_inverse_gaussian_tail",
     log_inverse_gaussian_survival,
     {.shapes = shapes, .domain = {-1.5, 1.5}, .large = {{{20, 41}, {41}}}, .orders = 3}},
    {"log_inverse_gaussian_quantile",
     log_inverse_gaussian_quantile,
     {.shapes = shapes,
      .domain = {-1.5, 1.5},
      .inputs = {{.domain = conformance::Domain{0.05, 0.95}}},
      .large = {{{20, 41}, {41}}},
      .orders = 3}},
};
const References tails{"InverseGaussianTail.IsRight", {"log_inverse_gaussian_tail"}};
const References hazards{"InverseGaussianTail.HazardsAreRight", {"inverse_gaussian_hazard"}};
const References quantiles{"InverseGaussianTail.QuantilesAreRight", {"log_inverse_gaussian_quantile"}};

TEST(InverseGaussianTail, Conforms) { conforming.check(); }

// From 400 digits (mpmath), as differences of normal distribution functions. Long double and a rounding leave an ulp.
TEST(InverseGaussianTail, IsRight) {
  const Tensor w = row({-5, -1.5, -0.25, 0, 0.015625, 0.75, 3, 12, 40, -40, 0.5, 2, 25}),
               s = row({0, 2, 5, -3, 8, 1, -2, -10, -40, -38, 12, 7, -20});
  expect_close(
      value_of(binary(log_inverse_gaussian_cdf), {w, s}),
      {-75.942323983003509, -11.952634386180918, -6.6578280438930671, -0.14848214287639709, -0.21599650145648357, -0.057048938312848725,
       -0.0038886802488149363, -3.335267489615139e-8, -7.0790726800563662e-19, -5.0264306353923177, 0.0, 0.0, -5.2814529760261236e-45},
      1);
  expect_close(value_of(binary(log_inverse_gaussian_survival), {w, s}),
               {-1.0439212815463589e-33, -6.4422598884226946e-6, -0.001284756934959607, -1.9806131953319258, -1.6385481373104158,
                -2.8922346778905736, -5.5516291566209695, -17.216127877696357, -41.791973845152696, -0.0065838175128898259,
                -20778.254494429568, -3035.8230771549463, -101.95212794001686},
               1);
}

// Of a gradient that is a product of e^(log density − log tail) with √(2πφu)·erfcx(b/√2) − 1: absolute errors of exponents up to 2e4, and
// of 1.
TEST(InverseGaussianTail, GradientsByTheConcentrationAreRight) {
  const Tensor w = row({-5, -1.5, -0.25, 0, 0.015625, 0.75, 3, 12, 40, -40, 0.5, 2, 25});
  const std::vector<double> s{0, 2, 5, -3, 8, 1, -2, -10, -40, -38, 12, 7, -20};
  const std::vector<double> of_cdf{-73.703425544222628,
                                   -10.461115277839139,
                                   -5.0972165921398365,
                                   -0.061447491485631172,
                                   0.14405307990293141,
                                   0.057725735632671739,
                                   0.0052322198805104963,
                                   1.3229043652784232e-7,
                                   3.2007008916125486e-19,
                                   -4.1081140423578193,
                                   0.0,
                                   0.0,
                                   3.944572544694146e-43};
  const std::vector<double> of_survival{7.6940574448481534e-32, 6.7393440425384829e-5, 0.0065528929016919751, 0.38387388170971115,
                                        -0.59748756862866258,   -0.98327500158277954,  -1.3428857413626593,   -3.9664115317175819,
                                        -0.45213561666484591,   0.027136305396111292,  -20772.237315406609,   -3029.614998751904,
                                        -74.687260543634064};
  for (const bool upper : {false, true}) {
    const auto function = upper ? log_inverse_gaussian_survival : log_inverse_gaussian_cdf;
    const Tensor g = gradient_of([&](const std::vector<Node>& x) { return function(x[0].graph().constant(w), x[0]); }, row(s));
    const Tensor by_w = gradient_of([&](const std::vector<Node>& x) { return function(x[0], x[0].graph().constant(row(s))); }, w);
    for (std::size_t i = 0; i < s.size(); ++i) {
      const double expected = upper ? of_survival[i] : of_cdf[i],
                   scale = std::abs(expected) + std::abs(by_w.at(static_cast<std::int64_t>(i)));
      EXPECT_NEAR(g.at(static_cast<std::int64_t>(i)), expected, 2e-11 * scale) << (upper ? "survival " : "cdf ") << i;
    }
  }
}

// Where F is nearly 1 below the mean, at 120 digits.
TEST(InverseGaussianTail, ASmallSurvivalBelowTheMeanIsRight) {
  const Tensor w = row({-1, -0.5, -40, -2, -3}), s = row({-100, -80, -44, -12, -400});
  expect_close(value_of(binary(log_inverse_gaussian_survival), {w, s}),
               {-49.725791352644727, -39.975791352644727, -2.2288402339329019, -5.226935895607664, -198.72579135264473}, 1);
  expect_close(value_of(binary(log_inverse_gaussian_cdf), {w, s}),
               {-2.5372496850701737e-22, -4.3524561643995253e-18, -0.11390044427075054, -0.0053844242498353656, -4.9486347865184501e-87},
               1);
}

// F′/F and F′/(1 − F) at 60 digits: in float32, too, though log F and log F′ are of the size of 1e6.
TEST(InverseGaussianTail, HazardsAreRight) {
  const std::vector<double> w{2, 2, 3, 3, 0.5}, s{12, 14, 14, 8, 6};
  for (const DType dtype : {DType::float64, DType::float32}) {
    const Tensor places = row(w).cast(dtype), concentrations = row(s).cast(dtype);
    const auto by_w = [&](auto function, const Tensor& of, const Tensor& at) {
      return gradient_of([&](const std::vector<Node>& x) { return function(x[0], x[0].graph().constant(at)); }, of);
    };
    Tensor h = by_w(log_inverse_gaussian_survival, places, concentrations);
    expect_close(h, {-590290.44649687547, -4361679.401858772, -12047540.810899747, -29864.369196896824, -212.84597004859875}, 1);
    expect_close(by_w(log_inverse_gaussian_cdf, row({-2}).cast(dtype), row({10}).cast(dtype)), {79887.45402277359}, 1);
    h = gradient_of([&](const std::vector<Node>& x) { return log_inverse_gaussian_survival(x[0].graph().constant(places), x[0]); },
                    concentrations);
    // By s times √(2πφu)·erfcx(b/√2) − 1, of exponentials of up to e^8.5.
    expect_close(h, {-449561.0835581835, -3321828.871798309, -10904809.663480346, -27030.819399718392, -51.975866535173451}, 64);
  }
}

TEST(InverseGaussianTail, QuantilesAreRight) {  // by bisection at 200 digits
  const Tensor p = row({1e-300, 1e-09, 0.25, 0.5, 0.75, 0.9999847412109375, 0.5, 0.03125, 0.875, 0.375}),
               s = row({0, 3, -2, -30, -6, 1, 9, -20, -600, 0.5});
  expect_close(value_of(binary(log_inverse_gaussian_quantile), {p, s}),
               {-7.2268418676006618, -1.2679062347674111, -2.4120964815163164, -29.212402400798436, -3.7278830231082667, 1.9767589975396344,
                -6.1702363924799222e-5, -21.534536807642702, -596.30093490764812, -0.48598101136085874},
               2);
}

TEST(InverseGaussianTail, InvertsItself) {
  for (const double s : {-600.0, -30.0, -3.0, 0.0, 3.0, 30.0})
    for (const double p : {1e-290, 1e-30, 1e-3, 0.2, 0.5}) {
      const Tensor w = value_of(binary(log_inverse_gaussian_quantile), {row({p}), row({s})});
      const Tensor back = value_of(binary(log_inverse_gaussian_cdf), {w, row({s})});
      const double slope =
          gradient_of([&](const std::vector<Node>& x) { return log_inverse_gaussian_cdf(x[0], x[0].graph().constant(row({s}))); }, w).at(0);
      EXPECT_NEAR(back.at(0), std::log(p), 4 * 0x1p-53 * (1 - std::log(p) + slope * std::abs(w.at(0)))) << "p = " << p << ", s = " << s;
    }
}

TEST(InverseGaussianTail, HasTheLimits) {
  const Tensor w = row({-inf, inf, nan, 1, 1e6}), s = row({0, 0, 0, nan, 0});
  expect_close(value_of(binary(log_inverse_gaussian_cdf), {w, s}), {-inf, 0, nan, nan, 0}, 0);
  expect_close(value_of(binary(log_inverse_gaussian_survival), {w, s}), {0, -inf, nan, nan, -inf}, 0);
  // Of any finite concentration: at φ = ∞ a step at the mean, at φ = 0 Lévy's distribution, log(1 − F) = (s − w + log(2/π))/2.
  const double level = std::log(0.5), half_log = 0.5 * std::log(2 / std::numbers::pi);
  const Tensor at = row({0, 0, 0, -1, 1, 5e4, 0, -5e4}), size = row({11000, 3e4, 1e300, 1e300, 1e300, -6e4, -6e4, -6e4});
  expect_close(value_of(binary(log_inverse_gaussian_survival), {at, size}),
               {level, level, level, 0, -inf, -55000 + half_log, -3e4 + half_log, -5e3 + half_log}, 1);
  expect_close(value_of(binary(log_inverse_gaussian_cdf), {at, size}), {level, level, level, -inf, 0, 0, 0, 0}, 1);
  expect_close(value_of(binary(log_inverse_gaussian_quantile), {row({0.3, 0.3, 0.5}), row({3e4, 1e300, 1e300})}), {0, 0, 0}, 0);
  const double levy = value_of(binary(log_inverse_gaussian_quantile), {row({0.3}), row({-1000})}).at(0) + 1000;
  expect_close(value_of(binary(log_inverse_gaussian_quantile), {row({0.3}), row({-1e5})}), {levy - 1e5}, 1);
  for (const DType dtype : {DType::float64, DType::float32})  // no gradient is NaN
    for (const auto function : {log_inverse_gaussian_cdf, log_inverse_gaussian_survival})
      for (const double at_s : {-1e5, -1e3, -80.0, 0.0, 80.0, 1e3, 1e5})
        for (const double at_w : {-1e5, -1e3, -1.0, 0.0, 1.0, 1e3, 1e5})
          for (const bool by_s : {false, true}) {
            const auto of = [&](const std::vector<Node>& x) {
              return by_s ? function(x[0].graph().constant(at_w, dtype), x[0]) : function(x[0], x[0].graph().constant(at_s, dtype));
            };
            EXPECT_FALSE(std::isnan(gradient_of(of, row({by_s ? at_s : at_w}).cast(dtype)).at(0)))
                << at_w << ", " << at_s << (by_s ? " by s" : " by w");
          }
  expect_close(value_of(binary(log_inverse_gaussian_quantile), {row({0, 1, -1, 2, nan, 0.5}), row({0, 0, 0, 0, 0, nan})}),
               {-inf, inf, nan, nan, nan, nan}, 0);
}

}  // namespace
}  // namespace loglik
