#include "ops/expint.h"

#include <limits>

#include "framework/autodiff.h"
#include "tests/ops/cases.h"
#include "tests/ops/derivatives.h"

namespace loglik {
namespace {
constexpr double inf = std::numeric_limits<double>::infinity();
constexpr double nan = std::numeric_limits<double>::quiet_NaN();

const ConformanceCases conforming{
    {"expint", expint, {.shapes = {{3, 5}, {1, 1}, {7}, {0, 4}, {}}, .domain = {0.5, 5}, .large = {{100, 41}}, .orders = 3}},
    {"scaled_expint", scaled_expint, {.shapes = {{3, 5}, {1, 1}, {7}, {0, 4}, {}}, .domain = {0.5, 5}, .large = {{100, 41}}, .orders = 3}},
};
const References by_digits{"Expint.IsRight", {"expint", "scaled_expint"}};

TEST(Expint, Conforms) { conforming.check(); }

TEST(Expint, IsRight) {  // from 40 digits (mpmath); long double and a rounding leave an ulp
  expect_reference({"expint",
                    expint,
                    {20.146050173044878, 2.9195277828095489, 0.55977359477616081, 0.21938393439552027, 0.10001958240663265,
                     0.017978938215454407, 3.164563874279932e-6, 6.2125016259360372e-20, 1.4065187662340329e-307}},
                   {1e-9, 0.03125, 0.5, 1, 1.5, 2.75, 10.25, 40.5, 700}, 1);
  expect_reference({"scaled_expint",
                    scaled_expint,
                    {20.146050193190928, 3.0122035429242242, 0.92291063248373047, 0.59634736232319407, 0.44825666929158295,
                     0.28123791217291629, 0.08950191043389985, 0.048887262368750081, 0.046604496502381273, 0.024109768064143844,
                     0.0014265364183008867, 9.99999999999999e-16}},
                   {1e-9, 0.03125, 0.5, 1, 1.5, 2.75, 10.25, 19.5, 20.5, 40.5, 700, 1e15}, 1);
  expect_close(value_of(unary(expint), {row({1e-300})}), {690.19831223331217}, 1);
}

TEST(Expint, DerivativesAreRight) {  // from 200 digits
  const Build scaled = unary(scaled_expint), slope = [=](const std::vector<Node>&x) { return gradient(reduce_sum(scaled(x)), x[0]); },
              bend = [=](const std::vector<Node>&x) { return gradient(reduce_sum(slope(x)), x[0]); };
  const Tensor x = row({1e-9, 0.03125, 1, 3.75, 4, 10.25, 19.5, 40.5, 700, 1e15});
  expect_close(gradient_of(scaled, x),
               {-999999979.85394974, -28.987796457075776, -0.40365263767680593, -0.048784296903854937, -0.043654350098944167,
                -0.0080590651758562474, -0.0023947889133012009, -0.00058158996054751416, -2.0350102705418796e-6, -9.99999999999998e-31},
               1);
  expect_close(gradient_of(slope, x),
               {9.999999989999999e+17, 995.01220354292422, 0.59634736232319407, 0.022326814207256174, 0.018845649901055833,
                0.0014590787860711767, 0.00023505987039373664, 2.8073200555976159e-5, 5.806055988732601e-9, 1.999999999999994e-45},
               1);
  expect_close(gradient_of(bend, x),
               {-1.9999999989999996e+27, -64540.987796457076, -1.4036526376768059, -0.015599111718669752, -0.012404350098944167,
                -0.00039812003576832066, -3.4668209985231317e-5, -2.0336222145665725e-6, -2.4847801354862556e-11, -5.999999999999976e-60},
               1);
}

TEST(Expint, HasTheLimits) {
  expect_close(value_of(unary(expint), {row({0, inf, -1, nan, 1e300})}), {inf, 0, nan, nan, 0}, 0);
  expect_close(value_of(unary(scaled_expint), {row({0, inf, -1, nan})}), {inf, 0, nan, nan}, 0);
  expect_close(gradient_of(unary(expint), row({0, inf, 1e300})), {-inf, 0, 0}, 0);
  expect_close(gradient_of(unary(scaled_expint), row({0, inf, -1, nan})), {-inf, 0, nan, nan}, 0);
}

}  // namespace
}  // namespace loglik
